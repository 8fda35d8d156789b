/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort out_ports[] = { { "counts", "i64", TL_PORT_NODIFF }, { NULL } };
static const TlPort ports[] = { { "x", "whole numbers from 0 on, `[n]`", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = { { "minlength", "smallest size of the result", TL_ATTR_INT, .has_range = TRUE, .min = 0, .max = 1e9 }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_rank (self, 0, 1, 1, error) || !tl_infer_need_index (self, 0, error))
    return FALSE;
  tl_infer_out (self, 0, TL_DTYPE_I64, 1, (const TlDim[]){ tl_dim_symbol ("bins") });
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) wide = tl_cast (self->in[0], TL_DTYPE_I64, error);
  g_autoptr (TlTensor) plain = wide != NULL ? tl_contiguous (wide, error) : NULL;
  gint64               n, most = self->attrs[0].i - 1, *counts;
  const gint64        *x;

  if (plain == NULL)
    return FALSE;
  n = (gint64)tl_tensor_get_n_elements (plain);
  x = tl_tensor_peek_data (plain);
  for (gint64 i = 0; i < n; i++) {
    if (x[i] < 0 || x[i] > 1000000000) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "bincount: element %" G_GINT64_FORMAT " is %" G_GINT64_FORMAT ", not between 0 and 1e9", i, x[i]);
      return FALSE;
    }
    most = MAX (most, x[i]);
  }
  self->dx[0] = tl_zeros (1, (const TlDim[]){ most + 1 }, TL_DTYPE_I64, error);
  if (self->dx[0] == NULL)
    return FALSE;
  counts = tl_tensor_peek_data (self->dx[0]);
  for (gint64 i = 0; i < n; i++)
    counts[x[i]]++;
  return TRUE;
}

static const TlSample samples[] = { { "i64:9<5" }, { "u8:4<3", "minlength = 6" }, { "i32:0" }, { NULL } };

const TlOpClass tl_op_bincount = {
  .name = "bincount",
  .group = "sorting",
  .doc = "How often each whole number occurs. Its size depends on values, so it cannot stand in a planned step.",
  .formula = "y[v] = number of i with x[i] = v",
  .source = "elementary",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .flags = TL_OP_DATA_SIZED,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.bincount(x0, minlength=minlength)",
};
