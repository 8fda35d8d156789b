/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/data-sized.h"

#include <string.h>

/* Returns: (transfer full) (element-type gint64): numbers of the true elements of a bool tensor, in row-major order */
GArray *
tl_find_true (TlTensor *mask,
              GError  **error)
{
  g_autoptr (TlTensor) plain = tl_contiguous (mask, error);
  GArray              *found;
  const guint8        *data;
  gint64               n;

  if (plain == NULL)
    return NULL;
  found = g_array_new (FALSE, FALSE, sizeof (gint64));
  data = tl_tensor_peek_data (plain);
  n = (gint64)tl_tensor_get_n_elements (plain);
  for (gint64 i = 0; i < n; i++)
    if (data[i] != 0)
      g_array_append_val (found, i);
  return found;
}

/* Returns: (transfer full): whole numbers as a tensor, or %NULL */
TlTensor *
tl_new_indices (GArray  *positions,
                GError **error)
{
  TlTensor *y = tl_tensor_new (TL_DTYPE_I64, 1, (const TlDim[]){ positions->len }, error);

  if (y != NULL && positions->len > 0)
    memcpy (tl_tensor_peek_data (y), positions->data, positions->len * sizeof (gint64));
  return y;
}
