/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/op/ops.h"
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"
#include "core/optim/tensorwise.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (1e-3),
  TL_OPTIM_DECAY (0.1),
  { "momentum", "share of the old mean of gradients", TL_ATTR_FLOAT, .def = { .d = 0.95 }, .has_range = TRUE, .max = 1 },
  { "nesterov", "whether to look ahead", TL_ATTR_BOOL, .def = { .i = 1 } },
  { "ns_steps", "steps of the Newton-Schulz iteration", TL_ATTR_INT, .def = { .i = 5 }, .has_range = TRUE, .min = 1, .max = 99 },
  TL_OPTIM_EPS (1e-7),
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

enum { NS_STEPS = 4 };

static const TlOptimizerSlot slots[] = { { "momentum_buffer" }, { NULL } };

/* One step of the quintic that pulls all singular values of @x towards 1: a x + (b A + c A A) x, with A = x x'. */
static TlTensor *
pull (const TlOptimizerStep *step,
      TlTensor              *x,
      GError               **error)
{
  g_autoptr (TlTensor) across = x != NULL ? tl_transpose (x, 0, 1, error) : NULL;
  g_autoptr (TlTensor) gram = across != NULL ? tl_matmul (x, across, error) : NULL;
  g_autoptr (TlTensor) squared = gram != NULL ? tl_matmul (gram, gram, error) : NULL;
  g_autoptr (TlTensor) factor = tl_step_eval (step, "2.0315 * squared - 4.775 * gram", "squared gram", error, squared, gram);
  g_autoptr (TlTensor) product = factor != NULL ? tl_matmul (factor, x, error) : NULL;

  return tl_step_eval (step, "3.4445 * x + product", "x product", error, x, product);
}

/* Nearly the orthogonal matrix that is nearest to @g, times a number between 0.7 and 1.2. */
static TlTensor *
orthogonalize (const TlOptimizerStep *step,
               TlTensor              *g,
               gboolean               is_tall,
               GError               **error)
{
  g_autoptr (TlTensor) wide = is_tall ? tl_transpose (g, 0, 1, error) : tl_tensor_ref (g);
  g_autoptr (TlTensor) squares = tl_step_eval (step, "x * x", "x", error, wide);
  g_autoptr (TlTensor) sum = tl_sum_all (squares, error);
  g_autoptr (TlTensor) share = tl_step_eval (step, "1 / max (sqrt (sum), eps)", "sum", error, sum);
  TlTensor            *x = tl_step_eval (step, "x * share", "x share", error, wide, share);

  for (gint64 i = 0; x != NULL && i < step->attrs[NS_STEPS].i; i++) {
    TlTensor *next = pull (step, x, error);

    tl_tensor_unref (x);
    x = next;
  }
  if (x != NULL && is_tall) {
    TlTensor *tall = tl_transpose (x, 0, 1, error);

    tl_tensor_unref (x);
    x = tall;
  }
  return x;
}

static gboolean
update (TlTensorStep *self,
        GError      **error)
{
  const TlOptimizerStep *step = self->step;
  const TlMeta          *meta = tl_tensor_get_meta (self->now[0]);
  double                 rows, columns;
  TlTensor              *m;
  g_autoptr (TlTensor)   ahead = NULL;
  g_autoptr (TlTensor)   direction = NULL;
  g_autoptr (TlTensor)   scale = NULL;

  if (meta->rank != 2) {
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "Muon: parameter %s has %u axes: it trains matrices; give the others to another optimizer",
                 self->path, meta->rank);
    return FALSE;
  }
  rows = (double)meta->shape[0];
  columns = (double)meta->shape[1];
  scale = tl_tensor_new_number (rows > columns && columns > 0 ? rows / columns : 1, FALSE);
  m = self->next[1] = tl_step_eval (step, "m + (1 - momentum) * (g - m)", "m g", error, self->now[1], self->g);
  ahead = tl_step_eval (step, "select (nesterov, g + momentum * (m - g), m)", "m g", error, m, self->g);
  direction = ahead != NULL ? orthogonalize (step, ahead, rows > columns, error) : NULL;
  self->next[0] = tl_step_eval (step, "p * (1 - lr * weight_decay) - lr * sqrt (scale) * direction", "p lr scale direction", error,
                                self->now[0], self->lr, scale, direction);
  return self->next[0] != NULL;
}

static gboolean
step (TlOptimizerStep *self,
      GError         **error)
{
  return tl_tensorwise_step (self, update, error);
}

const TlOptimizerClass tl_optimizer_Muon = {
  .name = "Muon",
  .doc = "Momentum made orthogonal, for matrices inside a network; vectors and embeddings want another optimizer.",
  .formula = "p = p - lr sqrt (max (1, rows / columns)) U V', with m = U S V'",
  .source = "Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks; attributes as torch.optim.Muon",
  .attrs = attrs,
  .slots = slots,
  .step = step,
};
