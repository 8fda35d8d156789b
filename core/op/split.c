/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/split-common.h"

enum { SIZES,
       DIM };

static const TlAttrSpec attrs[] = {
  { "split_size", "size of each part, or the sizes of all, up to 8", TL_ATTR_INTS, .required = TRUE, .alias = "sizes", .has_range = TRUE, .min = 0, .max = 9.2e18 },
  TL_SPLIT_DIM,
  { NULL },
};

static void
part (const TlAttrValue *values,
      TlDim              size,
      guint              n,
      guint              i,
      TlDim             *start,
      TlDim             *length)
{
  const TlAttrValue *sizes = &values[SIZES];

  *start = 0;
  if (sizes->n == 1) {
    *start = (TlDim)i * sizes->v[0];
    *length = MIN (sizes->v[0], size - *start);
    return;
  }
  for (guint k = 0; k < i; k++)
    *start += sizes->v[k];
  *length = sizes->v[i];
}

static gboolean
count (TlInfer *self,
       GError **error)
{
  const TlAttrValue *sizes = &self->attrs[SIZES];
  TlDim              size, sum = 0;

  if (!tl_split_get_size (self, self->attrs[DIM].i, &size, error))
    return FALSE;
  for (gint i = 0; i < sizes->n; i++) {
    if (tl_dim_is_symbolic (sizes->v[i]))
      return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "split_size is not known yet");
    sum = sizes->v[i] > size - sum ? G_MAXINT64 : sum + sizes->v[i];
    if (sum == G_MAXINT64 && sizes->n > 1)
      break;
  }
  if (sizes->n == 1) {
    if (sizes->v[0] == 0 && size > 0)
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "split_size = 0 of an axis of %" G_GINT64_FORMAT, size);
    return tl_split_set_n (self, size == 0 ? 1 : (size - 1) / sizes->v[0] + 1, error);
  }
  if (sum != size || sizes->n == 0) {
    g_autofree char *text = tl_shape_to_string (sizes->v, (guint)sizes->n);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "sizes %s are not those of an axis of %" G_GINT64_FORMAT, text, size);
  }
  return tl_split_set_n (self, sizes->n, error);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_split_infer (self, self->attrs[DIM].i, part, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_split_decompose (self, self->attrs[DIM].i, part, error);
}

static const TlSample samples[] = {
  { "7,2", "split_size = {3}" },
  { "2,6", "split_size = {1, 3, 2}, dim = 1" },
  { "2,4,3", "split_size = {2}, dim = -2" },
  { "4", "split_size = {9}" },
  { "0,2", "split_size = {3}" },
  { "3", "split_size = {0, 3}" },
  { "1", "split_size = {1}" },
  { NULL },
};

const TlOpClass tl_op_split = {
  .name = "split",
  .group = "shape",
  .doc = "An axis cut into parts of a size, the last of which may be smaller, or of the sizes given; views.",
  .formula = "y_k[i] = x[start_k + i]",
  .source = "elementary",
  .in = tl_ports_x,
  .out = tl_split_out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .count = count,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Split", 2 },
  .torch = "torch.split(x0, split_size if len(split_size) > 1 else split_size[0], dim)",
};
