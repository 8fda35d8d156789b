/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/data-sized.h"

static const TlPort out_ports[] = { { "indices", "`[n, axes]`, i64", TL_PORT_NODIFF }, { NULL } };
static const TlPort ports[] = { { "x", "any tensor", TL_PORT_NODIFF }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  tl_infer_out (self, 0, TL_DTYPE_I64, 2, (const TlDim[]){ tl_dim_symbol ("nonzero"), self->in[0]->rank });
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  g_autoptr (TlTensor) zero = tl_tensor_new_number (0, TRUE);
  g_autoptr (TlTensor) mask = tl_ne (self->in[0], zero, error);
  g_autoptr (GArray)   found = mask != NULL ? tl_find_true (mask, error) : NULL;
  gint64              *to;

  if (found == NULL)
    return FALSE;
  self->dx[0] = tl_tensor_new (TL_DTYPE_I64, 2, (const TlDim[]){ found->len, x->rank }, error);
  if (self->dx[0] == NULL)
    return FALSE;
  to = tl_tensor_peek_data (self->dx[0]);
  for (guint i = 0; i < found->len; i++) {
    gint64 at = g_array_index (found, gint64, i);

    for (guint axis = x->rank; axis-- > 0;) {
      to[(gsize)i * x->rank + axis] = at % x->shape[axis];
      at /= x->shape[axis];
    }
  }
  return TRUE;
}

static const TlSample samples[] = { { "bool:3,4" }, { "i64:5<2" }, { "2,3" }, { "bool:0" }, { "bool:" }, { NULL } };

const TlOpClass tl_op_nonzero = {
  .name = "nonzero",
  .group = "index",
  .doc = "Positions of the elements that are not zero. Its size depends on values, so it cannot stand in a planned step.",
  .formula = "y = [i, j, ...] where x[i, j, ...] != 0",
  .source = "elementary",
  .in = ports,
  .out = out_ports,
  .flags = TL_OP_DATA_SIZED,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "NonZero", 13 },
  .torch = "torch.nonzero(x0)",
};
