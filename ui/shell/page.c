/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/shell/page.h"

#include <glib/gi18n.h>

#include "ui/shell/panes.h"

/* Bars above the notebook: one line about file or kernel, and what can be done about it. */
typedef enum {
  BAR_KERNEL,
  BAR_FILE,
  N_BARS
} BarKind;

struct _TlPage {
  AdwBin parent_instance;

  /* children */
  GtkRevealer *bars[N_BARS];
  GtkLabel    *bar_labels[N_BARS];
  GtkWidget   *bar_buttons[N_BARS];
  GtkStack    *stack; /* the notebook, or one canvas */
  TlNotebook  *notebook;
  AdwBin      *canvas_bin;
  TlCanvas    *canvas;

  /* owned */
  TlSession *session;
};

G_DEFINE_FINAL_TYPE (TlPage, tl_page, ADW_TYPE_BIN)

enum {
  SIGNAL_STATE_CHANGED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void
emit_state (TlPage *self)
{
  g_signal_emit (self, signals[SIGNAL_STATE_CHANGED], 0);
}

/* --- bars ---------------------------------------------------------------------------------------------------------------- */

static GtkWidget *
make_bar (TlPage     *self,
          BarKind     kind,
          const char *button,
          const char *action)
{
  GtkWidget *revealer = gtk_revealer_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *label = gtk_label_new (NULL);

  self->bars[kind] = GTK_REVEALER (revealer);
  self->bar_labels[kind] = GTK_LABEL (label);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_box_append (GTK_BOX (box), label);
  if (button != NULL) {
    self->bar_buttons[kind] = gtk_button_new_with_mnemonic (button);
    gtk_actionable_set_action_name (GTK_ACTIONABLE (self->bar_buttons[kind]), action);
    gtk_widget_set_valign (self->bar_buttons[kind], GTK_ALIGN_CENTER);
    gtk_box_append (GTK_BOX (box), self->bar_buttons[kind]);
  }
  gtk_widget_add_css_class (box, "tl-banner");
  gtk_revealer_set_child (GTK_REVEALER (revealer), box);
  return revealer;
}

static void
show_bar (TlPage     *self,
          BarKind     kind,
          const char *text)
{
  if (text != NULL)
    gtk_label_set_text (self->bar_labels[kind], text);
  gtk_revealer_set_reveal_child (self->bars[kind], text != NULL);
}

static void
update_kernel_bar (TlPage *self)
{
  TlKernelClient  *kernel = tl_session_get_kernel (self->session);
  g_autofree char *text = NULL;

  switch (tl_kernel_client_get_state (kernel)) {
  case TL_KERNEL_ENDED:
    text = g_strdup (_ ("The kernel ended. The document and everything shown are kept; variables are gone."));
    break;
  case TL_KERNEL_FAILED:
    /* Translators: %s says why. */
    text = g_strdup_printf (_ ("The kernel could not be started: %s"), tl_kernel_client_get_error (kernel));
    break;
  default:
    break;
  }
  show_bar (self, BAR_KERNEL, text);
}

static void
update_file_bar (TlPage *self)
{
  TlDocument *document = tl_session_get_document (self->session);

  if (tl_document_is_read_only (document))
    show_bar (self, BAR_FILE, _ ("This document was written by a newer version of Trellis and can only be read."));
  else if (tl_document_has_conflicts (document))
    show_bar (self, BAR_FILE, _ ("Merge conflict markers stand in this document; solve them in the text cells that hold them."));
  else
    show_bar (self, BAR_FILE, NULL);
}

static void
kernel_changed_cb (TlPage *self)
{
  update_kernel_bar (self);
  emit_state (self);
}

static void
document_changed_cb (TlPage *self)
{
  update_file_bar (self);
  emit_state (self);
}

/* --- public ---------------------------------------------------------------------------------------------------------------- */

TlSession *
tl_page_get_session (TlPage *self)
{
  g_return_val_if_fail (TL_IS_PAGE (self), NULL);

  return self->session;
}

TlNotebook *
tl_page_get_notebook (TlPage *self)
{
  g_return_val_if_fail (TL_IS_PAGE (self), NULL);

  return self->notebook;
}

char *
tl_page_dup_title (TlPage *self)
{
  const char *path = tl_document_get_path (tl_session_get_document (self->session));
  char       *name;

  if (path == NULL)
    return g_strdup (_ ("Untitled"));
  name = g_filename_display_basename (path);
  if (g_str_has_suffix (name, ".md"))
    name[strlen (name) - 3] = '\0';
  if (g_str_has_suffix (name, ".trellis"))
    name[strlen (name) - 8] = '\0';
  return name;
}

TlCell *
tl_page_get_runnable (TlPage *self)
{
  TlCell *cell = tl_notebook_get_selected (self->notebook);

  return cell != NULL && tl_cell_get_kind (cell) != TL_CELL_TEXT ? cell : NULL;
}

gboolean
tl_page_close_canvas (TlPage *self)
{
  return FALSE;
}

void
tl_page_show_try (TlPage *self)
{
}

void
tl_page_add_node (TlPage *self)
{
}

static void
tl_page_dispose (GObject *object)
{
  TlPage *self = TL_PAGE (object);

  if (self->session != NULL)
    tl_session_close (self->session, FALSE);
  G_OBJECT_CLASS (tl_page_parent_class)->dispose (object);
  g_clear_object (&self->session);
}

static void
tl_page_class_init (TlPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tl_page_dispose;
  signals[SIGNAL_STATE_CHANGED] = g_signal_new ("state-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                                NULL, G_TYPE_NONE, 0);
}

static void
tl_page_init (TlPage *self)
{
}

TlPage *
tl_page_new (TlSession *session)
{
  TlPage     *self = g_object_new (TL_TYPE_PAGE, NULL);
  TlDocument *document = tl_session_get_document (session);
  GtkWidget  *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->session = g_object_ref (session);
  gtk_box_append (GTK_BOX (column), make_bar (self, BAR_FILE, NULL, NULL));
  gtk_box_append (GTK_BOX (column), make_bar (self, BAR_KERNEL, _ ("_Restart"), "win.restart"));
  self->notebook = TL_NOTEBOOK (tl_notebook_new (session));
  gtk_widget_set_vexpand (GTK_WIDGET (self->notebook), TRUE);
  gtk_box_append (GTK_BOX (column), GTK_WIDGET (self->notebook));
  adw_bin_set_child (ADW_BIN (self), column);
  g_signal_connect_object (session, "kernel-changed", G_CALLBACK (kernel_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "modified-changed", G_CALLBACK (emit_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "history-changed", G_CALLBACK (emit_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "changed", G_CALLBACK (document_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "notify::path", G_CALLBACK (emit_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->notebook, "selection-changed", G_CALLBACK (emit_state), self, G_CONNECT_SWAPPED);
  update_kernel_bar (self);
  update_file_bar (self);
  return self;
}
