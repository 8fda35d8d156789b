/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/find-bar.h"

#include <glib/gi18n.h>

#include "ui/notebook/find.h"

struct _TlFindBar {
  GtkWidget parent_instance;

  /* template */
  GtkRevealer     *revealer;
  GtkSearchEntry  *entry;
  GtkLabel        *count;
  GtkWidget       *previous_button;
  GtkWidget       *next_button;
  GtkToggleButton *case_button;
  GtkToggleButton *replace_toggle;
  GtkWidget       *replace_row;
  GtkEntry        *replacement;
  GtkWidget       *replace_button;
  GtkWidget       *replace_all_button;

  /* owned */
  TlSession *session;
  GArray    *found; /* of TlFindMatch */
  int        at;    /* the match that is shown, or -1 */
};

G_DEFINE_FINAL_TYPE (TlFindBar, tl_find_bar, GTK_TYPE_WIDGET)

enum {
  SIGNAL_FOUND,
  SIGNAL_CLOSED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static TlDocument *
get_document (TlFindBar *self)
{
  return tl_session_get_document (self->session);
}

static const char *
get_needle (TlFindBar *self)
{
  return gtk_editable_get_text (GTK_EDITABLE (self->entry));
}

static void
update (TlFindBar *self)
{
  guint            n = self->found != NULL ? self->found->len : 0;
  gboolean         can_edit = n > 0 && !tl_document_is_read_only (get_document (self));
  g_autofree char *text = NULL;

  if (*get_needle (self) == '\0')
    text = g_strdup ("");
  else if (n == 0)
    text = g_strdup (_ ("not found"));
  else
    /* Translators: number of this match, number of all matches. */
    text = g_strdup_printf (_ ("%d of %u"), self->at + 1, n);
  gtk_label_set_text (self->count, text);
  if (n == 0 && *get_needle (self) != '\0')
    gtk_widget_add_css_class (GTK_WIDGET (self->entry), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->entry), "error");
  gtk_widget_set_sensitive (self->previous_button, n > 0);
  gtk_widget_set_sensitive (self->next_button, n > 0);
  gtk_widget_set_sensitive (self->replace_button, can_edit);
  gtk_widget_set_sensitive (self->replace_all_button, can_edit);
}

static void
show (TlFindBar *self)
{
  const TlFindMatch *match;

  update (self);
  if (self->at < 0)
    return;
  match = &g_array_index (self->found, TlFindMatch, (guint)self->at);
  g_signal_emit (self, signals[SIGNAL_FOUND], 0, match->cell, (guint64)match->start, (guint64)match->n_bytes);
}

/* Looks again; goes on at @index where there still is a match of that number. */
static void
search (TlFindBar *self,
        int        index)
{
  g_clear_pointer (&self->found, g_array_unref);
  self->found = tl_find_all (get_document (self), get_needle (self), gtk_toggle_button_get_active (self->case_button));
  self->at = self->found->len == 0 ? -1 : CLAMP (index, 0, (int)self->found->len - 1);
}

static void
changed_cb (TlFindBar *self)
{
  if (self->session == NULL)
    return;
  search (self, 0);
  show (self);
}

void
tl_find_bar_step (TlFindBar *self,
                  gboolean   forward)
{
  int before = self->at;

  g_return_if_fail (TL_IS_FIND_BAR (self));

  search (self, before);
  if (self->at >= 0)
    self->at = (before + (forward ? 1 : -1) + (int)self->found->len) % (int)self->found->len;
  show (self);
}

static void
next_cb (TlFindBar *self)
{
  tl_find_bar_step (self, TRUE);
}

static void
previous_cb (TlFindBar *self)
{
  tl_find_bar_step (self, FALSE);
}

static void
report (TlFindBar *self,
        GError    *error)
{
  if (error != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", error->message);
}

static void
replace_cb (TlFindBar *self)
{
  const TlFindMatch *match;
  g_autoptr (GError) error = NULL;

  search (self, self->at);
  if (self->at < 0) {
    update (self);
    return;
  }
  match = &g_array_index (self->found, TlFindMatch, (guint)self->at);
  tl_document_break_typing (get_document (self));
  tl_document_replace_text (get_document (self), match->cell, match->start, match->n_bytes,
                            gtk_editable_get_text (GTK_EDITABLE (self->replacement)), -1, &error);
  report (self, error);
  search (self, self->at);
  show (self);
}

static void
replace_all_cb (TlFindBar *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char   *text = NULL;
  guint              n;

  n = tl_find_replace_all (get_document (self), get_needle (self), gtk_toggle_button_get_active (self->case_button),
                           gtk_editable_get_text (GTK_EDITABLE (self->replacement)), &error);
  report (self, error);
  text = g_strdup_printf (ngettext ("%u match replaced", "%u matches replaced", n), n);
  if (n > 0)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.toast-undo", "s", text);
  search (self, 0);
  update (self);
}

/* What is closed takes no room, not even in width. */
static void
revealed_cb (TlFindBar *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->revealer),
                          gtk_revealer_get_reveal_child (self->revealer) || gtk_revealer_get_child_revealed (self->revealer));
}

static void
close_cb (TlFindBar *self)
{
  gtk_revealer_set_reveal_child (self->revealer, FALSE);
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        modifiers,
        TlFindBar             *self)
{
  if (key == GDK_KEY_Escape) {
    close_cb (self);
    return GDK_EVENT_STOP;
  }
  if ((key == GDK_KEY_Return || key == GDK_KEY_KP_Enter) && (modifiers & GDK_SHIFT_MASK) != 0) {
    tl_find_bar_step (self, FALSE);
    return GDK_EVENT_STOP;
  }
  return GDK_EVENT_PROPAGATE;
}

static void
tl_find_bar_dispose (GObject *object)
{
  TlFindBar *self = TL_FIND_BAR (object);

  g_clear_pointer ((GtkWidget **)&self->revealer, gtk_widget_unparent);
  g_clear_object (&self->session);
  g_clear_pointer (&self->found, g_array_unref);
  G_OBJECT_CLASS (tl_find_bar_parent_class)->dispose (object);
}

static void
tl_find_bar_class_init (TlFindBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType           type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tl_find_bar_dispose;
  signals[SIGNAL_FOUND] = g_signal_new ("found", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3, TL_TYPE_CELL,
                                        G_TYPE_UINT64, G_TYPE_UINT64);
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/trellisml/Trellis/ui/notebook/find-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, revealer);
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, entry);
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, count);
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, previous_button);
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, next_button);
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, case_button);
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, replace_toggle);
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, replace_row);
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, replacement);
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, replace_button);
  gtk_widget_class_bind_template_child (widget_class, TlFindBar, replace_all_button);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, next_cb);
  gtk_widget_class_bind_template_callback (widget_class, previous_cb);
  gtk_widget_class_bind_template_callback (widget_class, close_cb);
  gtk_widget_class_bind_template_callback (widget_class, replace_cb);
  gtk_widget_class_bind_template_callback (widget_class, replace_all_cb);
}

static void
tl_find_bar_init (TlFindBar *self)
{
  GtkEventController *key = gtk_event_controller_key_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  self->at = -1;
  g_signal_connect_swapped (self->revealer, "notify::child-revealed", G_CALLBACK (revealed_cb), self);
  gtk_event_controller_set_propagation_phase (key, GTK_PHASE_CAPTURE);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
}

GtkWidget *
tl_find_bar_new (TlSession *session)
{
  TlFindBar *self = g_object_new (TL_TYPE_FIND_BAR, NULL);

  self->session = g_object_ref (session);
  return GTK_WIDGET (self);
}

void
tl_find_bar_open (TlFindBar  *self,
                  const char *text,
                  gboolean    with_replace)
{
  g_return_if_fail (TL_IS_FIND_BAR (self));

  gtk_widget_set_visible (GTK_WIDGET (self->revealer), TRUE);
  gtk_revealer_set_reveal_child (self->revealer, TRUE);
  gtk_toggle_button_set_active (self->replace_toggle, with_replace);
  if (text != NULL && *text != '\0')
    gtk_editable_set_text (GTK_EDITABLE (self->entry), text);
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
  gtk_editable_select_region (GTK_EDITABLE (self->entry), 0, -1);
  search (self, self->at);
  update (self);
}
