/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/panels/inspector.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ui/plot/number.h"

struct _TlInspector {
  GtkWidget parent_instance;

  /* children */
  GtkWidget *scroller;
  GtkBox    *box;
  GtkBox    *problem; /* between head and fields; with @known, what a report changes */
  GtkBox    *known;
  GtkBox    *target; /* the box that is being filled */
  GtkGrid   *grid;   /* the one rows are being added to */
  int        n_rows;

  /* owned */
  TlSession *session;
  TlCell    *cell;
  char      *node;
  char      *shown; /* (nullable): the text that the fields were made from */
  gboolean   is_building;
};

G_DEFINE_FINAL_TYPE (TlInspector, tl_inspector, GTK_TYPE_WIDGET)

/* --- committing ---------------------------------------------------------------------------------------------------------- */

/* What a row changes: an attribute of the node, a parameter of the cell, the node's name, or the document's front matter. */
typedef enum {
  FIELD_ATTR,
  FIELD_PARAM,
  FIELD_NAME,
  FIELD_DOCUMENT, /* a line of the front matter */
} Field;

/* The seed is a number, so that a document that says something else does not come about here. */
static void
set_front_matter (TlDocument *document,
                  const char *name,
                  const char *value,
                  GError    **error)
{
  guint64 number;

  if (*value == '\0')
    tl_document_set_front_matter (document, name, NULL, error);
  else if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT64, &number, error))
    tl_document_set_front_matter (document, name, value, error);
}

static void
commit (TlInspector *self,
        Field        field,
        const char  *name,
        const char  *value)
{
  TlDocument        *document = tl_session_get_document (self->session);
  g_autofree char   *node = g_strdup (self->node);
  g_autofree char   *copy = g_strdup (value);
  g_autoptr (GError) error = NULL;

  if (field != FIELD_DOCUMENT && (self->cell == NULL || tl_cell_get_index (self->cell) < 0))
    return;
  if (field == FIELD_DOCUMENT)
    set_front_matter (document, name, copy, &error);
  else if (field == FIELD_ATTR)
    tl_document_set_attr (document, self->cell, node, name, copy != NULL && *copy != '\0' ? copy : NULL, &error);
  else if (field == FIELD_PARAM)
    tl_document_set_param (document, self->cell, name, copy, &error);
  else if (copy != NULL && g_strcmp0 (copy, node) != 0)
    tl_document_rename_node (document, self->cell, node, copy, &error);
  if (error != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", error->message);
}

static void
commit_entry (TlInspector *self,
              GtkWidget   *entry)
{
  const char      *text = gtk_editable_get_text (GTK_EDITABLE (entry));
  const char      *before = g_object_get_data (G_OBJECT (entry), "before");
  Field            field = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (entry), "field"));
  g_autofree char *name = g_strdup (g_object_get_data (G_OBJECT (entry), "name"));

  if (self->is_building || g_strcmp0 (text, before) == 0)
    return;
  g_object_set_data_full (G_OBJECT (entry), "before", g_strdup (text), g_free);
  commit (self, field, name, text);
}

static void
entry_activate_cb (GtkWidget   *entry,
                   TlInspector *self)
{
  commit_entry (self, entry);
}

static void
entry_left_cb (GtkEventControllerFocus *controller,
               TlInspector             *self)
{
  commit_entry (self, gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (controller)));
}

static void
switch_cb (GtkSwitch   *toggle,
           GParamSpec  *pspec,
           TlInspector *self)
{
  if (!self->is_building)
    commit (self, FIELD_ATTR, g_object_get_data (G_OBJECT (toggle), "name"),
            gtk_switch_get_active (toggle) ? "true" : "false");
}

static void
choice_cb (GtkDropDown *drop,
           GParamSpec  *pspec,
           TlInspector *self)
{
  GtkStringObject *item = gtk_drop_down_get_selected_item (drop);
  g_autofree char *quoted = item != NULL ? g_strdup_printf ("\"%s\"", gtk_string_object_get_string (item)) : NULL;

  if (!self->is_building && quoted != NULL)
    commit (self, FIELD_ATTR, g_object_get_data (G_OBJECT (drop), "name"), quoted);
}

/* --- building -------------------------------------------------------------------------------------------------------------- */

static GtkWidget *
add_label (TlInspector *self,
           const char  *text,
           const char  *style)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 28);
  gtk_widget_add_css_class (label, style);
  gtk_box_append (self->target, label);
  return label;
}

static void
begin_grid (TlInspector *self,
            const char  *title)
{
  if (title != NULL)
    add_label (self, title, "tl-section");
  self->grid = GTK_GRID (gtk_grid_new ());
  self->n_rows = 0;
  gtk_grid_set_column_spacing (self->grid, 10);
  gtk_grid_set_row_spacing (self->grid, 4);
  gtk_box_append (self->target, GTK_WIDGET (self->grid));
}

static void
add_row (TlInspector *self,
         const char  *name,
         const char  *doc,
         GtkWidget   *editor)
{
  GtkWidget *label = gtk_label_new (name);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_width_chars (GTK_LABEL (label), 9);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 12);
  gtk_widget_add_css_class (label, "tl-field-name");
  gtk_widget_set_tooltip_text (label, doc);
  gtk_widget_set_tooltip_text (editor, doc);
  gtk_widget_set_hexpand (editor, TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (editor), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_grid_attach (self->grid, label, 0, self->n_rows, 1, 1);
  gtk_grid_attach (self->grid, editor, 1, self->n_rows, 1, 1);
  self->n_rows++;
}

static void
add_text_row (TlInspector *self,
              const char  *name,
              const char  *value)
{
  GtkWidget *label = gtk_label_new (value);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 18);
  gtk_widget_set_can_focus (label, FALSE);
  gtk_widget_add_css_class (label, "tl-field-value");
  add_row (self, name, NULL, label);
}

static void
add_entry_row (TlInspector *self,
               Field        field,
               const char  *name,
               const char  *value,
               const char  *placeholder,
               const char  *doc)
{
  GtkWidget          *entry = gtk_entry_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  gtk_editable_set_text (GTK_EDITABLE (entry), value != NULL ? value : "");
  gtk_editable_set_width_chars (GTK_EDITABLE (entry), 6);
  gtk_entry_set_placeholder_text (GTK_ENTRY (entry), placeholder);
  gtk_widget_add_css_class (entry, "tl-field");
  g_object_set_data_full (G_OBJECT (entry), "name", g_strdup (name), g_free);
  g_object_set_data_full (G_OBJECT (entry), "before", g_strdup (value != NULL ? value : ""), g_free);
  g_object_set_data (G_OBJECT (entry), "field", GINT_TO_POINTER (field));
  gtk_editable_set_editable (GTK_EDITABLE (entry), !tl_document_is_read_only (tl_session_get_document (self->session)));
  g_signal_connect (entry, "activate", G_CALLBACK (entry_activate_cb), self);
  g_signal_connect (focus, "leave", G_CALLBACK (entry_left_cb), self);
  gtk_widget_add_controller (entry, focus);
  add_row (self, name, doc, entry);
}

static void
add_switch_row (TlInspector     *self,
                const TlRowAttr *attr,
                const char      *value)
{
  GtkWidget *toggle = gtk_switch_new ();

  gtk_switch_set_active (GTK_SWITCH (toggle), g_strcmp0 (value != NULL ? value : attr->default_text, "true") == 0);
  gtk_widget_set_halign (toggle, GTK_ALIGN_START);
  g_object_set_data_full (G_OBJECT (toggle), "name", g_strdup (attr->name), g_free);
  g_signal_connect (toggle, "notify::active", G_CALLBACK (switch_cb), self);
  add_row (self, attr->name, attr->doc, toggle);
  gtk_widget_set_hexpand (toggle, FALSE);
}

static void
add_choice_row (TlInspector     *self,
                const TlRowAttr *attr,
                const char      *value)
{
  GtkWidget       *drop = gtk_drop_down_new_from_strings ((const char *const *)attr->choices);
  g_autofree char *plain = g_strdup (value != NULL ? value : attr->default_text);

  if (plain != NULL && strlen (plain) >= 2 && (*plain == '"' || *plain == '\'')) {
    plain[strlen (plain) - 1] = '\0';
    memmove (plain, plain + 1, strlen (plain));
  }
  for (guint i = 0; attr->choices[i] != NULL; i++)
    if (g_strcmp0 (attr->choices[i], plain) == 0)
      gtk_drop_down_set_selected (GTK_DROP_DOWN (drop), i);
  g_object_set_data_full (G_OBJECT (drop), "name", g_strdup (attr->name), g_free);
  g_signal_connect (drop, "notify::selected", G_CALLBACK (choice_cb), self);
  add_row (self, attr->name, attr->doc, drop);
}

static void
add_attr (TlInspector       *self,
          const TlRowAttr   *attr,
          const TlGraphNode *node)
{
  const TlGraphAttr *set = tl_graph_node_find_attr (node, attr->name);
  const char        *value = set != NULL ? set->text : NULL;
  gboolean           is_plain = value == NULL || tl_lua_expr_is_literal (set->value);

  /* An expression of parameters stays text whatever the attribute's type. */
  if (attr->kind == TL_ATTR_KIND_BOOL && is_plain)
    add_switch_row (self, attr, value);
  else if (attr->kind == TL_ATTR_KIND_CHOICE && attr->choices != NULL && is_plain)
    add_choice_row (self, attr, value);
  else
    add_entry_row (self, FIELD_ATTR, attr->name, value,
                   attr->required ? _ ("must be set") : attr->default_text, attr->doc);
}

static GtkBox *
add_box (TlInspector *self)
{
  GtkBox *box = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, gtk_box_get_spacing (self->box)));

  gtk_box_append (self->box, GTK_WIDGET (box));
  return box;
}

static void
build_node (TlInspector       *self,
            const TlGraphNode *node)
{
  const TlRow *row = tl_graph_info_find_row (node->row);

  add_label (self, node->row, "tl-inspector-title");
  if (row != NULL && row->doc != NULL)
    add_label (self, row->doc, "tl-inspector-doc");
  self->problem = add_box (self);
  begin_grid (self, NULL);
  add_entry_row (self, FIELD_NAME, _ ("name"), node->name, NULL, NULL);
  if (node->n_attrs > 0 || (row != NULL && row->attrs->len > 0))
    begin_grid (self, _ ("Attributes"));
  for (guint i = 0; row != NULL && i < row->attrs->len; i++)
    add_attr (self, row->attrs->pdata[i], node);
  for (guint i = 0; i < node->n_attrs; i++) {
    gboolean in_row = FALSE;

    for (guint k = 0; row != NULL && k < row->attrs->len; k++)
      in_row |= g_str_equal (((TlRowAttr *)row->attrs->pdata[k])->name, node->attrs[i].name);
    if (!in_row)
      add_entry_row (self, FIELD_ATTR, node->attrs[i].name, node->attrs[i].text, NULL, NULL);
  }
}

static void
show_known_of_node (TlInspector        *self,
                    const TlNodeReport *known)
{
  if (known == NULL)
    return;
  if (known->error != NULL) {
    self->target = self->problem;
    add_label (self, known->error, "tl-inspector-error");
    return;
  }
  begin_grid (self, _ ("Result"));
  for (guint i = 0; known->shapes != NULL && known->shapes[i] != NULL; i++)
    add_text_row (self, _ ("output"), known->shapes[i]);
  if (known->n_parameters >= 0) {
    g_autofree char *count = tl_number_group (known->n_parameters);

    add_text_row (self, _ ("parameters"), count);
  }
}

static void
build_graph (TlInspector *self,
             TlGraphText *graph)
{
  add_label (self, tl_cell_get_id (self->cell), "tl-inspector-title");
  add_label (self, _ ("Graph cell. Select a node to see its attributes."), "tl-inspector-doc");
  if (graph->n_params > 0)
    begin_grid (self, _ ("Parameters"));
  for (guint i = 0; i < graph->n_params; i++)
    add_entry_row (self, FIELD_PARAM, graph->params[i].name, graph->params[i].text, NULL, NULL);
}

static void
show_known_of_graph (TlInspector         *self,
                     TlGraphText         *graph,
                     const TlGraphReport *report)
{
  g_autofree char *nodes = g_strdup_printf ("%u", graph->n_nodes);

  begin_grid (self, _ ("Graph"));
  add_text_row (self, _ ("nodes"), nodes);
  if (report != NULL && report->n_parameters >= 0) {
    g_autofree char *count = tl_number_group (report->n_parameters);

    add_text_row (self, _ ("parameters"), count);
  }
  for (guint i = 0; i < graph->n_errors; i++) {
    g_autofree char *text = g_strdup_printf (_ ("line %u: %s"), graph->errors[i].line, graph->errors[i].message);

    add_label (self, text, "tl-inspector-error");
  }
}

static void
build_lua (TlInspector *self,
           TlLuaChunk  *chunk)
{
  gsize                  n = 0;
  const TlLuaAssignment *all = tl_lua_chunk_get_assignments (chunk, &n);
  const char            *text = tl_cell_get_text (self->cell, NULL);
  gboolean               has_any = FALSE;

  add_label (self, tl_cell_get_id (self->cell), "tl-inspector-title");
  for (gsize i = 0; i < n; i++) {
    g_autofree char *value = NULL;

    if (all[i].value == NULL || tl_lua_chunk_find_literal (chunk, all[i].name) != &all[i])
      continue;
    if (!has_any)
      begin_grid (self, _ ("Parameters"));
    has_any = TRUE;
    value = g_strndup (text + all[i].start, all[i].end - all[i].start);
    add_entry_row (self, FIELD_PARAM, all[i].name, value, NULL, NULL);
  }
  if (!has_any)
    add_label (self, _ ("Lua cell. Top-level literals such as epochs = 3 appear here as parameters."), "tl-inspector-doc");
}

static void
build_document (TlInspector *self)
{
  TlDocument      *document = tl_session_get_document (self->session);
  g_autofree char *seed = tl_document_get_front_matter (document, "seed");

  add_label (self, _ ("Document"), "tl-inspector-title");
  begin_grid (self, NULL);
  add_entry_row (self, FIELD_DOCUMENT, "seed", seed, "42",
                 _ ("All random numbers of the document follow from it; without one, it is 42."));
}

static void
clear_box (GtkBox *box)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (box))) != NULL)
    gtk_box_remove (box, child);
}

static GtkWidget *
find_editor (GtkWidget  *parent,
             const char *name)
{
  GtkWidget *found = NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (parent); child != NULL && found == NULL; child = gtk_widget_get_next_sibling (child))
    found = g_strcmp0 (g_object_get_data (G_OBJECT (child), "name"), name) == 0 ? child : find_editor (child, name);
  return found;
}

/* The row that has the keyboard, or NULL. */
static GtkWidget *
get_focused (TlInspector *self)
{
  GtkRoot   *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  if (focus == NULL || !gtk_widget_is_ancestor (focus, GTK_WIDGET (self)))
    return NULL;
  while (focus != GTK_WIDGET (self) && g_object_get_data (G_OBJECT (focus), "name") == NULL)
    focus = gtk_widget_get_parent (focus);
  return focus != GTK_WIDGET (self) ? focus : NULL;
}

/* Makes the fields anew; the row with the keyboard keeps it, and what was typed there and not entered yet. */
static void
build_fields (TlInspector       *self,
              TlGraphText       *graph,
              const TlGraphNode *node,
              gboolean           is_same)
{
  GtkWidget       *focused = get_focused (self), *editor;
  g_autofree char *name = focused != NULL ? g_strdup (g_object_get_data (G_OBJECT (focused), "name")) : NULL;
  g_autofree char *typed = NULL;
  int              position = -1;

  if (focused != NULL && GTK_IS_ENTRY (focused)) {
    const char *text = gtk_editable_get_text (GTK_EDITABLE (focused));

    position = gtk_editable_get_position (GTK_EDITABLE (focused));
    if (is_same && g_strcmp0 (text, g_object_get_data (G_OBJECT (focused), "before")) != 0)
      typed = g_strdup (text);
  }
  clear_box (self->box);
  self->problem = NULL;
  self->target = self->box;
  if (node != NULL)
    build_node (self, node);
  else if (graph != NULL)
    build_graph (self, graph);
  else if (self->cell != NULL && tl_cell_get_chunk (self->cell) != NULL)
    build_lua (self, tl_cell_get_chunk (self->cell));
  else
    build_document (self);
  self->known = add_box (self);
  editor = name != NULL ? find_editor (GTK_WIDGET (self->box), name) : NULL;
  if (editor == NULL)
    return;
  if (GTK_IS_ENTRY (editor)) {
    if (typed != NULL)
      gtk_editable_set_text (GTK_EDITABLE (editor), typed);
    gtk_entry_grab_focus_without_selecting (GTK_ENTRY (editor));
    gtk_editable_set_position (GTK_EDITABLE (editor), position);
  } else {
    gtk_widget_grab_focus (editor);
  }
}

/* What the fields are made from, beside the cell and the node. */
static char *
get_source (TlInspector *self)
{
  TlDocument *document = tl_session_get_document (self->session);

  if (self->cell != NULL && (tl_cell_get_graph (self->cell) != NULL || tl_cell_get_chunk (self->cell) != NULL))
    return g_strdup_printf ("%d %s %s", tl_document_is_read_only (document), tl_cell_get_id (self->cell), tl_cell_get_text (self->cell, NULL));
  return tl_document_get_front_matter (document, "seed");
}

void
tl_inspector_show (TlInspector         *self,
                   TlCell              *cell,
                   const char          *node,
                   const TlGraphReport *report)
{
  TlGraphText       *graph = cell != NULL ? tl_cell_get_graph (cell) : NULL;
  const TlGraphNode *found = graph != NULL && node != NULL ? tl_graph_text_find_node (graph, node, NULL) : NULL;
  gboolean           is_same = self->known != NULL && self->cell == cell && g_strcmp0 (self->node, node) == 0;
  g_autofree char   *copy = g_strdup (node);
  g_autofree char   *source = NULL;

  g_return_if_fail (TL_IS_INSPECTOR (self));

  self->is_building = TRUE;
  g_set_object (&self->cell, cell);
  g_free (self->node);
  self->node = g_steal_pointer (&copy);
  source = get_source (self);
  if (!is_same || g_strcmp0 (source, self->shown) != 0)
    build_fields (self, graph, found, is_same);
  g_free (self->shown);
  self->shown = g_steal_pointer (&source);
  if (self->problem != NULL)
    clear_box (self->problem);
  clear_box (self->known);
  self->target = self->known;
  if (found != NULL)
    show_known_of_node (self, tl_graph_report_find (report, found->name));
  else if (graph != NULL)
    show_known_of_graph (self, graph, report);
  self->is_building = FALSE;
}

void
tl_inspector_show_help (TlInspector *self,
                        const char  *name,
                        const char  *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  const char      *rest = strchr (stripped, '\n');
  g_autofree char *first = rest != NULL ? g_strndup (stripped, (gsize)(rest - stripped)) : g_strdup (stripped);

  g_return_if_fail (TL_IS_INSPECTOR (self));

  clear_box (self->box);
  self->problem = self->known = NULL;
  self->target = self->box;
  add_label (self, name, "tl-inspector-title");
  gtk_label_set_selectable (GTK_LABEL (add_label (self, first, "tl-inspector-signature")), TRUE);
  if (rest != NULL)
    gtk_label_set_selectable (GTK_LABEL (add_label (self, rest + strspn (rest, "\n"), "tl-inspector-doc")), TRUE);
}

gboolean
tl_inspector_edit_name (TlInspector *self)
{
  GtkWidget *entry;

  g_return_val_if_fail (TL_IS_INSPECTOR (self), FALSE);

  entry = self->node != NULL ? find_editor (GTK_WIDGET (self->box), _ ("name")) : NULL;
  if (entry == NULL)
    return FALSE;
  gtk_widget_grab_focus (entry);
  gtk_editable_select_region (GTK_EDITABLE (entry), 0, -1);
  return TRUE;
}

static void
tl_inspector_dispose (GObject *object)
{
  TlInspector *self = TL_INSPECTOR (object);

  self->is_building = TRUE;
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->session);
  g_clear_object (&self->cell);
  g_clear_pointer (&self->node, g_free);
  g_clear_pointer (&self->shown, g_free);
  G_OBJECT_CLASS (tl_inspector_parent_class)->dispose (object);
}

static void
tl_inspector_class_init (TlInspectorClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tl_inspector_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
tl_inspector_init (TlInspector *self)
{
  self->box = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 6));
  gtk_widget_add_css_class (GTK_WIDGET (self->box), "tl-inspector");
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), GTK_WIDGET (self->box));
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
}

GtkWidget *
tl_inspector_new (TlSession *session)
{
  TlInspector *self = g_object_new (TL_TYPE_INSPECTOR, NULL);

  self->session = g_object_ref (session);
  return GTK_WIDGET (self);
}
