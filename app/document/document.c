/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-private.h"

#include <string.h>

#include "core/base/error.h"

enum {
  PROP_0,
  PROP_MODIFIED,
  PROP_READ_ONLY,
  PROP_PATH,
  PROP_CAN_UNDO,
  PROP_CAN_REDO,
  N_PROPS
};

enum {
  CELL_ADDED,
  CELL_REMOVED,
  CELL_CHANGED,
  CELL_MOVED,
  MODIFIED_CHANGED,
  HISTORY_CHANGED,
  HEAD_CHANGED,
  CHANGED,
  SAVED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint       signals[N_SIGNALS];

/* --- the list ------------------------------------------------------------------------------------------------------ */

static GType
list_get_item_type (GListModel *model)
{
  return TL_TYPE_CELL;
}

static guint
list_get_n_items (GListModel *model)
{
  return TL_DOCUMENT (model)->cells->len;
}

static gpointer
list_get_item (GListModel *model,
               guint       position)
{
  TlDocument *self = TL_DOCUMENT (model);

  return position < self->cells->len ? g_object_ref (self->cells->pdata[position]) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = list_get_item_type;
  iface->get_n_items = list_get_n_items;
  iface->get_item = list_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TlDocument,
                               tl_document,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

/* --- the object ---------------------------------------------------------------------------------------------------- */

static void
tl_document_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  TlDocument *self = TL_DOCUMENT (object);

  switch (prop_id) {
  case PROP_MODIFIED:
    g_value_set_boolean (value, tl_document_is_modified (self));
    break;
  case PROP_READ_ONLY:
    g_value_set_boolean (value, self->read_only);
    break;
  case PROP_PATH:
    g_value_set_string (value, self->path);
    break;
  case PROP_CAN_UNDO:
    g_value_set_boolean (value, tl_document_can_undo (self));
    break;
  case PROP_CAN_REDO:
    g_value_set_boolean (value, tl_document_can_redo (self));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
}

static void
tl_document_finalize (GObject *object)
{
  TlDocument *self = TL_DOCUMENT (object);

  for (guint i = 0; i < self->cells->len; i++)
    ((TlCell *)self->cells->pdata[i])->document = NULL;
  g_clear_pointer (&self->open, tl_step_free);
  g_ptr_array_unref (self->steps);
  g_ptr_array_unref (self->cells);
  g_string_free (self->head, TRUE);
  g_clear_pointer (&self->diagnostics, g_ptr_array_unref);
  g_free (self->path);
  g_free (self->stamp.hash);
  G_OBJECT_CLASS (tl_document_parent_class)->finalize (object);
}

static GParamSpec *
flag_spec (const char *name)
{
  return g_param_spec_boolean (name, NULL, NULL, FALSE,
                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
tl_document_class_init (TlDocumentClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType         type = G_TYPE_FROM_CLASS (klass);

  object_class->get_property = tl_document_get_property;
  object_class->finalize = tl_document_finalize;
  props[PROP_MODIFIED] = flag_spec ("modified");
  props[PROP_READ_ONLY] = flag_spec ("read-only");
  props[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, NULL,
                                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  props[PROP_CAN_UNDO] = flag_spec ("can-undo");
  props[PROP_CAN_REDO] = flag_spec ("can-redo");
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[CELL_ADDED] = g_signal_new ("cell-added", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                      TL_TYPE_CELL, G_TYPE_UINT);
  signals[CELL_REMOVED] = g_signal_new ("cell-removed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                        TL_TYPE_CELL, G_TYPE_UINT);
  signals[CELL_CHANGED] = g_signal_new ("cell-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 4,
                                        TL_TYPE_CELL, G_TYPE_UINT64, G_TYPE_UINT64, G_TYPE_UINT64);
  signals[CELL_MOVED] = g_signal_new ("cell-moved", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                                      TL_TYPE_CELL, G_TYPE_UINT, G_TYPE_UINT);
  signals[MODIFIED_CHANGED] = g_signal_new ("modified-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                            G_TYPE_NONE, 0);
  signals[HISTORY_CHANGED] = g_signal_new ("history-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
  signals[CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SAVED] = g_signal_new ("saved", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BYTES);
  signals[HEAD_CHANGED] = g_signal_new ("head-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tl_document_init (TlDocument *self)
{
  self->head = g_string_new (NULL);
  self->cells = g_ptr_array_new_with_free_func (g_object_unref);
  self->steps = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_step_free);
  self->eol = TL_EOL_LF;
  self->serial = self->emitted_serial = 1;
}

void
tl_document_emit_cell_changed (TlDocument *self,
                               TlCell     *cell,
                               gsize       start,
                               gsize       n_removed,
                               gsize       n_inserted)
{
  g_signal_emit (self, signals[CELL_CHANGED], 0, cell, (guint64)start, (guint64)n_removed, (guint64)n_inserted);
}

void
tl_document_emit_cell_added (TlDocument *self,
                             TlCell     *cell,
                             guint       index)
{
  g_signal_emit (self, signals[CELL_ADDED], 0, cell, index);
  g_list_model_items_changed (G_LIST_MODEL (self), index, 0, 1);
}

void
tl_document_emit_cell_removed (TlDocument *self,
                               TlCell     *cell,
                               guint       index)
{
  g_signal_emit (self, signals[CELL_REMOVED], 0, cell, index);
  g_list_model_items_changed (G_LIST_MODEL (self), index, 1, 0);
}

void
tl_document_emit_cell_moved (TlDocument *self,
                             TlCell     *cell,
                             guint       from,
                             guint       to)
{
  guint first = MIN (from, to), n = MAX (from, to) - first + 1;

  g_signal_emit (self, signals[CELL_MOVED], 0, cell, from, to);
  g_list_model_items_changed (G_LIST_MODEL (self), first, n, n);
}

void
tl_document_emit_history (TlDocument *self,
                          gboolean    was_modified)
{
  g_signal_emit (self, signals[HISTORY_CHANGED], 0);
  if (self->emitted_serial != self->serial) {
    self->emitted_serial = self->serial;
    g_signal_emit (self, signals[CHANGED], 0);
  }
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CAN_UNDO]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CAN_REDO]);
  if (was_modified == tl_document_is_modified (self))
    return;
  g_signal_emit (self, signals[MODIFIED_CHANGED], 0);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_MODIFIED]);
}

void
tl_document_emit_head (TlDocument *self)
{
  g_signal_emit (self, signals[HEAD_CHANGED], 0);
}

void
tl_document_emit_path (TlDocument *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PATH]);
}

/* --- create -------------------------------------------------------------------------------------------------------- */

TlDocument *
tl_document_new (void)
{
  TlDocument *self = g_object_new (TL_TYPE_DOCUMENT, NULL);

  g_string_append_printf (self->head, "---\ntrellis: %d\n---\n", TL_DOCUMENT_VERSION);
  return self;
}

static gboolean
check_size (const char *data,
            gsize       length,
            GError    **error)
{
  TlLine line = { 0 };
  guint  n_lines = 0;

  if (length > TL_DOCUMENT_MAX_BYTES) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "the document has %zu bytes, more than the limit of %u", length,
                 TL_DOCUMENT_MAX_BYTES);
    return FALSE;
  }
  while (tl_line_next (data, length, &line))
    if (n_lines++, line.end - line.start > TL_DOCUMENT_MAX_LINE_BYTES) {
      g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "line %u has %zu bytes, more than the limit of %u", n_lines,
                   line.end - line.start, TL_DOCUMENT_MAX_LINE_BYTES);
      return FALSE;
    }
  return TRUE;
}

static void
find_version (TlDocument *self)
{
  g_autofree char *version = tl_document_get_front_matter (self, "trellis");
  gint64           number = version ? g_ascii_strtoll (version, NULL, 10) : 0;

  self->read_only = number > TL_DOCUMENT_VERSION;
}

TlDocument *
tl_document_new_from_bytes (GBytes  *bytes,
                            GError **error)
{
  g_autoptr (TlDocument) self = NULL;
  g_autoptr (GPtrArray)  cells = NULL;
  gsize                  length, head;
  const char            *data = g_bytes_get_data (bytes, &length);
  TlLine                 line = { 0 };

  data = data ? data : "";
  if (!check_size (data, length, error))
    return NULL;
  self = g_object_new (TL_TYPE_DOCUMENT, NULL);
  if (tl_line_next (data, length, &line) && line.eol == TL_EOL_CRLF)
    self->eol = TL_EOL_CRLF;
  head = tl_head_length (data, length);
  g_string_append_len (self->head, data, head);
  cells = tl_read_cells (data + head, length - head, FALSE, self->head);
  if (cells->len > TL_DOCUMENT_MAX_CELLS) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "the document has %u cells, more than the limit of %d", cells->len,
                 TL_DOCUMENT_MAX_CELLS);
    return NULL;
  }
  for (guint i = 0; i < cells->len; i++) {
    TlCell *cell = cells->pdata[i];

    cell->document = self;
    g_ptr_array_add (self->cells, g_object_ref (cell));
  }
  find_version (self);
  return g_steal_pointer (&self);
}

/* --- query --------------------------------------------------------------------------------------------------------- */

GBytes *
tl_document_to_bytes (TlDocument *self)
{
  GString *out;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);

  out = g_string_new_len (self->head->str, self->head->len);
  for (guint i = 0; i < self->cells->len; i++)
    tl_cell_append (self->cells->pdata[i], i + 1 == self->cells->len, self->eol, out);
  return g_string_free_to_bytes (out);
}

TlSnapshot *
tl_document_snapshot (TlDocument *self)
{
  TlSnapshot *snapshot;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);

  snapshot = g_new0 (TlSnapshot, 1);
  snapshot->ref_count = 1;
  snapshot->bytes = tl_document_to_bytes (self);
  snapshot->path = g_strdup (self->path);
  snapshot->n_cells = self->cells->len;
  snapshot->cells = g_new0 (TlSnapshotCell, MAX (1, self->cells->len));
  snapshot->has_seed = tl_document_get_seed (self, &snapshot->seed);
  snapshot->serial = self->serial;
  snapshot->diagnostics = g_ptr_array_ref (tl_document_get_diagnostics (self));
  for (guint i = 0; i < self->cells->len; i++) {
    TlCell         *cell = self->cells->pdata[i];
    TlSnapshotCell *copy = &snapshot->cells[i];

    copy->uid = cell->uid;
    copy->kind = cell->frame.kind;
    copy->id = g_strdup (cell->frame.id);
    copy->n_bytes = cell->text->len;
    copy->text = g_malloc (cell->text->len + 1);
    memcpy (copy->text, cell->text->str, cell->text->len + 1);
    tl_cell_get_lines (cell, &copy->line, NULL);
  }
  return snapshot;
}

guint
tl_document_get_n_cells (TlDocument *self)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), 0);

  return self->cells->len;
}

TlCell *
tl_document_get_cell (TlDocument *self,
                      guint       index)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);

  return index < self->cells->len ? self->cells->pdata[index] : NULL;
}

TlCell *
tl_document_find_cell (TlDocument *self,
                       const char *id)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);

  for (guint i = 0; i < self->cells->len; i++)
    if (g_strcmp0 (((TlCell *)self->cells->pdata[i])->frame.id, id) == 0 && id != NULL)
      return self->cells->pdata[i];
  return NULL;
}

TlCell *
tl_document_find_cell_by_uid (TlDocument *self,
                              guint64     uid)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);

  for (guint i = 0; i < self->cells->len; i++)
    if (((TlCell *)self->cells->pdata[i])->uid == uid)
      return self->cells->pdata[i];
  return NULL;
}

TlCell *
tl_document_cell_at_line (TlDocument *self,
                          guint       line,
                          guint      *cell_line)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);

  for (guint i = self->cells->len; i > 0; i--) {
    TlCell *cell = self->cells->pdata[i - 1];
    guint   first, n_lines;

    tl_cell_get_lines (cell, &first, &n_lines);
    if (line < first - (cell->frame.open[0] != 0))
      continue;
    if (cell_line != NULL)
      *cell_line = line >= first && line < first + n_lines ? line - first + 1 : 0;
    return cell;
  }
  return NULL;
}

GPtrArray *
tl_document_get_diagnostics (TlDocument *self)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);

  if (self->diagnostics == NULL || self->diagnostics_serial != self->serial) {
    g_clear_pointer (&self->diagnostics, g_ptr_array_unref);
    self->diagnostics = tl_document_check (self);
    self->diagnostics_serial = self->serial;
  }
  return self->diagnostics;
}

gboolean
tl_document_has_conflicts (TlDocument *self)
{
  GPtrArray *diagnostics = tl_document_get_diagnostics (self);

  for (guint i = 0; i < diagnostics->len; i++)
    if (((TlDiagnostic *)diagnostics->pdata[i])->code == TL_DIAGNOSTIC_CONFLICT)
      return TRUE;
  return FALSE;
}

guint64
tl_document_get_serial (TlDocument *self)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), 0);

  return self->serial;
}

gboolean
tl_document_is_read_only (TlDocument *self)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), TRUE);

  return self->read_only;
}

gboolean
tl_document_is_modified (TlDocument *self)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);

  return self->saved_position != (int)self->position;
}

char *
tl_document_unique_id (TlDocument *self,
                       const char *base)
{
  g_autofree char *stem = g_strdup (tl_name_is_valid (base) ? base : "cell");
  char            *id;
  guint            n = 2;
  gsize            length = strlen (stem);

  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);

  /* "fit2" goes on with "fit3", not with "fit22". */
  while (length > 1 && g_ascii_isdigit (stem[length - 1]))
    length--;
  id = g_strdup (stem);
  stem[length] = 0;
  while (tl_document_find_cell (self, id) != NULL) {
    g_free (id);
    id = g_strdup_printf ("%s%u", stem, n++);
  }
  return id;
}
