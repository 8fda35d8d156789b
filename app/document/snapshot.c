/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/snapshot.h"

#include <string.h>

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
