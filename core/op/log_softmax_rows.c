/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/kernels/softmax.h"
#include "core/op/common.h"

static const TlPort ports[] = { { "x", "floating", TL_PORT_CONTIGUOUS }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_float (self, 0, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static void
fill_args (const TlMeta  *x,
           TlSoftmaxArgs *args)
{
  args->dtype = x->dtype;
  args->cols = x->rank > 0 ? x->shape[x->rank - 1] : 1;
  args->rows = args->cols > 0 ? tl_meta_get_n_elements (x) / args->cols : 0;
  args->stride[0] = args->stride[1] = args->stride[2] = args->cols;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  fill_args (self->in[0], tl_prepare_args (self, TlSoftmaxArgs));
  self->kernel = &tl_kernels_get ()->log_softmax_forward;
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *in[] = { self->out[0], self->dy[0] };

  self->dx[0] = tl_op_apply1 (&tl_op_log_softmax_grad, in, 2, NULL, error);
  return self->dx[0] != NULL;
}

/* The largest element is subtracted, so that nothing overflows; it cancels, so no gradient flows through it. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  static const gint    last = -1;
  g_autoptr (TlTensor) top = tl_amax (self->in[0], &last, 1, TRUE, error);
  g_autoptr (TlTensor) still = top != NULL ? tl_detach (top) : NULL;
  g_autoptr (TlTensor) x = tl_map_text ("a - b", error, 2, self->in[0], still);
  g_autoptr (TlTensor) e = tl_map_text ("exp (a)", error, 1, x);
  g_autoptr (TlTensor) sum = e != NULL ? tl_sum (e, &last, 1, TRUE, error) : NULL;

  self->dx[0] = tl_map_text ("a - log (b)", error, 2, x, sum);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4" }, { "2,3,4", .low = -4, .high = 4 }, { "5" }, { "1" }, { "0,3" }, { NULL } };

const TlOpClass tl_op_log_softmax_rows = {
  .name = "log_softmax_rows",
  .group = "activation",
  .doc = "Log-softmax along the last axis.",
  .formula = "y = x - ln sum e^x",
  .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
  .in = ports,
  .flags = TL_OP_INTERNAL,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .decompose = decompose,
  .samples = samples,
};

/* Its gradient, as an operation of its own. */

static const TlPort grad_ports[] = {
  { "y", "of the forward pass", TL_PORT_CONTIGUOUS },
  { "dy", "its gradient", TL_PORT_CONTIGUOUS },
  { NULL },
};

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  fill_args (self->in[0], tl_prepare_args (self, TlSoftmaxArgs));
  self->kernel = &tl_kernels_get ()->log_softmax_backward;
  return TRUE;
}

const TlOpClass tl_op_log_softmax_grad = {
  .name = "log_softmax_grad",
  .doc = "Gradient of log_softmax.",
  .in = grad_ports,
  .flags = TL_OP_INTERNAL,
  .infer = infer,
  .prepare = grad_prepare,
};
