/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/loss-common.h"
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "logits `[n, classes, ...]`, or `[classes]`" },
  { "target", "class of each element `[n, ...]`, from 0: i64, i32 or u8; or probabilities of the shape of x", TL_PORT_NODIFF },
  { "weight", "factor of each class `[classes]`, instead of the attribute", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_LAYER_CLASS_WEIGHT,
  { "ignore_index", "a target that does not count", TL_ATTR_INT, .def = { .i = -100 } },
  TL_LOSS_LAYER_REDUCTION,
  { "label_smoothing", "share of the target that is spread over all classes", TL_ATTR_FLOAT, .has_range = TRUE, .max = 1 },
  { NULL },
};

enum { X,
       TARGET,
       WEIGHT };
enum { A_WEIGHT,
       A_IGNORE_INDEX,
       A_REDUCTION,
       A_LABEL_SMOOTHING };

/* Classes stand on axis 1; the operation wants them last. */
static TlTensor *
classes_last (TlTensor *x,
              GError  **error)
{
  guint rank = tl_tensor_get_rank (x);
  guint axes[TL_TENSOR_MAX_RANK];

  if (rank < 3)
    return tl_tensor_ref (x);
  for (guint i = 0; i < rank; i++)
    axes[i] = i == 0 ? 0 : i + 1 < rank ? i + 1
                                        : 1;
  return tl_permute (x, axes, error);
}

/* The target, with a share of it spread over all classes. */
static TlTensor *
smooth_target (TlTensor *target,
               double    smoothing,
               GError  **error)
{
  TlDim                n_classes = tl_tensor_get_shape (target)[tl_tensor_get_rank (target) - 1];
  const double         numbers[2] = { smoothing, smoothing / (double)MAX (n_classes, 1) };
  g_autoptr (TlTensor) n = NULL;

  if (smoothing == 0)
    return tl_tensor_ref (target);
  if (!tl_dim_is_symbolic (n_classes))
    return tl_map_numbers ("(1 - b) * a + c", &target, 1, numbers, 2, error);
  n = tl_size (n_classes, tl_tensor_get_dtype (target), error);
  return n != NULL ? tl_map_numbers ("(1 - c) * a + c / b", (TlTensor *[]){ target, n }, 2, numbers, 1, error) : NULL;
}

/* The mean is over all elements that have a distribution, whatever their weights, as in PyTorch. */
static TlTensor *
against_probabilities (TlLayerForward *self,
                       GError        **error)
{
  static const gint    last = -1;
  g_autoptr (TlTensor) weight = NULL;
  g_autoptr (TlTensor) x = classes_last (self->in[X], error);
  g_autoptr (TlTensor) target = x != NULL ? classes_last (self->in[TARGET], error) : NULL;
  g_autoptr (TlTensor) logp = target != NULL ? tl_log_softmax (x, -1, error) : NULL;
  g_autoptr (TlTensor) smooth = NULL;
  g_autoptr (TlTensor) terms = NULL;
  g_autoptr (TlTensor) rows = NULL;

  if (logp == NULL || !tl_loss_get_factor (self, WEIGHT, A_WEIGHT, &weight, error))
    return NULL;
  smooth = smooth_target (target, self->attrs[A_LABEL_SMOOTHING].d, error);
  if (smooth == NULL)
    return NULL;
  terms = weight != NULL ? tl_map_text ("-(a * b * c)", error, 3, smooth, logp, weight) : tl_map_text ("-(a * b)", error, 2, smooth, logp);
  rows = terms != NULL ? tl_sum (terms, &last, 1, FALSE, error) : NULL;
  return tl_reduce_loss (rows, (TlReduction)self->attrs[A_REDUCTION].i, error);
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  const TlMeta        *target = tl_tensor_get_meta (self->in[TARGET]);
  g_autoptr (TlTensor) x = NULL;

  if (tl_dtype_is_float (target->dtype) && tl_meta_same_shape (target, tl_tensor_get_meta (self->in[X])) && target->rank > 0) {
    self->out[0] = against_probabilities (self, error);
    return self->out[0] != NULL;
  }
  x = classes_last (self->in[X], error);
  return x != NULL && tl_loss_apply (self, (TlTensor *[]){ x, self->in[TARGET], self->n_in > WEIGHT ? self->in[WEIGHT] : NULL }, 3, error);
}

static const TlSample samples[] = {
  { "4,5; i64:4<5" },
  { "2,5,3; i64:2,3<5", "reduction = sum" },
  { "4,5; i64:4<5", "reduction = none, label_smoothing = 0.1" },
  { "2,3,2,2; i64:2,2,2<3", "weight = {1, 0.5, 2}, ignore_index = 1, label_smoothing = 0.2" },
  { "4,3; i64:4<3; 3", .low = 0.1, .high = 1 },
  { "4,3; 4,3", .low = 0.1, .high = 1 },
  { "2,3,4; 2,3,4; 3", "label_smoothing = 0.2, reduction = none", .low = 0.1, .high = 1 },
  { "2,3; 2,3", "weight = {1, 0.5, 2}, reduction = sum", .low = 0.1, .high = 1 },
  { NULL },
};

const TlLayerClass tl_layer_CrossEntropyLoss = {
  .name = "CrossEntropyLoss",
  .group = "loss",
  .doc = "Cross entropy of logits against classes, or against probabilities.",
  .formula = "loss = mean -weight[target] log softmax (x)[target]",
  .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28; label smoothing: Szegedy et al. 2016, arXiv:1512.00567",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_LOSS | TL_LAYER_CLASSES,
  .op = "cross_entropy",
  .forward = forward,
  .samples = samples,
  .torch = "F.cross_entropy(x0, x1, torch.tensor(weight, dtype=torch.float64) if weight else (x[2] if len(x) > 2 else None), ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing)",
};
