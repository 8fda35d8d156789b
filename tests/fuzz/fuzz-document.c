/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "app/document/document.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

/* Any bytes load, save as they were, can be edited, and give the same bytes again after undo. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr (GBytes)     bytes = g_bytes_new (data, size);
  g_autoptr (TlDocument) document = tl_document_new_from_bytes (bytes, NULL);
  g_autoptr (GBytes)     same = NULL;
  g_autoptr (GBytes)     undone = NULL;
  g_autoptr (TlSnapshot) snapshot = NULL;

  if (document == NULL)
    return 0;
  same = tl_document_to_bytes (document);
  g_assert_true (g_bytes_equal (bytes, same));
  snapshot = tl_document_snapshot (document);
  for (guint i = 0; i < tl_document_get_n_cells (document); i++) {
    TlCell *cell = tl_document_get_cell (document, i);

    tl_cell_get_chunk (cell);
    tl_cell_get_graph (cell);
    tl_document_set_param (document, cell, "epochs", "7", NULL);
    tl_document_replace_text (document, cell, 0, 0, i % 2 ? "```\n" : "```lua {#z}\n", -1, NULL);
  }
  tl_document_set_front_matter (document, "seed", "9", NULL);
  if (tl_document_get_n_cells (document) > 1)
    tl_document_move_cell (document, tl_document_get_cell (document, 0), 1, NULL);
  tl_document_get_diagnostics (document);
  while (tl_document_undo (document, NULL))
    ;
  undone = tl_document_to_bytes (document);
  g_assert_true (g_bytes_equal (bytes, undone));
  return 0;
}
