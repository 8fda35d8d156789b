/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { X,
       TARGETS,
       INPUT_LENGTHS,
       TARGET_LENGTHS };
enum { BLANK,
       REDUCTION,
       ZERO_INFINITY };

static const TlPort ports[] = {
  { "x", "logarithms of probabilities `[steps, n, classes]`, floating" },
  { "targets", "letters `[n, longest]`, i64", TL_PORT_NODIFF },
  { "input_lengths", "steps of each example `[n]`, i64", TL_PORT_NODIFF },
  { "target_lengths", "letters of each example `[n]`, i64", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "blank", "class that stands for no letter", TL_ATTR_INT, .has_range = TRUE, .min = 0, .max = 9.2e18 },
  { "reduction", "how the examples' losses are put together; mean divides each by its number of letters first", TL_ATTR_ENUM, .def = { .i = TL_REDUCTION_MEAN }, .names = tl_reduction_names },
  { "zero_infinity", "whether targets that do not fit their input count as 0", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[X], *targets = self->in[TARGETS];

  if (!tl_infer_need_float (self, X, error) || !tl_infer_need_rank (self, X, 3, 3, error) || !tl_infer_need_rank (self, TARGETS, 2, 2, error) ||
      !tl_infer_need_rank (self, INPUT_LENGTHS, 1, 1, error) || !tl_infer_need_rank (self, TARGET_LENGTHS, 1, 1, error))
    return FALSE;
  for (guint i = TARGETS; i <= TARGET_LENGTHS; i++)
    if (self->in[i]->dtype != TL_DTYPE_I64)
      return tl_infer_fail (self, TL_ERROR_DTYPE, error, "%s must be i64, not %s", ports[i].name, tl_dtype_name (self->in[i]->dtype));
  if (x->shape[0] == 0)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "x has no steps");
  if (!tl_dim_is_symbolic (x->shape[2]) && self->attrs[BLANK].i >= x->shape[2])
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "blank = %" G_GINT64_FORMAT " is none of %" G_GINT64_FORMAT " classes", self->attrs[BLANK].i, x->shape[2]);
  if (targets->shape[0] != x->shape[1] || self->in[INPUT_LENGTHS]->shape[0] != x->shape[1] || self->in[TARGET_LENGTHS]->shape[0] != x->shape[1]) {
    g_autofree char *a = tl_shape_to_string (x->shape, 3);
    g_autofree char *b = tl_shape_to_string (targets->shape, 2);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "examples of x %s, targets %s and the lengths differ in number", a, b);
  }
  tl_infer_out (self, 0, x->dtype, self->attrs[REDUCTION].i == TL_REDUCTION_NONE, (const TlDim[]){ x->shape[1] });
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const double         zero = 0;
  g_autoptr (TlTensor) plain = tl_op_apply1 (&tl_op_ctc_rows, self->in, 4, &self->attrs[BLANK], error);
  g_autoptr (TlTensor) rows = NULL;
  g_autoptr (TlTensor) each = NULL;

  if (self->attrs[ZERO_INFINITY].i != 0)
    rows = tl_map_numbers ("select (a < 1e29, a, b)", &plain, 1, &zero, 1, error);
  else
    rows = plain != NULL ? tl_tensor_ref (plain) : NULL;
  if (self->attrs[REDUCTION].i == TL_REDUCTION_MEAN)
    each = tl_map_text ("a / max (b, 1)", error, 2, rows, self->in[TARGET_LENGTHS]);
  else
    each = rows != NULL ? tl_tensor_ref (rows) : NULL;
  self->dx[0] = tl_reduce_loss (each, (TlReduction)self->attrs[REDUCTION].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "7,3,5; i64:3,3<4; i64:3<8; i64:3<4", "blank = 4, reduction = none, zero_infinity = true", .low = -3, .high = -0.5 },
  { "9,2,4; i64:2,2<3; i64:2<10; i64:2<3", "blank = 3, zero_infinity = true", .low = -3, .high = -0.5 },
  { "6,2,4; i64:2,2<3; i64:2<7; i64:2<2", "blank = 3, reduction = sum, zero_infinity = true", .low = -3, .high = -0.5 },
  { NULL },
};

/* PyTorch's gradient is that of the logits in front of log_softmax; ours is the derivative, as of every row, and comes to the same behind it. */
const TlOpClass tl_op_ctc_loss = {
  .name = "ctc_loss",
  .group = "loss",
  .doc = "Connectionist temporal classification: loss of a sequence of letters whose places in the input are not known.",
  .formula = "-ln of the sum over all alignments of the product of their probabilities",
  .source = "Graves et al. 2006, doi:10.1145/1143844.1143891",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.ctc_loss(x0.detach(), x1, x2, x3, blank, reduction, zero_infinity)",
};
