/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/data-sized.h"
#include "core/op/sort-common.h"

static const TlPort out_ports[] = {
  { "values", "each value once, rising", TL_PORT_NODIFF },
  { "inverse", "where in values each element is, i64, of the shape of x", TL_PORT_NODIFF },
  { "counts", "how often each value occurs, i64", TL_PORT_NODIFF },
  { NULL },
};
static const TlPort ports[] = { { "x", "any tensor but of 16-bit numbers", TL_PORT_NODIFF }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlDim shape[] = { tl_dim_symbol ("unique") };

  if (!tl_sort_check (self, 0, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[0]->dtype, 1, shape);
  tl_infer_out (self, 1, TL_DTYPE_I64, self->in[0]->rank, self->in[0]->shape);
  tl_infer_out (self, 2, TL_DTYPE_I64, 1, shape);
  return TRUE;
}

/* Where sorted elements begin to differ from the one before; a NaN differs from every other. */
static GArray *
find_starts (TlTensor *sorted)
{
  GArray       *starts = g_array_new (FALSE, FALSE, sizeof (gint64));
  gsize         size = tl_dtype_size (sorted->meta.dtype);
  gint64        n = (gint64)tl_tensor_get_n_elements (sorted);
  const guint8 *data = tl_tensor_peek_data (sorted);

  for (gint64 i = 0; i < n; i++) {
    gboolean same = i > 0 && memcmp (data + (gsize)i * size, data + (gsize)(i - 1) * size, size) == 0;

    if (i > 0 && tl_dtype_is_float (sorted->meta.dtype)) {
      double a = tl_tensor_peek_element (sorted, (gsize)i - 1), b = tl_tensor_peek_element (sorted, (gsize)i);

      same = a == b;
    }
    if (!same)
      g_array_append_val (starts, i);
  }
  return starts;
}

static gboolean
fill (TlGradient *self,
      TlTensor   *order,
      GArray     *starts,
      GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  gint64        n = (gint64)tl_tensor_get_n_elements (order);
  const gint64 *at = tl_tensor_peek_data (order);
  gint64       *inverse, *counts;

  self->dx[1] = tl_tensor_new (TL_DTYPE_I64, x->rank, x->shape, error);
  self->dx[2] = self->dx[1] != NULL ? tl_tensor_new (TL_DTYPE_I64, 1, (const TlDim[]){ starts->len }, error) : NULL;
  if (self->dx[2] == NULL)
    return FALSE;
  inverse = tl_tensor_peek_data (self->dx[1]);
  counts = tl_tensor_peek_data (self->dx[2]);
  for (guint i = 0; i < starts->len; i++) {
    gint64 first = g_array_index (starts, gint64, i), end = i + 1 < starts->len ? g_array_index (starts, gint64, i + 1) : n;

    counts[i] = end - first;
    for (gint64 j = first; j < end; j++)
      inverse[at[j]] = i;
  }
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) flat = tl_flatten (self->in[0], 0, error);
  g_autoptr (TlTensor) sorted = NULL;
  g_autoptr (TlTensor) order = NULL;
  g_autoptr (TlTensor) index = NULL;
  g_autoptr (GArray)   starts = NULL;

  if (flat == NULL || !tl_sort (flat, 0, FALSE, &sorted, &order, error))
    return FALSE;
  starts = find_starts (sorted);
  index = tl_new_indices (starts, error);
  self->dx[0] = index != NULL ? tl_gather (sorted, 0, index, error) : NULL;
  return self->dx[0] != NULL && fill (self, order, starts, error);
}

static const TlSample samples[] = { { "i64:3,4<5" }, { "f32:5", .special = "0 1 0 -0 1" }, { "u8:6<3" }, { "bool:5" }, { "f32:6", .special = "nan 1 nan" }, { "i64:0" }, { NULL } };

const TlOpClass tl_op_unique = {
  .name = "unique",
  .group = "sorting",
  .doc = "Each value once, in rising order, with where and how often it occurs. Its size depends on values, so it cannot stand in a planned step.",
  .formula = "values[inverse[i]] = x[i]",
  .source = "elementary",
  .in = ports,
  .out = out_ports,
  .flags = TL_OP_DATA_SIZED,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Unique", 11 },
  .torch = "torch.unique(x0, return_inverse=True, return_counts=True)",
};
