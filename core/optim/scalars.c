/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/scalars.h"

#include <math.h>

#include "core/base/error.h"
#include "core/kernels/kernels.h"
#include "core/kernels/update.h"

static const TlPort out_ports[] = { { "y", "the scalars" }, { NULL } };

/* The squared norm of many tensors. */

static const TlPort tensors_ports[] = { { "tensors", "of one dtype, f32 or f64", TL_PORT_VARIADIC | TL_PORT_NODIFF | TL_PORT_CONTIGUOUS }, { NULL } };

static gboolean
sum_infer (TlInfer *self,
           GError **error)
{
  for (guint i = 0; i < self->n_in; i++)
    if (!tl_infer_need_float (self, i, error) || !tl_infer_need_same_dtype (self, 0, i, error))
      return FALSE;
  tl_infer_out (self, 0, TL_DTYPE_F64, 0, NULL);
  return TRUE;
}

static gboolean
sum_prepare (TlPrepare *self,
             GError   **error)
{
  TlTensorsArgs *args = tl_prepare_args (self, TlTensorsArgs);
  int64_t       *sizes = tl_arena_new0 (self->arena, int64_t, self->n_in + 1);

  for (guint i = 0; i < self->n_in; i++)
    sizes[i] = tl_meta_get_n_elements (self->in[i]);
  *args = (TlTensorsArgs){ self->n_in > 0 ? self->in[0]->dtype : TL_DTYPE_F32, self->n_in, sizes };
  self->kernel = &tl_kernels_get ()->sum_of_squares;
  return TRUE;
}

const TlOpClass tl_op_sum_of_squares = {
  .name = "sum_of_squares",
  .doc = "Sum of the squares of all elements of many tensors.",
  .in = tensors_ports,
  .out = out_ports,
  .flags = TL_OP_INTERNAL,
  .infer = sum_infer,
  .prepare = sum_prepare,
};

/* The scalars themselves: a few f64 operations in one tile. */

enum { LR,
       STEP,
       SUM_OF_SQUARES };
enum { MAX_NORM,
       BETA1,
       BETA2 };

typedef struct {
  double max_norm;
  double beta1;
  double beta2;
} ScalarsArgs;

static void
measure (const void *args,
         TlWork     *work)
{
  work->n_phases = 1;
  work->n_tiles[0] = 1;
}

/**
 * tl_clip_share:
 * @max_norm: largest norm
 * @sum_of_squares: (nullable): the norm's square; no limit if %NULL
 *
 * As torch.nn.utils.clip_grad_norm_.
 *
 * Returns: the share of the gradients that is used, never more than 1
 */
double
tl_clip_share (double        max_norm,
               const double *sum_of_squares)
{
  double share;

  if (sum_of_squares == NULL)
    return 1;
  share = max_norm / (sqrt (*sum_of_squares) + 1e-6);
  return share < 1 ? share : 1;
}

static void
sgd_run (const void  *args_,
         void *const *data,
         void        *workspace,
         unsigned     phase,
         size_t       tile,
         void        *scratch)
{
  const ScalarsArgs *args = args_;
  TlSgdScalars      *out = data[3];

  out->lr = *(const double *)data[LR];
  out->grad_scale = tl_clip_share (args->max_norm, data[SUM_OF_SQUARES]);
  out->first_step = *(const int64_t *)data[STEP] == 1;
}

static void
adam_run (const void  *args_,
          void *const *data,
          void        *workspace,
          unsigned     phase,
          size_t       tile,
          void        *scratch)
{
  const ScalarsArgs *args = args_;
  TlAdamScalars     *out = data[3];
  double             t = (double)*(const int64_t *)data[STEP];

  out->lr = *(const double *)data[LR];
  out->grad_scale = tl_clip_share (args->max_norm, data[SUM_OF_SQUARES]);
  out->bias1 = 1 - pow (args->beta1, t);
  out->bias2 = 1 - pow (args->beta2, t);
}

static const TlKernel sgd_kernel = { measure, sgd_run };
static const TlKernel adam_kernel = { measure, adam_run };

static const TlPort scalars_ports[] = {
  { "lr", "learning rate, f64", TL_PORT_NODIFF },
  { "step", "number of the step, from 1, i64", TL_PORT_NODIFF },
  { "sum_of_squares", "of the gradients, f64", TL_PORT_NODIFF | TL_PORT_OPTIONAL },
  { NULL },
};

static const TlAttrSpec scalars_attrs[] = {
  { "max_norm", "largest norm of the gradients", TL_ATTR_FLOAT },
  { "beta1", "of Adam", TL_ATTR_FLOAT },
  { "beta2", "of Adam", TL_ATTR_FLOAT },
  { NULL },
};

static gboolean
scalars_infer (TlInfer *self,
               TlDim    n)
{
  tl_infer_out (self, 0, TL_DTYPE_F64, 1, &n);
  return TRUE;
}

static gboolean
sgd_infer (TlInfer *self,
           GError **error)
{
  return scalars_infer (self, sizeof (TlSgdScalars) / sizeof (double));
}

static gboolean
adam_infer (TlInfer *self,
            GError **error)
{
  return scalars_infer (self, sizeof (TlAdamScalars) / sizeof (double));
}

static gboolean
scalars_prepare (TlPrepare      *self,
                 const TlKernel *kernel)
{
  ScalarsArgs *args = tl_prepare_args (self, ScalarsArgs);
  gboolean     has_norm = self->n_in > SUM_OF_SQUARES && self->in[SUM_OF_SQUARES] != NULL;

  *args = (ScalarsArgs){ self->attrs[MAX_NORM].d, self->attrs[BETA1].d, self->attrs[BETA2].d };
  self->kernel = kernel;
  tl_prepare_data (self, TL_OPERAND_IN (LR), TL_OPERAND_IN (STEP), has_norm ? TL_OPERAND_IN (SUM_OF_SQUARES) : TL_OPERAND_NONE,
                   TL_OPERAND_OUT (0));
  return TRUE;
}

static gboolean
sgd_prepare (TlPrepare *self,
             GError   **error)
{
  return scalars_prepare (self, &sgd_kernel);
}

static gboolean
adam_prepare (TlPrepare *self,
              GError   **error)
{
  return scalars_prepare (self, &adam_kernel);
}

const TlOpClass tl_op_sgd_scalars = {
  .name = "sgd_scalars",
  .doc = "What a step of SGD needs to know of its number, rate and norm.",
  .in = scalars_ports,
  .out = out_ports,
  .attrs = scalars_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = sgd_infer,
  .prepare = sgd_prepare,
};

const TlOpClass tl_op_adam_scalars = {
  .name = "adam_scalars",
  .doc = "What a step of Adam needs to know of its number, rate and norm.",
  .in = scalars_ports,
  .out = out_ports,
  .attrs = scalars_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = adam_infer,
  .prepare = adam_prepare,
};

static TlTensor *
make_scalars (const TlOptimizerStep *step,
              const TlOpClass       *op,
              double                 beta1,
              double                 beta2,
              GError               **error)
{
  TlTensor         *in[] = { step->lr, step->step, step->sum_of_squares };
  const TlAttrValue values[] = { TL_FLOAT (step->max_norm), TL_FLOAT (beta1), TL_FLOAT (beta2) };

  return tl_op_apply1 (op, in, step->sum_of_squares != NULL ? 3 : 2, values, error);
}

TlTensor *
tl_sgd_scalars (const TlOptimizerStep *step,
                GError               **error)
{
  return make_scalars (step, &tl_op_sgd_scalars, 0, 0, error);
}

TlTensor *
tl_adam_scalars (const TlOptimizerStep *step,
                 double                 beta1,
                 double                 beta2,
                 GError               **error)
{
  return make_scalars (step, &tl_op_adam_scalars, beta1, beta2, error);
}

gboolean
tl_optimizer_apply (const TlOptimizerStep *step,
                    const TlOpClass       *update,
                    const TlAttrValue     *values,
                    TlTensor              *scalars,
                    GError               **error)
{
  g_autofree TlTensor **others = g_new (TlTensor *, step->n + 1);

  for (guint i = 0; i < step->n; i++)
    others[i] = step->grads[i];
  others[step->n] = scalars;
  return tl_op_update (update, step->targets, step->n * (1 + step->n_slots), others, step->n + 1, values, error);
}
