/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/snapshot.h"

#include <string.h>

#include "app/document/cell.h"

TlSnapshot *
tl_snapshot_ref (TlSnapshot *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
tl_snapshot_unref (TlSnapshot *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  for (guint i = 0; i < self->n_cells; i++) {
    g_free (self->cells[i].id);
    g_free (self->cells[i].text);
  }
  g_free (self->cells);
  g_free (self->path);
  g_bytes_unref (self->bytes);
  g_ptr_array_unref (self->diagnostics);
  g_free (self);
}

/* A fence is longer than any row of backticks in the text. */
static void
append_fenced (GString              *bytes,
               const TlSnapshotCell *cell)
{
  gsize n_fence = 3, n_row = 0;

  for (const char *at = cell->text; *at != '\0'; at++) {
    n_row = *at == '`' ? n_row + 1 : 0;
    n_fence = MAX (n_fence, n_row + 1);
  }
  for (gsize i = 0; i < n_fence; i++)
    g_string_append_c (bytes, '`');
  g_string_append_printf (bytes, "%s {#%s}\n%s\n", cell->kind == TL_CELL_GRAPH ? "graph" : "lua", cell->id, cell->text);
  for (gsize i = 0; i < n_fence; i++)
    g_string_append_c (bytes, '`');
  g_string_append_c (bytes, '\n');
}

TlSnapshot *
tl_snapshot_new_from_cells (const char           *path,
                            const TlSnapshotCell *cells,
                            guint                 n_cells,
                            gboolean              has_seed,
                            gint64                seed)
{
  TlSnapshot *self = g_new0 (TlSnapshot, 1);
  GString    *bytes = g_string_new ("---\ntrellis: 1\n");

  if (has_seed)
    g_string_append_printf (bytes, "seed: %" G_GINT64_FORMAT "\n", seed);
  g_string_append (bytes, "---\n");
  self->ref_count = 1;
  self->path = g_strdup (path);
  self->has_seed = has_seed;
  self->seed = seed;
  self->diagnostics = g_ptr_array_new ();
  self->cells = g_new0 (TlSnapshotCell, MAX (1, n_cells));
  self->n_cells = n_cells;
  for (guint i = 0; i < n_cells; i++) {
    TlSnapshotCell *cell = &self->cells[i];

    cell->uid = i + 1;
    cell->kind = cells[i].kind;
    cell->id = g_strdup (cells[i].id);
    cell->text = g_strdup (cells[i].text);
    cell->n_bytes = strlen (cell->text);
    cell->line = 1;
    g_string_append_c (bytes, '\n');
    if (cell->kind == TL_CELL_TEXT)
      g_string_append_printf (bytes, "%s\n", cell->text);
    else
      append_fenced (bytes, cell);
  }
  self->bytes = g_string_free_to_bytes (bytes);
  return self;
}

const TlSnapshotCell *
tl_snapshot_find (const TlSnapshot *self,
                  const char       *id)
{
  for (guint i = 0; i < self->n_cells; i++)
    if (self->cells[i].id != NULL && g_str_equal (self->cells[i].id, id))
      return &self->cells[i];
  return NULL;
}

TlSnapshot *
tl_snapshot_with_text (const TlSnapshot *self,
                       guint             index,
                       const char       *text)
{
  TlSnapshot *copy = g_memdup2 (self, sizeof *self);

  copy->ref_count = 1;
  copy->bytes = g_bytes_ref (self->bytes);
  copy->path = g_strdup (self->path);
  copy->diagnostics = g_ptr_array_ref (self->diagnostics);
  copy->cells = g_new0 (TlSnapshotCell, MAX (1, self->n_cells));
  for (guint i = 0; i < self->n_cells; i++) {
    TlSnapshotCell *cell = &copy->cells[i];

    *cell = self->cells[i];
    cell->id = g_strdup (cell->id);
    if (i == index) {
      cell->n_bytes = strlen (text);
      cell->text = g_strdup (text);
    } else
      cell->text = g_memdup2 (cell->text, cell->n_bytes + 1);
  }
  return copy;
}
