/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"
#include "core/op/ops.h"

static const char *const reductions[] = { "none", "mean", "sum", NULL };

static const TlPort ports[] = {
  { "x", "logits `[n, classes, ...]`" },
  { "target", "class of each row `[n, ...]`, from 0: i64, i32 or u8", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "reduction", "how the rows' losses are put together", TL_ATTR_ENUM, .def = { .i = TL_REDUCTION_MEAN }, .names = reductions },
  { "ignore_index", "a target that does not count", TL_ATTR_INT, .def = { .i = -100 } },
  { "label_smoothing", "share of the target that is spread over all classes", TL_ATTR_FLOAT, .has_range = TRUE, .max = 1 },
  { NULL },
};

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

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) x = classes_last (self->in[0], error);
  TlTensor            *in[] = { x, self->in[1] };

  return x != NULL && tl_layer_apply (self, in, 2, error);
}

static const TlSample samples[] = {
  { "4,5; i64:4<5" },
  { "2,5,3; i64:2,3<5", "reduction = sum" },
  { "4,5; i64:4<5", "reduction = none, label_smoothing = 0.1" },
  { NULL },
};

const TlLayerClass tl_layer_CrossEntropyLoss = {
  .name = "CrossEntropyLoss",
  .group = "loss",
  .doc = "Cross entropy of logits against classes.",
  .formula = "loss = mean -log softmax (x)[target]",
  .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28; label smoothing: Szegedy et al. 2016, arXiv:1512.00567",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_LOSS | TL_LAYER_CLASSES,
  .op = "cross_entropy",
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.CrossEntropyLoss(reduction=reduction, ignore_index=ignore_index, label_smoothing=label_smoothing)",
};
