/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/kernels/ctc.h"
#include "core/op/common.h"

enum { X,
       TARGETS,
       INPUT_LENGTHS,
       TARGET_LENGTHS };
enum { BLANK };

#define NEVER (-1e30) /* for -inf, of which differences are no numbers */

static const TlPort ports[] = {
  { "x", "logarithms of probabilities `[steps, n, classes]`, floating", TL_PORT_CONTIGUOUS },
  { "targets", "letters `[n, longest]`, i64", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { "input_lengths", "steps of each example `[n]`, i64", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { "target_lengths", "letters of each example `[n]`, i64", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "blank", "class that stands for no letter", TL_ATTR_INT, .has_range = TRUE, .min = 0, .max = 9.2e18 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_float (self, X, error) || !tl_infer_need_rank (self, X, 3, 3, error))
    return FALSE;
  for (guint i = TARGETS; i <= TARGET_LENGTHS; i++) {
    const TlMeta *x = self->in[X], *of = self->in[i];

    if (!tl_infer_need_rank (self, i, i == TARGETS ? 2 : 1, i == TARGETS ? 2 : 1, error))
      return FALSE;
    if (of->dtype != TL_DTYPE_I64)
      return tl_infer_fail (self, TL_ERROR_DTYPE, error, "%s must be i64, not %s", ports[i].name, tl_dtype_name (of->dtype));
    if (of->shape[0] != x->shape[1]) {
      g_autofree char *steps = tl_shape_to_string (x->shape, 3);
      g_autofree char *text = tl_shape_to_string (of->shape, of->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s %s are not those of the examples of x %s", ports[i].name, text, steps);
    }
  }
  tl_infer_out (self, 0, self->in[X]->dtype, 1, self->in[X]->shape + 1);
  return TRUE;
}

static void
fill_args (TlCtcArgs    *args,
           const TlMeta *x,
           const TlMeta *targets,
           gint64        blank)
{
  *args = (TlCtcArgs){ x->dtype == TL_DTYPE_F64 ? TL_DTYPE_F64 : TL_DTYPE_F32, x->shape[0], x->shape[1], x->shape[2], targets->shape[1], blank };
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  fill_args (tl_prepare_args (self, TlCtcArgs), self->in[X], self->in[TARGETS], self->attrs[BLANK].i);
  self->kernel = &tl_ctc_kernel;
  tl_prepare_data (self, TL_OPERAND_IN (X), TL_OPERAND_IN (TARGETS), TL_OPERAND_IN (INPUT_LENGTHS), TL_OPERAND_IN (TARGET_LENGTHS), TL_OPERAND_OUT (0),
                   TL_OPERAND_INDEX_ERROR);
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *in[] = { self->dy[0], self->in[X], self->in[TARGETS], self->in[INPUT_LENGTHS], self->in[TARGET_LENGTHS] };

  self->dx[X] = tl_op_apply1 (&tl_op_ctc_rows_grad, in, G_N_ELEMENTS (in), self->attrs, error);
  return self->dx[X] != NULL;
}

static void
cost (const TlInfer *self,
      TlCost        *cost)
{
  cost->flops = 12.0 * (double)self->in[X]->shape[0] * (double)self->in[X]->shape[1] * (double)(2 * self->in[TARGETS]->shape[1] + 1);
}

/* What is differentiated twice: the recursion of core/kernels/ctc.h, step by step for all examples at once. */

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
  const TlMeta        *x = &self->in[X]->meta, *targets = &self->in[TARGETS]->meta;
  const double         infinity = HUGE_VAL;
  g_autoptr (TlTensor) letters = NULL;
  g_autoptr (TlTensor) alpha = NULL;
  g_autoptr (TlTensor) plain = NULL;

  if (tl_dim_is_symbolic (x->shape[0]) || tl_dim_is_symbolic (targets->shape[1])) {
    g_autofree char *a = tl_shape_to_string (x->shape, 3);
    g_autofree char *b = tl_shape_to_string (targets->shape, 2);

    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
                 "ctc_loss: second derivatives are made of one part for each step, and the numbers of steps of x %s and of letters of targets %s are not all known yet", a, b);
    return FALSE;
  }
  letters = spread_letters (self, error);
  alpha = letters != NULL ? forward (self, letters, error) : NULL;
  plain = alpha != NULL ? finish (self, alpha, error) : NULL;
  self->dx[0] = tl_map_numbers ("select (a < 1e29, a, b)", &plain, 1, &infinity, 1, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "9,3,5; i64:3,2<4; i64:3<10; i64:3<3", "blank = 4", .low = -3, .high = -0.5 },
  { "9,2,4; i64:2,2<3; i64:2<10; i64:2<3", "blank = 3", .low = -3, .high = -0.5 },
  { "8,4,3; i64:4,3<2; i64:4<9; i64:4<4", "blank = 2", .low = -3, .high = -0.5 },
  { "6,2,4; i64:2,0; i64:2<7; i64:2<1", "blank = 1", .low = -3, .high = -0.5 },
  { "1,2,3; i64:2,1<2; i64:2<2; i64:2<2", "blank = 2", .low = -3, .high = -0.5 },
  { "4,0,3; i64:0,2; i64:0; i64:0", "blank = 2" },
  { NULL },
};

const TlOpClass tl_op_ctc_rows = {
  .name = "ctc_rows",
  .group = "loss",
  .doc = "What ctc_loss reduces: the loss of each example, infinite where its letters do not fit.",
  .formula = "-ln of the sum over all alignments of the product of their probabilities",
  .source = "Graves et al. 2006, doi:10.1145/1143844.1143891",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL | TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .cost = cost,
  .decompose = decompose,
  .samples = samples,
};

/* Its gradient, as an operation of its own. */

enum { G_DLOSS,
       G_X,
       G_TARGETS,
       G_INPUT_LENGTHS,
       G_TARGET_LENGTHS };

static const TlPort grad_ports[] = {
  { "dloss", "gradient of the losses", TL_PORT_CONTIGUOUS },
  { "x", "the input", TL_PORT_CONTIGUOUS },
  { "targets", "the input", TL_PORT_CONTIGUOUS },
  { "input_lengths", "the input", TL_PORT_CONTIGUOUS },
  { "target_lengths", "the input", TL_PORT_CONTIGUOUS },
  { NULL },
};

static gboolean
grad_infer (TlInfer *self,
            GError **error)
{
  tl_infer_out (self, 0, self->in[G_X]->dtype, 3, self->in[G_X]->shape);
  return TRUE;
}

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  fill_args (tl_prepare_args (self, TlCtcArgs), self->in[G_X], self->in[G_TARGETS], self->attrs[BLANK].i);
  self->kernel = &tl_ctc_grad_kernel;
  return TRUE;
}

static void
grad_cost (const TlInfer *self,
           TlCost        *cost)
{
  cost->flops = 30.0 * (double)self->in[G_X]->shape[0] * (double)self->in[G_X]->shape[1] * (double)(2 * self->in[G_TARGETS]->shape[1] + 1);
}

const TlOpClass tl_op_ctc_rows_grad = {
  .name = "ctc_rows_grad",
  .doc = "Gradient of ctc_rows.",
  .in = grad_ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL | TL_OP_UNCUTTABLE,
  .infer = grad_infer,
  .prepare = grad_prepare,
  .cost = grad_cost,
};
