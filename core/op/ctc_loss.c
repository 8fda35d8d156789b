/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/common.h"

/*
 * The forward recursion over the target with blanks between its letters, in logarithms, for all examples at once:
 *
 *     alpha[t, s] = log sum exp of alpha[t - 1, s], alpha[t - 1, s - 1] and, where letter s differs from letter s - 2 and is no blank,
 *                   alpha[t - 1, s - 2], plus log p[t, letter s]
 *
 * Steps behind an example's input length change nothing.
 */

enum { X,
       TARGETS,
       INPUT_LENGTHS,
       TARGET_LENGTHS };
enum { BLANK,
       REDUCTION,
       ZERO_INFINITY };

#define NEVER (-1e30) /* for -inf, of which differences are no numbers */

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
  if (tl_dim_is_symbolic (x->shape[0]) || x->shape[0] == 0 || tl_dim_is_symbolic (targets->shape[1]))
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "the numbers of steps and letters must be known");
  if (targets->shape[0] != x->shape[1] || self->in[INPUT_LENGTHS]->shape[0] != x->shape[1] || self->in[TARGET_LENGTHS]->shape[0] != x->shape[1]) {
    g_autofree char *a = tl_shape_to_string (x->shape, 3);
    g_autofree char *b = tl_shape_to_string (targets->shape, 2);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "examples of x %s, targets %s and the lengths differ in number", a, b);
  }
  tl_infer_out (self, 0, x->dtype, self->attrs[REDUCTION].i == TL_REDUCTION_NONE, (const TlDim[]){ x->shape[1] });
  return TRUE;
}

/* Letters with blanks around them, `[n, 2 longest + 1]`. */
static TlTensor *
spread_letters (TlGradient *self,
                GError    **error)
{
  gint64 longest = self->in[TARGETS]->meta.shape[1];

  return tl_slice_scatter (self->in[TARGETS], 1, 1, 2, 2 * longest + 1, (double)self->attrs[BLANK].i, error);
}

/* @alpha moved by @by places, with what can never be in front. */
static TlTensor *
move (TlTensor *alpha,
      gint64    by,
      GError  **error)
{
  gint64               n = alpha->meta.shape[1];
  g_autoptr (TlTensor) part = NULL;

  if (by >= n)
    return tl_full (2, alpha->meta.shape, NEVER, alpha->meta.dtype, error);
  part = tl_narrow (alpha, 1, 0, n - by, error);
  return part != NULL ? tl_slice_scatter (part, 1, (gint64)by, 1, n, NEVER, error) : NULL;
}

/* Where a letter may follow the one two places before it: 1, else 0. */
static TlTensor *
find_skips (TlTensor *letters,
            gint64    blank,
            GError  **error)
{
  gint64               n = letters->meta.shape[1];
  const double         number = (double)blank;
  g_autoptr (TlTensor) part = n > 2 ? tl_narrow (letters, 1, 0, n - 2, error) : NULL;
  g_autoptr (TlTensor) before = NULL;

  if (n <= 2)
    return tl_map_text ("a * 0", error, 1, letters);
  before = part != NULL ? tl_slice_scatter (part, 1, 2, 1, n, -1, error) : NULL;
  return tl_map_numbers ("and (a != c, and (a != b, b >= 0))", (TlTensor *[]){ letters, before }, 2, &number, 1, error);
}

/* log p of step @t at each letter, `[n, 2 longest + 1]`. */
static TlTensor *
emit (TlGradient *self,
      TlTensor   *letters,
      gint64      t,
      GError    **error)
{
  g_autoptr (TlTensor) one = tl_narrow (self->in[X], 0, t, 1, error);
  g_autoptr (TlTensor) step = one != NULL ? tl_squeeze (one, 0, error) : NULL;

  return step != NULL ? tl_gather (step, 1, letters, error) : NULL;
}

/* Before the first step only the first two places can come next. */
static TlTensor *
start (TlGradient *self,
       TlTensor   *letters,
       GError    **error)
{
  g_autoptr (TlTensor) places = tl_arange (0, (double)letters->meta.shape[1], 1, self->in[X]->meta.dtype, error);
  g_autoptr (TlTensor) first = emit (self, letters, 0, error);

  return tl_map_text ("select (b < 2, a, 0 - 1e30)", error, 2, first, places);
}

static TlTensor *
forward (TlGradient *self,
         TlTensor   *letters,
         GError    **error)
{
  g_autoptr (TlTensor) skips = find_skips (letters, self->attrs[BLANK].i, error);
  g_autoptr (TlTensor) lengths = skips != NULL ? tl_unsqueeze (self->in[INPUT_LENGTHS], 1, error) : NULL;
  g_autoptr (TlTensor) alpha = lengths != NULL ? start (self, letters, error) : NULL;

  for (gint64 t = 1; t < self->in[X]->meta.shape[0] && alpha != NULL; t++) {
    const double         number = (double)t;
    g_autoptr (TlTensor) before = g_steal_pointer (&alpha);
    g_autoptr (TlTensor) one = move (before, 1, error);
    g_autoptr (TlTensor) two = one != NULL ? move (before, 2, error) : NULL;
    g_autoptr (TlTensor) allowed = tl_map_text ("select (b, a, 0 - 1e30)", error, 2, two, skips);
    g_autoptr (TlTensor) most = tl_map_text ("max (a, max (b, c))", error, 3, before, one, allowed);
    g_autoptr (TlTensor) fixed = most != NULL ? tl_detach (most) : NULL;
    g_autoptr (TlTensor) sum = tl_map_text ("d + log (exp (a - d) + exp (b - d) + exp (c - d))", error, 4, before, one, allowed, fixed);
    g_autoptr (TlTensor) p = sum != NULL ? emit (self, letters, t, error) : NULL;
    TlTensor            *in[] = { sum, p, before, lengths };

    alpha = tl_map_numbers ("select (d > e, max (a + b, 0 - 1e30), c)", in, 4, &number, 1, error);
  }
  return g_steal_pointer (&alpha);
}

/* What the last letter and the blank behind it come to. */
static TlTensor *
finish (TlGradient *self,
        TlTensor   *alpha,
        GError    **error)
{
  g_autoptr (TlTensor) lengths = tl_unsqueeze (self->in[TARGET_LENGTHS], 1, error);
  g_autoptr (TlTensor) blank = tl_map_text ("2 * a", error, 1, lengths);
  g_autoptr (TlTensor) letter = tl_map_text ("max (2 * a - 1, 0)", error, 1, lengths);
  g_autoptr (TlTensor) a = blank != NULL ? tl_gather (alpha, 1, blank, error) : NULL;
  g_autoptr (TlTensor) raw = a != NULL && letter != NULL ? tl_gather (alpha, 1, letter, error) : NULL;
  g_autoptr (TlTensor) b = tl_map_text ("select (b > 0, a, 0 - 1e30)", error, 2, raw, lengths);
  g_autoptr (TlTensor) most = tl_map_text ("max (a, b)", error, 2, a, b);
  g_autoptr (TlTensor) fixed = most != NULL ? tl_detach (most) : NULL;
  g_autoptr (TlTensor) rows = tl_map_text ("-(c + log (exp (a - c) + exp (b - c)))", error, 3, a, b, fixed);

  return rows != NULL ? tl_squeeze (rows, 1, error) : NULL;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const double         instead = self->attrs[ZERO_INFINITY].i != 0 ? 0 : HUGE_VAL;
  g_autoptr (TlTensor) letters = spread_letters (self, error);
  g_autoptr (TlTensor) alpha = letters != NULL ? forward (self, letters, error) : NULL;
  g_autoptr (TlTensor) plain = alpha != NULL ? finish (self, alpha, error) : NULL;
  g_autoptr (TlTensor) rows = tl_map_numbers ("select (a < 1e29, a, b)", &plain, 1, &instead, 1, error);
  g_autoptr (TlTensor) each = NULL;

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
