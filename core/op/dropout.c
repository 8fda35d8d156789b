/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/kernels/philox.h"
#include "core/op/common.h"
#include "core/op/random-common.h"

enum { X,
       CALL };
enum { P,
       SEED,
       STREAM };

static const TlPort ports[] = {
  { "x", "floating", TL_PORT_CONTIGUOUS },
  { "call", "number of the call, i64 without axes", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "p", "probability of zero", TL_ATTR_FLOAT, .def = { .d = 0.5 }, .has_range = TRUE, .min = 0, .max = 1 },
  { "seed", "of the document", TL_ATTR_INT },
  { "stream", "of the owner", TL_ATTR_INT },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_float (self, X, error) || !tl_random_infer_call (self, CALL, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[X]->dtype, self->in[X]->rank, self->in[X]->shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlDropoutArgs *args = tl_prepare_args (self, TlDropoutArgs);

  args->dtype = self->in[X]->dtype;
  args->key = tl_philox_key ((guint64)self->attrs[SEED].i, (guint64)self->attrs[STREAM].i);
  args->n = tl_meta_get_n_elements (self->in[X]);
  args->p = self->attrs[P].d;
  self->kernel = &tl_kernels_get ()->dropout;
  tl_prepare_data (self, TL_OPERAND_IN (CALL), TL_OPERAND_IN (X), TL_OPERAND_OUT (0));
  return TRUE;
}

/* The same elements are kept, by the same numbers. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *in[] = { self->dy[0], self->in[CALL] };

  self->dx[X] = tl_op_apply1 (&tl_op_dropout, in, 2, self->attrs, error);
  return self->dx[X] != NULL;
}

/**
 * tl_dropout:
 * @x: a floating tensor
 * @p: probability of zero
 * @counter: (nullable): the call counter of the owner; the context's if %NULL
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): @x with each element set to zero or divided by `1 - p`, or %NULL
 */
TlTensor *
tl_dropout (TlTensor   *x,
            double      p,
            TlVariable *counter,
            GError    **error)
{
  TlTensor            *in[2] = { x };
  TlAttrValue          values[] = { TL_FLOAT (p), TL_INT (0), TL_INT (0) };
  g_autoptr (TlTensor) call = tl_random_begin (counter, &values[SEED], &values[STREAM], error);

  if (call == NULL)
    return NULL;
  in[CALL] = call;
  return tl_op_apply1 (&tl_op_dropout, in, 2, values, error);
}

static const TlSample samples[] = { { "3,4; i64:<9" }, { "2,3,40; i64:<9", "p = 0.2, seed = 7, stream = 3" }, { "4; i64:<9", "p = 0" }, { "4; i64:<9", "p = 1" }, { "0; i64:<9" }, { NULL } };

const TlOpClass tl_op_dropout = {
  .name = "dropout",
  .group = "random",
  .doc = "Random elements set to zero, the others scaled so that the mean stays.",
  .formula = "y = 0 with probability p, else x / (1 - p)",
  .source = "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "Dropout", 1 },
};
