/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/loss-common.h"
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "scores `[n, classes]`, or `[classes]`" },
  { "target", "the right classes of each row, then -1, of the shape of x: i64 or i32", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_LAYER_REDUCTION,
  { NULL },
};

enum { X,
       TARGET };

/* 1 for each target in front of the first that is negative. */
static TlTensor *
find_valid (TlTensor *target,
            TlDType   dtype,
            GError  **error)
{
  const TlOpClass     *op = tl_op_find ("cumprod");
  TlAttrValue          values[TL_OP_MAX_ATTRS];
  g_autoptr (TlTensor) is_class = tl_map_text ("a >= 0", error, 1, target);
  g_autoptr (TlTensor) numbers = is_class != NULL ? tl_cast (is_class, dtype, error) : NULL;

  tl_attr_init_defaults (op->attrs, values);
  if (numbers == NULL || !tl_attr_set (op->name, op->attrs, values, "dim", &TL_INPUT_INT (-1), error))
    return NULL;
  return tl_op_apply1 (op, &numbers, 1, values, error);
}

/* 1 for each class that is none of the targets. */
static TlTensor *
find_wrong (TlTensor *index,
            TlTensor *valid,
            TlDim     n_classes,
            GError  **error)
{
  static const gint    targets = -2;
  g_autoptr (TlTensor) hot = tl_one_hot (index, n_classes, tl_tensor_get_dtype (valid), error);
  g_autoptr (TlTensor) wide = hot != NULL ? tl_unsqueeze (valid, -1, error) : NULL;
  g_autoptr (TlTensor) right = wide != NULL ? tl_mul (hot, wide, error) : NULL;
  g_autoptr (TlTensor) any = right != NULL ? tl_amax (right, &targets, 1, FALSE, error) : NULL;

  return tl_map_text ("1 - a", error, 1, any);
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  static const gint    pairs[] = { -2, -1 };
  const TlMeta        *x = tl_tensor_get_meta (self->in[X]);
  TlDim                n_classes = x->rank > 0 ? x->shape[x->rank - 1] : 0;
  g_autoptr (TlTensor) valid = NULL;
  g_autoptr (TlTensor) index = NULL;
  g_autoptr (TlTensor) wrong = NULL;
  g_autoptr (TlTensor) right_scores = NULL;
  g_autoptr (TlTensor) columns = NULL;
  g_autoptr (TlTensor) valid_columns = NULL;
  g_autoptr (TlTensor) scores = NULL;
  g_autoptr (TlTensor) wrong_rows = NULL;
  g_autoptr (TlTensor) size = NULL;
  g_autoptr (TlTensor) terms = NULL;
  g_autoptr (TlTensor) rows = NULL;

  if (x->rank < 1 || x->rank > 2 || !tl_meta_same_shape (x, tl_tensor_get_meta (self->in[TARGET]))) {
    g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "scores and targets [n, classes] of one shape are wanted, not %s", shape);
  }
  valid = find_valid (self->in[TARGET], x->dtype, error);
  index = valid != NULL ? tl_map_text ("max (a, 0)", error, 1, self->in[TARGET]) : NULL;
  wrong = index != NULL ? find_wrong (index, valid, n_classes, error) : NULL;
  right_scores = wrong != NULL ? tl_gather (self->in[X], -1, index, error) : NULL;
  columns = right_scores != NULL ? tl_unsqueeze (right_scores, -1, error) : NULL;
  valid_columns = columns != NULL ? tl_unsqueeze (valid, -1, error) : NULL;
  scores = valid_columns != NULL ? tl_unsqueeze (self->in[X], -2, error) : NULL;
  wrong_rows = scores != NULL ? tl_unsqueeze (wrong, -2, error) : NULL;
  if (wrong_rows == NULL)
    return FALSE;
  size = tl_size (n_classes, x->dtype, error);
  terms = size != NULL ? tl_map_text ("b * d * max (0, 1 - a + c) / e", error, 5, columns, valid_columns, scores, wrong_rows, size) : NULL;
  rows = terms != NULL ? tl_sum (terms, pairs, 2, FALSE, error) : NULL;
  self->out[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[0].i, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4; i64:3,4<4" },
  { "2,3; i64:2,3<3", "reduction = sum" },
  { "4; i64:4<4", "reduction = none" },
  { NULL },
};

const TlLayerClass tl_layer_MultiLabelMarginLoss = {
  .name = "MultiLabelMarginLoss",
  .group = "loss",
  .doc = "Loss of scores of wrong classes that come nearer than 1 to any of the right ones.",
  .formula = "loss = sum of max (0, 1 - x[j] + x[i]) over right classes j and wrong ones i / classes",
  .source = "Zhang & Zhou 2006, doi:10.1109/TKDE.2006.162",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_LOSS,
  .forward = forward,
  .samples = samples,
  .torch = "F.multilabel_margin_loss(x0, x1, reduction=reduction)",
};
