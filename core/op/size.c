/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/copy.h"
#include "core/kernels/kernels.h"
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "size", "a size, which may be symbolic", TL_ATTR_INTS, .required = TRUE },
  { "dtype", "of the result", TL_ATTR_DTYPE },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  tl_infer_out (self, 0, (TlDType)self->attrs[1].i, 0, NULL);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlFillArgs *args = tl_prepare_args (self, TlFillArgs);

  args->dtype = self->out[0].dtype;
  args->value = (double)self->attrs[0].v[0];
  args->int_value = self->attrs[0].v[0];
  self->kernel = &tl_kernels_get ()->fill;
  return TRUE;
}

/**
 * tl_size:
 * @size: a size, which may be symbolic
 * @dtype: element type
 * @error: return location for an error
 *
 * Returns: (transfer full): the size as a number to compute with, or %NULL
 */
TlTensor *
tl_size (TlDim    size,
         TlDType  dtype,
         GError **error)
{
  const TlAttrValue values[] = { TL_INTS1 (size), TL_INT (dtype) };

  if (!tl_dim_is_symbolic (size))
    return tl_tensor_new_number ((double)size, !tl_dtype_is_float (dtype));
  return tl_op_apply1 (&tl_op_size, NULL, 0, values, error);
}

static const TlSample samples[] = { { "", "size = {7}" }, { NULL } };

const TlOpClass tl_op_size = {
  .name = "size",
  .group = "creation",
  .doc = "A size as a number to compute with.",
  .formula = "y = size",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
  .samples = samples,
};
