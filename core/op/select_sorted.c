/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/kernels/sort.h"
#include "core/op/common.h"

enum { FIRST,
       COUNT,
       DESCENDING };

static const TlPort ports[] = { { "x", "`[..., n]`", TL_PORT_CONTIGUOUS }, { NULL } };
static const TlPort out_ports[] = { { "values", "of each row the part wanted, sorted" }, { "indices", "where they were, i64", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "first", "place of the first among the sorted", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .max = 9.2e18 },
  { "count", "how many", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .max = 9.2e18 },
  { "descending", "whether the largest comes first", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK], n;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  n = x->shape[x->rank - 1];
  if (!tl_dim_is_symbolic (n) && (self->attrs[COUNT].i > n || self->attrs[FIRST].i > n - self->attrs[COUNT].i))
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%" G_GINT64_FORMAT " from place %" G_GINT64_FORMAT " on of %" G_GINT64_FORMAT " elements",
                          self->attrs[COUNT].i, self->attrs[FIRST].i, n);
  memcpy (shape, x->shape, x->rank * sizeof *shape);
  shape[x->rank - 1] = self->attrs[COUNT].i;
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  tl_infer_out (self, 1, TL_DTYPE_I64, x->rank, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlSelectArgs *args = tl_prepare_args (self, TlSelectArgs);
  const TlMeta *x = self->in[0];

  args->sort = (TlSortArgs){ .dtype = x->dtype, .descending = self->attrs[DESCENDING].i != 0, .rows = 1, .n = x->shape[x->rank - 1] };
  for (guint i = 0; i + 1 < x->rank; i++)
    args->sort.rows *= x->shape[i];
  args->first = self->attrs[FIRST].i;
  args->count = self->attrs[COUNT].i;
  self->kernel = &tl_select_kernel;
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  g_autoptr (TlTensor) zeros = tl_zeros (x->rank, x->shape, x->dtype, error);

  self->dx[0] = zeros != NULL ? tl_scatter (zeros, -1, self->out[1], self->dy[0], error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "7", "first = 3" },
  { "3,5", "first = 1, count = 3, descending = true" },
  { "2,40", "first = 38, count = 2" },
  { "i64:9<4", "first = 4" },
  { "f32:6", "first = 4, count = 2", .special = "nan" },
  { "0,3", "first = 2" },
  { NULL },
};

const TlOpClass tl_op_select_sorted = {
  .name = "select_sorted",
  .group = "sorting",
  .doc = "A part of each row in order, without sorting the rest.",
  .formula = "y = x in rising or falling order, from first to first + count - 1",
  .source = "Knuth 1998, The Art of Computer Programming 3, 5.2.5 and 5.3.3",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
};
