/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/ops.h"
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"
#include "core/optim/tensorwise.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (1e-2),
  { "beta2_decay", "exponent with which old means of squares lose weight", TL_ATTR_FLOAT, .def = { .d = -0.8 }, .has_range = TRUE, .min = -G_MAXDOUBLE, .max = 0 },
  { "eps2", "smallest size that a parameter is taken to have", TL_ATTR_FLOAT, .def = { .d = 1e-3 }, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "d", "largest root mean square of an update", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 1, .max = G_MAXDOUBLE },
  TL_OPTIM_DECAY (0),
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "row_var" }, { "col_var" }, { NULL } };

/*
 * A matrix (the last two axes) keeps the mean squares of its rows and of its columns; a vector keeps its own in the first slot.
 */
static void
slot_meta (guint         slot,
           const TlMeta *parameter,
           TlMeta       *meta)
{
  TlDim shape[TL_MAX_RANK] = { 0 };
  guint rank = slot == 1 ? MAX (1, parameter->rank) : parameter->rank;

  if (slot == 0 || parameter->rank >= 2)
    memcpy (shape, parameter->shape, parameter->rank * sizeof *shape);
  if (parameter->rank >= 2)
    shape[parameter->rank - (slot == 0 ? 1 : 2)] = 1;
  tl_meta_init (meta, parameter->dtype, rank, shape);
}

static TlTensor *
mean_along (TlTensor *x,
            gint      axis,
            GError  **error)
{
  return x != NULL ? tl_mean (x, &axis, 1, TRUE, error) : NULL;
}

/* The estimate of the mean squares of all elements. */
static TlTensor *
estimate (TlTensorStep *self,
          TlTensor     *tiny,
          GError      **error)
{
  const TlOptimizerStep *step = self->step;
  g_autoptr (TlTensor)   squares = tl_step_eval (step, "g * g", "g", error, self->g);
  g_autoptr (TlTensor)   share = tl_step_eval (step, "pow (t, beta2_decay)", "t", error, self->t);
  g_autoptr (TlTensor)   rows = NULL;
  g_autoptr (TlTensor)   columns = NULL;
  g_autoptr (TlTensor)   mean = NULL;

  if (tl_tensor_get_meta (self->g)->rank < 2) {
    self->next[1] = tl_step_eval (step, "v + share * (s - v)", "v s share", error, self->now[1], squares, share);
    self->next[2] = tl_tensor_ref (self->now[2]);
    return self->next[1] != NULL ? tl_tensor_ref (self->next[1]) : NULL;
  }
  rows = mean_along (squares, -1, error);
  columns = mean_along (squares, -2, error);
  self->next[1] = tl_step_eval (step, "v + share * (s - v)", "v s share", error, self->now[1], rows, share);
  self->next[2] = tl_step_eval (step, "v + share * (s - v)", "v s share", error, self->now[2], columns, share);
  mean = mean_along (self->next[1], -2, error);
  return tl_step_eval (step, "row * column / max (mean, tiny)", "row column mean tiny", error, self->next[1], self->next[2], mean, tiny);
}

static gboolean
update (TlTensorStep *self,
        GError      **error)
{
  const TlOptimizerStep *step = self->step;
  TlTensor              *p = self->now[0];
  const TlMeta          *meta = tl_tensor_get_meta (p);
  g_autoptr (TlTensor)   n = tl_tensor_new_number ((double)MAX (1, tl_meta_get_n_elements (meta)), FALSE);
  g_autoptr (TlTensor)   tiny = tl_tensor_new_number (meta->dtype == TL_DTYPE_F64 ? 2.220446049250313e-16 : 1.1920928955078125e-07, FALSE);
  g_autoptr (TlTensor)   var = estimate (self, tiny, error);
  g_autoptr (TlTensor)   u = tl_step_eval (step, "g * rsqrt (max (var, tiny * tiny))", "g var tiny", error, self->g, var, tiny);
  g_autoptr (TlTensor)   uu = tl_step_eval (step, "u * u", "u", error, u);
  g_autoptr (TlTensor)   pp = tl_step_eval (step, "p * p", "p", error, p);
  g_autoptr (TlTensor)   length = tl_sum_all (uu, error);
  g_autoptr (TlTensor)   size = tl_sum_all (pp, error);
  g_autoptr (TlTensor)   rate = tl_step_eval (step, "max (eps2, sqrt (size / n)) * min (lr, rsqrt (t)) / max (1, sqrt (length / n) / d)",
                                              "size length n lr t", error, size, length, n, self->lr, self->t);

  self->next[0] = tl_step_eval (step, "p * (1 - lr * weight_decay) - rate * u", "p lr rate u", error, p, self->lr, rate, u);
  return self->next[0] != NULL;
}

static gboolean
step (TlOptimizerStep *self,
      GError         **error)
{
  return tl_tensorwise_step (self, update, error);
}

const TlOptimizerClass tl_optimizer_Adafactor = {
  .name = "Adafactor",
  .doc = "Adam with the memory of rows and columns alone.",
  .formula = "p = p - lr max (eps2, |p|) u / max (1, |u| / d), with u = g / sqrt (row column / mean)",
  .source = "Shazeer & Stern 2018, arXiv:1804.04235; attributes as torch.optim.Adafactor",
  .attrs = attrs,
  .slots = slots,
  .slot_meta = slot_meta,
  .step = step,
};
