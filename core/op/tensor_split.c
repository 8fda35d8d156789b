/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/split-common.h"

enum { SECTIONS,
       INDICES,
       DIM };

static const TlAttrSpec attrs[] = {
  { "sections", "how many parts; 0 where indices say it", TL_ATTR_INT, .has_range = TRUE, .min = 0, .max = 9.2e18 },
  { "indices", "where parts begin, but for the first; from the end if negative; up to 8", TL_ATTR_INTS, .has_range = TRUE, .min = -9.2e18, .max = 9.2e18 },
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
  if (values[SECTIONS].i > 0) {
    TlDim each = size / n, larger = size % n;

    *start = (TlDim)i * each + MIN ((TlDim)i, larger);
    *length = each + ((TlDim)i < larger);
    return;
  }
  tl_split_between (size, i == 0 ? 0 : values[INDICES].v[i - 1], i + 1 == n ? size : values[INDICES].v[i], start, length);
}

static gboolean
count (TlInfer *self,
       GError **error)
{
  TlDim size;

  if (!tl_split_get_size (self, self->attrs[DIM].i, &size, error))
    return FALSE;
  if (self->attrs[SECTIONS].i > 0 && self->attrs[INDICES].n > 0)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "sections and indices are given, one of them is wanted");
  return tl_split_set_n (self, self->attrs[SECTIONS].i > 0 ? self->attrs[SECTIONS].i : self->attrs[INDICES].n + 1, error);
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
  { "7,2", "sections = 3" },
  { "2,3", "sections = 5, dim = 1" },
  { "6", "indices = {2, 4}" },
  { "2,6", "indices = {1, -2}, dim = -1" },
  { "4", "indices = {3, 1, 9}" },
  { "0", "sections = 2" },
  { "1", "sections = 1" },
  { NULL },
};

const TlOpClass tl_op_tensor_split = {
  .name = "tensor_split",
  .group = "shape",
  .doc = "An axis cut into a number of parts whose sizes differ by one at most, or cut at the positions given; views.",
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
  .torch = "torch.tensor_split(x0, sections if sections > 0 else tuple(indices), dim)",
};
