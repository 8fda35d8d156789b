/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/expr-private.h"

/*
 * The derivative of each functor with respect to its arguments, over a, b, c and the value y.  A functor without a row is
 * constant almost everywhere.  Where a derivative jumps, PyTorch's convention holds.
 */
// clang-format off
static const char *const derivatives[TL_N_FN][3] = {
  [TL_FN_copy] =       { "1" },
  [TL_FN_neg] =        { "-1" },
  [TL_FN_abs] =        { "sign (a)" },
  [TL_FN_square] =     { "2 * a" },
  [TL_FN_sqrt] =       { "0.5 / y" },
  [TL_FN_rsqrt] =      { "-0.5 * y / a" },
  [TL_FN_reciprocal] = { "-(y * y)" },
  [TL_FN_exp] =        { "y" },
  [TL_FN_expm1] =      { "y + 1" },
  [TL_FN_log] =        { "1 / a" },
  [TL_FN_log1p] =      { "1 / (1 + a)" },
  [TL_FN_exp2] =       { "0.6931471805599453 * y" },
  [TL_FN_log2] =       { "1.4426950408889634 / a" },
  [TL_FN_log10] =      { "0.4342944819032518 / a" },
  [TL_FN_sin] =        { "cos (a)" },
  [TL_FN_cos] =        { "-sin (a)" },
  [TL_FN_tan] =        { "1 + y * y" },
  [TL_FN_asin] =       { "rsqrt (1 - a * a)" },
  [TL_FN_acos] =       { "-rsqrt (1 - a * a)" },
  [TL_FN_atan] =       { "1 / (1 + a * a)" },
  [TL_FN_sinh] =       { "cosh (a)" },
  [TL_FN_cosh] =       { "sinh (a)" },
  [TL_FN_tanh] =       { "1 - y * y" },
  [TL_FN_asinh] =      { "rsqrt (a * a + 1)" },
  [TL_FN_acosh] =      { "rsqrt (a * a - 1)" },
  [TL_FN_atanh] =      { "1 / (1 - a * a)" },
  [TL_FN_erf] =        { "1.1283791670955126 * exp (-(a * a))" },
  [TL_FN_erfc] =       { "-(1.1283791670955126 * exp (-(a * a)))" },
  [TL_FN_erfinv] =     { "0.886226925452758 * exp (y * y)" },
  [TL_FN_lgamma] =     { "digamma (a)" },
  [TL_FN_digamma] =    { "trigamma (a)" },
  [TL_FN_trigamma] =   { "tetragamma (a)" },
  [TL_FN_tetragamma] = { "0 / 0" }, /* not a number: nobody takes a third derivative for zero */
  [TL_FN_sigmoid] =    { "y * (1 - y)" },
  [TL_FN_add] =        { "1", "1" },
  [TL_FN_sub] =        { "1", "-1" },
  [TL_FN_mul] =        { "b", "a" },
  [TL_FN_div] =        { "1 / b", "-(y / b)" },
  [TL_FN_mod] =        { "1", "-floor (a / b)" },
  [TL_FN_fmod] =       { "1", "-trunc (a / b)" },
  [TL_FN_hypot] =      { "a / y", "b / y" },
  [TL_FN_copysign] =   { "select (a == 0, 0, copysign (1, a) * copysign (1, b))" },
  [TL_FN_min] =        { "select (a == b, 0.5, a < b)", "select (a == b, 0.5, b < a)" },
  [TL_FN_max] =        { "select (a == b, 0.5, a > b)", "select (a == b, 0.5, b > a)" },
  [TL_FN_pow] =        { "select (b == 0, 0, b * pow (a, b - 1))", "select (a == 0, select (b >= 0, 0, y * log (a)), y * log (a))" },
  [TL_FN_atan2] =      { "b / (a * a + b * b)", "-(a / (a * a + b * b))" },
  [TL_FN_select] =     { NULL, "a != 0", "a == 0" },
};
// clang-format on

/* The term of d value / d argument, or NONE. */
static guint16
derive_call (TlExprBuilder *self,
             guint16        call,
             guint          argument)
{
  static const TlExprName names[] = { { "a" }, { "b" }, { "c" }, { "y" }, { NULL } };
  const Term              term = self->terms[call];
  const char             *text = derivatives[term.fn][argument];
  const guint16           terms[] = { term.arg[0], term.arg[1], term.arg[2], call };
  g_autoptr (GError)      error = NULL;
  guint16                 result;

  if (text == NULL)
    return TL_EXPR_NONE;
  result = tl_expr_builder_parse (self, &text, names, terms, &error);
  g_assert (error == NULL); /* the table is ours */
  return result;
}

/* dy/dx * dx/dinput is added to what the input has; select (c, dy, 0) keeps NaNs of the other branch out. */
static void
accumulate (TlExprBuilder *self,
            guint16       *adjoint,
            guint16        call,
            guint          argument,
            guint16        dy)
{
  const Term term = self->terms[call];
  guint16    to = term.arg[argument];
  guint16    add;

  if (self->terms[to].kind == TERM_CONSTANT)
    return;
  if (term.fn == TL_FN_select && argument > 0) {
    guint16 zero = tl_expr_builder_constant (self, 0);

    add = argument == 1 ? tl_expr_builder_call (self, TL_FN_select, term.arg[0], dy, zero)
                        : tl_expr_builder_call (self, TL_FN_select, term.arg[0], zero, dy);
  } else {
    add = derive_call (self, call, argument);
    if (add == TL_EXPR_NONE)
      return;
    add = tl_expr_builder_call (self, TL_FN_mul, dy, add, 0);
  }
  adjoint[to] = adjoint[to] == TL_EXPR_NONE ? add : tl_expr_builder_call (self, TL_FN_add, adjoint[to], add, 0);
}

/**
 * tl_expr_differentiate:
 * @self: an expression
 * @output: which of its outputs
 * @needs: (array): which inputs want a gradient, at most four of them
 *
 * Reverse-mode differentiation.
 *
 * Returns: (transfer full) (nullable): an expression over the inputs and one more, the output's gradient, with one output for
 *   each input in @needs; or %NULL if it would be too large
 */
TlExpr *
tl_expr_differentiate (TlExpr         *self,
                       guint           output,
                       const gboolean *needs)
{
  g_autofree TlExprBuilder *builder = NULL;
  guint16                   inputs[TL_PROGRAM_MAX_IN], outputs[TL_PROGRAM_MAX_OUT];
  guint16                   adjoint[TL_EXPR_MAX_NODES];
  guint                     n_forward;

  if (self->n_in + 1 > TL_PROGRAM_MAX_IN)
    return NULL;
  builder = g_new (TlExprBuilder, 1);
  tl_expr_builder_init (builder, self->n_in + 1);
  for (guint i = 0; i < self->n_in; i++)
    inputs[i] = tl_expr_builder_input (builder, i);
  tl_expr_builder_insert (builder, self, inputs, outputs);
  n_forward = builder->n_terms;
  for (guint i = 0; i < TL_EXPR_MAX_NODES; i++)
    adjoint[i] = TL_EXPR_NONE;
  adjoint[outputs[output]] = tl_expr_builder_input (builder, self->n_in);
  for (guint i = n_forward; i-- > 0;)
    if (adjoint[i] != TL_EXPR_NONE && builder->terms[i].kind == TERM_CALL)
      for (guint j = 0; j < tl_fn_arity (builder->terms[i].fn) && !builder->overflow; j++)
        accumulate (builder, adjoint, (guint16)i, j, adjoint[i]);
  for (guint i = 0; i < self->n_in; i++) {
    if (!needs[i])
      continue;
    if (builder->n_out == TL_PROGRAM_MAX_OUT)
      return NULL;
    builder->out[builder->n_out++] = adjoint[inputs[i]] != TL_EXPR_NONE ? adjoint[inputs[i]]
                                                                        : tl_expr_builder_constant (builder, 0);
  }
  return tl_expr_builder_finish (builder);
}
