/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/expr-private.h"

#include <math.h>
#include <string.h>

#include "core/graph/expr-compiled.h"

void
tl_expr_builder_init (TlExprBuilder *self,
                      guint          n_in)
{
  self->n_in = n_in;
  self->n_terms = 0;
  self->n_out = 0;
  self->overflow = n_in > TL_PROGRAM_MAX_IN;
}

static guint16
add_term (TlExprBuilder *self,
          const Term    *term)
{
  for (guint i = 0; i < self->n_terms; i++)
    if (memcmp (&self->terms[i], term, sizeof *term) == 0)
      return (guint16)i;
  if (self->n_terms == TL_EXPR_MAX_NODES) {
    self->overflow = TRUE;
    return 0;
  }
  self->terms[self->n_terms] = *term;
  return (guint16)self->n_terms++;
}

static void
init_term (Term    *term,
           TermKind kind)
{
  memset (term, 0, sizeof *term);
  term->kind = (guint8)kind;
}

guint16
tl_expr_builder_input (TlExprBuilder *self,
                       guint          input)
{
  Term term;

  init_term (&term, TERM_INPUT);
  term.arg[0] = (guint16)input;
  return add_term (self, &term);
}

guint16
tl_expr_builder_constant (TlExprBuilder *self,
                          double         value)
{
  Term term;

  init_term (&term, TERM_CONSTANT);
  term.value = value;
  return add_term (self, &term);
}

static gboolean
is_constant (const TlExprBuilder *self,
             guint16              i,
             double               value)
{
  return self->terms[i].kind == TERM_CONSTANT && self->terms[i].value == value;
}

/* Rules that change no bits for finite operands; x * 0 stays, because x may be NaN. */
static gboolean
simplify (TlExprBuilder *self,
          TlFn           fn,
          guint16        a,
          guint16        b,
          guint16       *result)
{
  gboolean constants = self->terms[a].kind == TERM_CONSTANT && self->terms[b].kind == TERM_CONSTANT;
  double   x = self->terms[a].value, y = self->terms[b].value;

  *result = a;
  switch ((int)fn) {
  case TL_FN_add:
    if (constants)
      *result = tl_expr_builder_constant (self, x + y);
    else if (is_constant (self, a, 0))
      *result = b;
    return constants || is_constant (self, a, 0) || is_constant (self, b, 0);
  case TL_FN_sub:
    if (constants)
      *result = tl_expr_builder_constant (self, x - y);
    return constants || is_constant (self, b, 0);
  case TL_FN_mul:
    if (constants)
      *result = tl_expr_builder_constant (self, x * y);
    else if (is_constant (self, a, 1))
      *result = b;
    return constants || is_constant (self, a, 1) || is_constant (self, b, 1);
  case TL_FN_div:
    return is_constant (self, b, 1);
  case TL_FN_eq:
    if (constants)
      *result = tl_expr_builder_constant (self, x == y);
    return constants;
  case TL_FN_ne:
    if (constants)
      *result = tl_expr_builder_constant (self, x != y);
    return constants;
  case TL_FN_ge:
    if (constants)
      *result = tl_expr_builder_constant (self, x >= y);
    return constants;
  case TL_FN_gt:
    if (constants)
      *result = tl_expr_builder_constant (self, x > y);
    return constants;
  case TL_FN_le:
    if (constants)
      *result = tl_expr_builder_constant (self, x <= y);
    return constants;
  case TL_FN_lt:
    if (constants)
      *result = tl_expr_builder_constant (self, x < y);
    return constants;
  case TL_FN_neg:
    if (self->terms[a].kind == TERM_CONSTANT)
      *result = tl_expr_builder_constant (self, -x);
    return self->terms[a].kind == TERM_CONSTANT;
  default:
    return FALSE;
  }
}

guint16
tl_expr_builder_call (TlExprBuilder *self,
                      TlFn           fn,
                      guint16        a,
                      guint16        b,
                      guint16        c)
{
  guint   arity = tl_fn_arity (fn);
  guint16 result;
  Term    term;

  if (self->overflow || simplify (self, fn, a, arity > 1 ? b : a, &result))
    return self->overflow ? 0 : result;
  if (fn == TL_FN_select && self->terms[a].kind == TERM_CONSTANT)
    return self->terms[a].value != 0 ? b : c;
  init_term (&term, TERM_CALL);
  term.fn = (guint8)fn;
  term.arg[0] = a;
  term.arg[1] = arity > 1 ? b : 0;
  term.arg[2] = arity > 2 ? c : 0;
  return add_term (self, &term);
}

/* Copies @expr with its inputs replaced by terms. */
void
tl_expr_builder_insert (TlExprBuilder *self,
                        TlExpr        *expr,
                        const guint16 *inputs,
                        guint16       *outputs)
{
  guint16 map[TL_EXPR_MAX_NODES];

  for (guint i = 0; i < expr->n_terms; i++) {
    const Term *term = &expr->terms[i];

    if (term->kind == TERM_INPUT)
      map[i] = inputs[term->arg[0]];
    else if (term->kind == TERM_CONSTANT)
      map[i] = tl_expr_builder_constant (self, term->value);
    else
      map[i] = tl_expr_builder_call (self, term->fn, map[term->arg[0]], map[term->arg[1]], map[term->arg[2]]);
  }
  for (guint i = 0; i < expr->n_out; i++)
    outputs[i] = map[expr->out[i]];
}

/* Keeps what the outputs need, in order. */
static guint
sweep (const TlExprBuilder *self,
       guint16             *new_number)
{
  gboolean used[TL_EXPR_MAX_NODES] = { FALSE };
  guint    n = 0;

  for (guint i = 0; i < self->n_out; i++)
    used[self->out[i]] = TRUE;
  for (guint i = self->n_terms; i-- > 0;)
    if (used[i] && self->terms[i].kind == TERM_CALL)
      for (guint j = 0; j < tl_fn_arity (self->terms[i].fn); j++)
        used[self->terms[i].arg[j]] = TRUE;
  for (guint i = 0; i < self->n_terms; i++)
    new_number[i] = used[i] ? (guint16)n++ : TL_EXPR_NONE;
  return n;
}

/* Numbers registers as program.h says; FALSE if the program is too long. */
static gboolean
lower (TlExpr *self)
{
  TlProgram *program = &self->program;
  guint8     reg[TL_EXPR_MAX_NODES];
  guint      n_constants = 0, n_instr = 0;

  if (self->n_in > TL_PROGRAM_MAX_IN || self->n_out > TL_PROGRAM_MAX_OUT)
    return FALSE;
  for (guint i = 0; i < self->n_terms; i++)
    if (self->terms[i].kind == TERM_CONSTANT) {
      if (n_constants == TL_PROGRAM_MAX_CONSTANTS)
        return FALSE;
      program->constants[n_constants] = self->terms[i].value;
      reg[i] = (guint8)(self->n_in + n_constants++);
    }
  for (guint i = 0; i < self->n_terms; i++) {
    const Term *term = &self->terms[i];

    if (term->kind == TERM_INPUT)
      reg[i] = (guint8)term->arg[0];
    if (term->kind != TERM_CALL)
      continue;
    if (n_instr == TL_PROGRAM_MAX_INSTR)
      return FALSE;
    program->instr[n_instr].fn = term->fn;
    for (guint j = 0; j < tl_fn_arity (term->fn); j++)
      program->instr[n_instr].src[j] = reg[term->arg[j]];
    reg[i] = (guint8)(self->n_in + n_constants + n_instr++);
  }
  program->n_in = (guint8)self->n_in;
  program->n_constants = (guint8)n_constants;
  program->n_instr = (guint8)n_instr;
  program->n_out = (guint8)self->n_out;
  for (guint i = 0; i < self->n_out; i++)
    program->out[i] = reg[self->out[i]];
  return TRUE;
}

TlExpr *
tl_expr_builder_finish (TlExprBuilder *self)
{
  guint16 new_number[TL_EXPR_MAX_NODES];
  TlExpr *expr;

  if (self->overflow)
    return NULL;
  expr = g_new0 (TlExpr, 1);
  atomic_init (&expr->ref_count, 1);
  expr->n_in = self->n_in;
  expr->n_out = self->n_out;
  expr->n_terms = sweep (self, new_number);
  expr->terms = g_new0 (Term, expr->n_terms);
  for (guint i = 0; i < self->n_terms; i++) {
    Term *term;

    if (new_number[i] == TL_EXPR_NONE)
      continue;
    term = &expr->terms[new_number[i]];
    *term = self->terms[i];
    if (term->kind == TERM_CALL)
      for (guint j = 0; j < tl_fn_arity (term->fn); j++)
        term->arg[j] = new_number[term->arg[j]];
  }
  for (guint i = 0; i < self->n_out; i++)
    expr->out[i] = new_number[self->out[i]];
  if (!lower (expr)) {
    tl_expr_unref (expr);
    return NULL;
  }
  tl_expr_find_compiled (&expr->program, expr->compiled);
  return expr;
}

/**
 * tl_expr_ref:
 * @self: an expression
 *
 * Returns: (transfer full): @self
 */
TlExpr *
tl_expr_ref (TlExpr *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

/**
 * tl_expr_unref:
 * @self: (transfer full) (nullable): an expression
 */
void
tl_expr_unref (TlExpr *self)
{
  if (self == NULL || atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  g_free (self->terms);
  g_free (self);
}

/**
 * tl_expr_get_n_in:
 * @self: an expression
 *
 * Returns: the number of inputs
 */
guint
tl_expr_get_n_in (TlExpr *self)
{
  return self->n_in;
}

/**
 * tl_expr_get_n_out:
 * @self: an expression
 *
 * Returns: the number of outputs
 */
guint
tl_expr_get_n_out (TlExpr *self)
{
  return self->n_out;
}

/**
 * tl_expr_get_program:
 * @self: an expression
 *
 * Returns: (transfer none): what the map kernel runs, valid as long as @self
 */
const TlProgram *
tl_expr_get_program (TlExpr *self)
{
  return &self->program;
}

/**
 * tl_expr_get_compiled:
 * @self: an expression
 * @dtype: dtype of the computation
 *
 * Returns: (nullable): a function compiled ahead that computes the same bits as the program
 */
TlCompiledMap
tl_expr_get_compiled (TlExpr *self,
                      TlDType dtype)
{
  return dtype <= TL_DTYPE_F64 ? self->compiled[dtype] : NULL;
}

/**
 * tl_expr_uses_input:
 * @self: an expression
 * @input: number of an input
 *
 * Returns: whether an output depends on it
 */
gboolean
tl_expr_uses_input (TlExpr *self,
                    guint   input)
{
  for (guint i = 0; i < self->n_terms; i++)
    if (self->terms[i].kind == TERM_INPUT && self->terms[i].arg[0] == input)
      return TRUE;
  return FALSE;
}

/**
 * tl_expr_equal:
 * @a: an expression
 * @b: another
 *
 * Returns: whether they compute the same terms in the same order
 */
gboolean
tl_expr_equal (TlExpr *a,
               TlExpr *b)
{
  return a == b || (a->n_in == b->n_in && a->n_out == b->n_out && a->n_terms == b->n_terms &&
                    memcmp (a->out, b->out, a->n_out * sizeof a->out[0]) == 0 &&
                    memcmp (a->terms, b->terms, a->n_terms * sizeof (Term)) == 0);
}

/**
 * tl_expr_select_outputs:
 * @self: an expression
 * @outputs: (array length=n_outputs): numbers of its outputs
 * @n_outputs: their number
 *
 * Returns: (transfer full): the expression with these outputs, in this order
 */
TlExpr *
tl_expr_select_outputs (TlExpr      *self,
                        const guint *outputs,
                        guint        n_outputs)
{
  g_autofree TlExprBuilder *builder = g_new (TlExprBuilder, 1);
  guint16                   inputs[TL_PROGRAM_MAX_IN], all[TL_PROGRAM_MAX_OUT];

  tl_expr_builder_init (builder, self->n_in);
  for (guint i = 0; i < self->n_in; i++)
    inputs[i] = tl_expr_builder_input (builder, i);
  tl_expr_builder_insert (builder, self, inputs, all);
  for (guint i = 0; i < n_outputs; i++)
    builder->out[builder->n_out++] = all[outputs[i]];
  return tl_expr_builder_finish (builder);
}

/**
 * tl_expr_join:
 * @producer: an expression
 * @producer_output: which of its outputs feeds @consumer
 * @consumer: another
 * @producer_inputs: (array): for each input of @producer, its number among the joined inputs
 * @consumer_inputs: (array): the same for @consumer; -1 where the producer's output enters
 * @n_inputs: number of joined inputs
 * @keep_producer_output: whether the producer's outputs come first among the joined outputs
 *
 * Puts two elementwise operations into one.
 *
 * Returns: (transfer full) (nullable): the joined expression, or %NULL if it would be too large
 */
TlExpr *
tl_expr_join (TlExpr      *producer,
              guint        producer_output,
              TlExpr      *consumer,
              const guint *producer_inputs,
              const gint  *consumer_inputs,
              guint        n_inputs,
              gboolean     keep_producer_output)
{
  g_autofree TlExprBuilder *builder = NULL;
  guint16                   inputs[TL_PROGRAM_MAX_IN], made[TL_PROGRAM_MAX_OUT], outputs[TL_PROGRAM_MAX_OUT];

  if (n_inputs > TL_PROGRAM_MAX_IN ||
      consumer->n_out + (keep_producer_output ? producer->n_out : 0) > TL_PROGRAM_MAX_OUT)
    return NULL;
  builder = g_new (TlExprBuilder, 1);
  tl_expr_builder_init (builder, n_inputs);
  for (guint i = 0; i < producer->n_in; i++)
    inputs[i] = tl_expr_builder_input (builder, producer_inputs[i]);
  tl_expr_builder_insert (builder, producer, inputs, made);
  for (guint i = 0; i < consumer->n_in; i++)
    inputs[i] = consumer_inputs[i] < 0 ? made[producer_output]
                                       : tl_expr_builder_input (builder, (guint)consumer_inputs[i]);
  tl_expr_builder_insert (builder, consumer, inputs, outputs);
  if (keep_producer_output)
    for (guint i = 0; i < producer->n_out; i++)
      builder->out[builder->n_out++] = made[i];
  for (guint i = 0; i < consumer->n_out; i++)
    builder->out[builder->n_out++] = outputs[i];
  return tl_expr_builder_finish (builder);
}

/**
 * tl_expr_remap_inputs:
 * @self: an expression
 * @to: (array): the new number of each input
 * @n_inputs: number of inputs afterwards
 *
 * Returns: (transfer full) (nullable): the expression over renumbered inputs, two of which may become one
 */
TlExpr *
tl_expr_remap_inputs (TlExpr     *self,
                      const gint *to,
                      guint       n_inputs)
{
  g_autofree TlExprBuilder *builder = g_new (TlExprBuilder, 1);
  guint16                   inputs[TL_PROGRAM_MAX_IN];

  tl_expr_builder_init (builder, n_inputs);
  for (guint i = 0; i < self->n_in; i++)
    inputs[i] = tl_expr_builder_input (builder, (guint)to[i]);
  builder->n_out = self->n_out;
  tl_expr_builder_insert (builder, self, inputs, builder->out);
  return tl_expr_builder_finish (builder);
}

/**
 * tl_expr_bind_constant:
 * @self: an expression
 * @input: number of an input
 * @value: its value
 *
 * Returns: (transfer full) (nullable): the expression without that input
 */
TlExpr *
tl_expr_bind_constant (TlExpr *self,
                       guint   input,
                       double  value)
{
  g_autofree TlExprBuilder *builder = g_new (TlExprBuilder, 1);
  guint16                   inputs[TL_PROGRAM_MAX_IN];

  tl_expr_builder_init (builder, self->n_in - 1);
  for (guint i = 0; i < self->n_in; i++)
    inputs[i] = i == input ? tl_expr_builder_constant (builder, value)
                           : tl_expr_builder_input (builder, i - (i > input));
  builder->n_out = self->n_out;
  tl_expr_builder_insert (builder, self, inputs, builder->out);
  return tl_expr_builder_finish (builder);
}
