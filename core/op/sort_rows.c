/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/sort.h"
#include "core/op/common.h"

static const TlPort ports[] = { { "x", "`[..., n]`", TL_PORT_CONTIGUOUS }, { NULL } };
static const TlPort out_ports[] = { { "values", "sorted" }, { "indices", "where they were, i64", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = { { "descending", "whether the largest comes first", TL_ATTR_BOOL }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];

  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  tl_infer_out (self, 1, TL_DTYPE_I64, x->rank, x->shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlSortArgs   *args = tl_prepare_args (self, TlSortArgs);
  const TlMeta *x = self->in[0];

  *args = (TlSortArgs){ .dtype = x->dtype, .descending = self->attrs[0].i != 0, .rows = 1, .n = 1 };
  for (guint i = 0; i + 1 < x->rank; i++)
    args->rows *= x->shape[i];
  if (x->rank > 0)
    args->n = x->shape[x->rank - 1];
  self->kernel = &tl_sort_kernel;
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
  { "7" },
  { "3,5", "descending = true" },
  { "2,40" },
  { "i64:9<4" },
  { "" },
  { "3,0" },
  { NULL },
};

const TlOpClass tl_op_sort_rows = {
  .name = "sort_rows",
  .group = "sorting",
  .doc = "Rows in order: the kernel behind sort.",
  .formula = "y = x in rising or falling order",
  .source = "Knuth 1998, The Art of Computer Programming 3, 5.2.5",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
};
