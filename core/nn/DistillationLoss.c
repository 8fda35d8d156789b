/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/loss-common.h"
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "logits of the student `[n, classes]`" },
  { "target", "class of each row `[n]`, from 0: i64, i32 or u8", TL_PORT_NODIFF },
  { "teacher", "logits of the teacher, of the shape of x", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "temperature", "what both logits are divided by", TL_ATTR_FLOAT, .def = { .d = 4 }, .has_range = TRUE, .min = 1e-6, .max = 1e6 },
  { "alpha", "share of the teacher in the loss; the rest is the cross entropy of the classes", TL_ATTR_FLOAT, .def = { .d = 0.5 }, .has_range = TRUE, .max = 1 },
  { NULL },
};

enum { X,
       TARGET,
       TEACHER };
enum { TEMPERATURE,
       ALPHA };

/* log softmax (x / T) */
static TlTensor *
soften (TlTensor *x,
        double    temperature,
        GError  **error)
{
  g_autoptr (TlTensor) cool = tl_map_numbers ("a / b", &x, 1, &temperature, 1, error);

  return cool != NULL ? tl_log_softmax (cool, -1, error) : NULL;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  static const gint    last = -1;
  double               numbers[] = { self->attrs[ALPHA].d, self->attrs[TEMPERATURE].d };
  const TlMeta        *x = tl_tensor_get_meta (self->in[X]);
  g_autoptr (TlTensor) teacher = NULL;
  g_autoptr (TlTensor) soft_x = NULL;
  g_autoptr (TlTensor) soft_teacher = NULL;
  g_autoptr (TlTensor) terms = NULL;
  g_autoptr (TlTensor) rows = NULL;
  g_autoptr (TlTensor) soft = NULL;
  g_autoptr (TlTensor) hard = NULL;

  if (x->rank != 2 || !tl_meta_same_shape (x, tl_tensor_get_meta (self->in[TEACHER]))) {
    g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *b = tl_shape_to_string (tl_tensor_get_shape (self->in[TEACHER]), tl_tensor_get_rank (self->in[TEACHER]));

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "logits [n, classes] of student and teacher are wanted, not %s and %s", a, b);
  }
  teacher = tl_detach (self->in[TEACHER]);
  soft_x = soften (self->in[X], numbers[1], error);
  soft_teacher = soft_x != NULL ? soften (teacher, numbers[1], error) : NULL;
  terms = soft_teacher != NULL ? tl_map_text ("exp (b) * (b - a)", error, 2, soft_x, soft_teacher) : NULL;
  rows = terms != NULL ? tl_sum (terms, &last, 1, FALSE, error) : NULL;
  soft = rows != NULL ? tl_mean (rows, NULL, 0, FALSE, error) : NULL;
  hard = soft != NULL ? tl_cross_entropy (self->in[X], self->in[TARGET], TL_REDUCTION_MEAN, error) : NULL;
  if (hard == NULL)
    return FALSE;
  self->out[0] = tl_map_numbers ("c * d * d * a + (1 - c) * b", (TlTensor *[]){ soft, hard }, 2, numbers, 2, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "4,5; i64:4<5; 4,5" },
  { "3,4; i64:3<4; 3,4", "temperature = 2, alpha = 0.9" },
  { "3,4; i64:3<4; 3,4", "alpha = 0" },
  { NULL },
};

const TlLayerClass tl_layer_DistillationLoss = {
  .name = "DistillationLoss",
  .group = "loss",
  .doc = "Knowledge distillation: a student learns the softened probabilities of a teacher, and the classes.",
  .formula = "loss = alpha T^2 KL (softmax (teacher / T) || softmax (x / T)) + (1 - alpha) cross entropy (x, target), means over rows",
  .source = "Hinton, Vinyals & Dean 2015, arXiv:1503.02531",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_LOSS | TL_LAYER_CLASSES,
  .forward = forward,
  .samples = samples,
  .torch = "alpha * temperature ** 2 * F.kl_div(F.log_softmax(x0 / temperature, -1), F.softmax(x2 / temperature, -1), reduction='batchmean') + (1 - alpha) * F.cross_entropy(x0, x1)",
};
