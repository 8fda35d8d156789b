/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/sort-common.h"

static const TlAttrSpec attrs[] = { TL_SORT_DIM, { "descending", "whether the largest comes first", TL_ATTR_BOOL }, { NULL } };
static const TlPort     out_ports[] = { { "indices", "where the elements were along dim, i64", TL_PORT_NODIFF }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_sort_check (self, self->attrs[0].i, error))
    return FALSE;
  tl_infer_out (self, 0, TL_DTYPE_I64, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_sort (self->in[0], self->attrs[0].i, self->attrs[1].i != 0, NULL, &self->dx[0], error);
}

static const TlSample samples[] = { { "7" }, { "3,5", "dim = 0, descending = true" }, { "2,3,4", "dim = -2" }, { "" }, { "i64:9<4" }, { "3,0" }, { NULL } };

const TlOpClass tl_op_argsort = {
  .name = "argsort",
  .group = "sorting",
  .doc = "Positions that put the elements along an axis in order; equal ones keep their order.",
  .formula = "x[y[i]] rises with i",
  .source = "Knuth 1998, The Art of Computer Programming 3, 5.2.5",
  .in = tl_ports_x,
  .out = out_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.argsort(x0, dim=dim, descending=descending, stable=True)",
};
