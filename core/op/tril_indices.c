/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlAttrSpec attrs[] = {
  { "row", "rows of the matrix", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e6 },
  { "col", "columns of the matrix", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e6 },
  { "offset", "which diagonal: above the main one if positive", TL_ATTR_INT, .has_range = TRUE, .min = -1e6, .max = 1e6 },
  { NULL },
};

static gint64
first_column (const TlAttrValue *a,
              gint64             row)
{
  return 0;
}

static gint64
end_column (const TlAttrValue *a,
            gint64             row)
{
  return CLAMP (row + a[2].i + 1, 0, a[1].i);
}

static gint64
count_elements (const TlAttrValue *a)
{
  gint64 n = 0;

  for (gint64 i = 0; i < a[0].i; i++)
    n += MAX (0, end_column (a, i) - first_column (a, i));
  return n;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  gint64 n = count_elements (self->attrs);

  tl_infer_out (self, 0, TL_DTYPE_I64, 2, (const TlDim[]){ 2, n });
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint64  rows = self->attrs[0].i, columns = self->attrs[1].i, n = count_elements (self->attrs), at = 0;
  gint64 *data;

  self->dx[0] = tl_tensor_new (TL_DTYPE_I64, 2, (const TlDim[]){ 2, n }, error);
  data = self->dx[0] != NULL ? tl_tensor_peek_data (self->dx[0]) : NULL;
  for (gint64 i = 0; i < rows && self->dx[0] != NULL; i++)
    for (gint64 j = first_column (self->attrs, i); j < end_column (self->attrs, i); j++) {
      data[at] = i;
      data[n + at++] = j;
    }
  return self->dx[0] != NULL && columns >= 0;
}

static const TlSample samples[] = {
  { "", "row = 3, col = 4" },
  { "", "row = 4, col = 3, offset = 1" },
  { "", "row = 3, col = 3, offset = -2" },
  { "", "row = 0, col = 2" },
  { NULL },
};

const TlOpClass tl_op_tril_indices = {
  .name = "tril_indices",
  .group = "creation",
  .doc = "Rows and columns of the elements on and below a diagonal of a matrix, i64.",
  .formula = "y[:, k] = (i, j) with j - i <= offset, row by row",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.tril_indices(row, col, offset)",
};
