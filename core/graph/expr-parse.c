/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/expr-private.h"

#define MAX_DEPTH 64
#define MAX_NAMES 64

/* A name that the text itself gave to a term. */
typedef struct {
  const char *name;
  gsize       length;
  guint16     term;
} Local;

typedef struct {
  TlExprBuilder    *builder;
  const char       *at;
  const TlExprName *names;
  const guint16    *terms; /* one for each name */
  const Local      *locals;
  guint             n_locals;
  guint             depth;
  GError          **error;
} Parser;

static gboolean parse_comparison (Parser  *self,
                                  guint16 *term);

static void
skip_blanks (Parser *self)
{
  while (g_ascii_isspace (*self->at))
    self->at++;
}

static gboolean
accept (Parser     *self,
        const char *token)
{
  skip_blanks (self);
  if (!g_str_has_prefix (self->at, token))
    return FALSE;
  self->at += strlen (token);
  return TRUE;
}

static gboolean
fail (Parser     *self,
      const char *wanted)
{
  g_set_error (self->error, TL_ERROR, TL_ERROR_FORMAT, "expression: %s wanted at \"%.20s\"", wanted, self->at);
  return FALSE;
}

static gboolean
is_name (const char *name,
         const char *text,
         gsize       length)
{
  return strlen (name) == length && strncmp (name, text, length) == 0;
}

static gboolean
find_functor (const char *name,
              gsize       length,
              TlFn       *fn)
{
  for (guint i = 0; i < TL_N_FN; i++)
    if (is_name (tl_fn_name (i), name, length)) {
      *fn = i;
      return TRUE;
    }
  return FALSE;
}

static gboolean
parse_call (Parser     *self,
            const char *name,
            gsize       length,
            guint16    *term)
{
  guint16 args[3] = { 0 };
  TlFn    fn;

  if (!find_functor (name, length, &fn))
    return fail (self, "a known function before");
  for (guint i = 0; i < tl_fn_arity (fn); i++)
    if (!parse_comparison (self, &args[i]) || !accept (self, i + 1 < tl_fn_arity (fn) ? "," : ")"))
      return *self->error != NULL ? FALSE : fail (self, "\",\" or \")\"");
  *term = tl_expr_builder_call (self->builder, fn, args[0], args[1], args[2]);
  return TRUE;
}

static gsize
scan_name (Parser *self)
{
  const char *start = self->at;

  while (g_ascii_isalnum (*self->at) || *self->at == '_')
    self->at++;
  return (gsize)(self->at - start);
}

static gboolean
parse_name (Parser  *self,
            guint16 *term)
{
  const char *name = self->at;
  gsize       length = scan_name (self);

  if (length == 0)
    return fail (self, "a name or number");
  if (accept (self, "("))
    return parse_call (self, name, length, term);
  for (guint i = self->n_locals; i > 0; i--)
    if (self->locals[i - 1].length == length && strncmp (self->locals[i - 1].name, name, length) == 0) {
      *term = self->locals[i - 1].term;
      return TRUE;
    }
  for (guint i = 0; self->names[i].name != NULL; i++)
    if (is_name (self->names[i].name, name, length)) {
      *term = self->terms[i];
      return TRUE;
    }
  self->at = name;
  return fail (self, "a known name");
}

static gboolean
parse_unary (Parser  *self,
             guint16 *term)
{
  gboolean ok;

  skip_blanks (self);
  if (++self->depth > MAX_DEPTH)
    return fail (self, "less nesting");
  if (accept (self, "-")) {
    ok = parse_unary (self, term);
    if (ok)
      *term = tl_expr_builder_call (self->builder, TL_FN_neg, *term, 0, 0);
  } else if (accept (self, "(")) {
    ok = parse_comparison (self, term) && (accept (self, ")") || fail (self, "\")\""));
  } else if (g_ascii_isdigit (*self->at)) {
    char *end;

    *term = tl_expr_builder_constant (self->builder, g_ascii_strtod (self->at, &end));
    self->at = end;
    ok = TRUE;
  } else {
    ok = parse_name (self, term);
  }
  self->depth--;
  return ok;
}

typedef struct {
  const char *token;
  TlFn        fn;
} Operator;

static gboolean
parse_chain (Parser         *self,
             const Operator *operators,
             gboolean (*parse_operand) (Parser  *self,
                                        guint16 *term),
             guint16 *term)
{
  guint16 right;
  guint   i;

  if (!parse_operand (self, term))
    return FALSE;
  for (;;) {
    for (i = 0; operators[i].token != NULL; i++)
      if (accept (self, operators[i].token))
        break;
    if (operators[i].token == NULL)
      return TRUE;
    if (!parse_operand (self, &right))
      return FALSE;
    *term = tl_expr_builder_call (self->builder, operators[i].fn, *term, right, 0);
  }
}

static gboolean
parse_product (Parser  *self,
               guint16 *term)
{
  static const Operator operators[] = { { "*", TL_FN_mul }, { "/", TL_FN_div }, { NULL, 0 } };

  return parse_chain (self, operators, parse_unary, term);
}

static gboolean
parse_sum (Parser  *self,
           guint16 *term)
{
  static const Operator operators[] = { { "+", TL_FN_add }, { "-", TL_FN_sub }, { NULL, 0 } };

  return parse_chain (self, operators, parse_product, term);
}

static gboolean
parse_comparison (Parser  *self,
                  guint16 *term)
{
  static const Operator operators[] = { { "<=", TL_FN_le }, { ">=", TL_FN_ge }, { "==", TL_FN_eq }, { "!=", TL_FN_ne }, { "<", TL_FN_lt }, { ">", TL_FN_gt }, { NULL, 0 } };

  return parse_chain (self, operators, parse_sum, term);
}

/* Reads one output of @text and moves @text behind it. */
guint16
tl_expr_builder_parse (TlExprBuilder    *self,
                       const char      **text,
                       const TlExprName *names,
                       const guint16    *terms,
                       GError          **error)
{
  GError *local = NULL;
  Parser  parser = { .builder = self, .at = *text, .names = names, .terms = terms, .error = &local };
  guint16 term = 0;

  if (parse_comparison (&parser, &term)) {
    skip_blanks (&parser);
    if (*parser.at != '\0' && *parser.at != ';')
      fail (&parser, "the end");
  }
  *text = parser.at;
  if (local != NULL)
    g_propagate_error (error, local);
  return term;
}

/* Makes a term of each name; returns the number of names. */
static guint
start_names (TlExprBuilder    *builder,
             const TlExprName *names,
             guint16          *terms)
{
  guint n_in = 0, n = 0;

  for (; names[n].name != NULL && n < MAX_NAMES; n++)
    n_in += !names[n].is_constant;
  tl_expr_builder_init (builder, n_in);
  n_in = 0;
  for (guint i = 0; i < n; i++)
    terms[i] = names[i].is_constant ? tl_expr_builder_constant (builder, names[i].value)
                                    : tl_expr_builder_input (builder, n_in++);
  return n;
}

static TlExpr *
finish (TlExprBuilder *builder,
        const char    *text,
        GError       **error)
{
  TlExpr *expr = tl_expr_builder_finish (builder);

  if (expr == NULL)
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "expression \"%s\" is too long", text);
  return expr;
}

/**
 * tl_expr_parse:
 * @text: one or more outputs, separated by ";"
 * @names: what the names stand for; inputs are numbered in their order
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_FORMAT for a mistake in @text or an expression that is too long
 *
 * Returns: (transfer full): the expression, or %NULL
 */
TlExpr *
tl_expr_parse (const char       *text,
               const TlExprName *names,
               GError          **error)
{
  g_autofree TlExprBuilder *builder = g_new (TlExprBuilder, 1);
  const char               *at = text;
  guint16                   terms[MAX_NAMES];
  GError                   *local = NULL;

  start_names (builder, names, terms);
  do {
    if (builder->n_out == TL_PROGRAM_MAX_OUT) {
      g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "expression \"%s\" has too many outputs", text);
      return NULL;
    }
    builder->out[builder->n_out] = tl_expr_builder_parse (builder, &at, names, terms, &local);
    builder->n_out++;
    if (local != NULL) {
      g_propagate_error (error, local);
      return NULL;
    }
  } while (*at++ == ';');
  return finish (builder, text, error);
}

/* Reads "name = expression". */
static gboolean
parse_assignment (Parser *self,
                  Local  *local)
{
  skip_blanks (self);
  local->name = self->at;
  local->length = scan_name (self);
  if (local->length == 0 || !accept (self, "="))
    return fail (self, "\"name = ...\"");
  if (!parse_comparison (self, &local->term))
    return FALSE;
  skip_blanks (self);
  return *self->at == '\0' || *self->at == ';' || fail (self, "\";\"");
}

static gboolean
find_output (const Parser *self,
             const char   *name,
             guint16      *term)
{
  for (guint i = self->n_locals; i > 0; i--)
    if (is_name (name, self->locals[i - 1].name, self->locals[i - 1].length)) {
      *term = self->locals[i - 1].term;
      return TRUE;
    }
  for (guint i = 0; self->names[i].name != NULL; i++)
    if (strcmp (self->names[i].name, name) == 0) {
      *term = self->terms[i];
      return TRUE;
    }
  return FALSE;
}

/**
 * tl_expr_parse_rule:
 * @text: assignments "name = expression", separated by ";"
 * @names: what the other names stand for; inputs are numbered in their order
 * @outputs: (array zero-terminated=1): names whose last values are the outputs
 * @error: return location for an error
 *
 * A name may be assigned again; from there on it stands for the new value.
 *
 * Errors: %TL_ERROR_FORMAT for a mistake in @text, an output that has no value or an expression that is too long
 *
 * Returns: (transfer full): the expression, or %NULL
 */
TlExpr *
tl_expr_parse_rule (const char        *text,
                    const TlExprName  *names,
                    const char *const *outputs,
                    GError           **error)
{
  g_autofree TlExprBuilder *builder = g_new (TlExprBuilder, 1);
  guint16                   terms[MAX_NAMES];
  Local                     locals[MAX_NAMES];
  GError                   *local = NULL;
  Parser                    parser = { .builder = builder, .at = text, .names = names, .terms = terms, .locals = locals, .error = &local };

  start_names (builder, names, terms);
  do {
    if (parser.n_locals == MAX_NAMES)
      fail (&parser, "fewer assignments");
    else if (parse_assignment (&parser, &locals[parser.n_locals]))
      parser.n_locals++;
  } while (local == NULL && *parser.at++ == ';');
  for (guint i = 0; local == NULL && outputs[i] != NULL; i++)
    if (builder->n_out == TL_PROGRAM_MAX_OUT || !find_output (&parser, outputs[i], &builder->out[builder->n_out++]))
      g_set_error (&local, TL_ERROR, TL_ERROR_FORMAT, "expression \"%s\": output %s has no value or is one too many", text,
                   outputs[i]);
  if (local != NULL) {
    g_propagate_error (error, local);
    return NULL;
  }
  return finish (builder, text, error);
}

/**
 * tl_expr_to_string:
 * @self: an expression
 * @output: which output
 * @input_names: (array): names of the inputs
 *
 * Writes calls of functors, which is how GPU texts and reference pages show an expression.
 *
 * Returns: (transfer full): the text
 */
char *
tl_expr_to_string (TlExpr            *self,
                   guint              output,
                   const char *const *input_names)
{
  g_autofree char **texts = g_new0 (char *, self->n_terms);
  char             *result;
  char              number[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < self->n_terms; i++) {
    const Term *term = &self->terms[i];
    GString    *text = g_string_new (NULL);

    if (term->kind == TERM_INPUT)
      g_string_append (text, input_names[term->arg[0]]);
    else if (term->kind == TERM_CONSTANT)
      g_string_append (text, g_ascii_dtostr (number, sizeof number, term->value));
    else {
      g_string_append_printf (text, "%s (", tl_fn_name (term->fn));
      for (guint j = 0; j < tl_fn_arity (term->fn); j++)
        g_string_append_printf (text, "%s%s", j > 0 ? ", " : "", texts[term->arg[j]]);
      g_string_append_c (text, ')');
    }
    texts[i] = g_string_free (text, FALSE);
  }
  result = g_steal_pointer (&texts[self->out[output]]);
  for (guint i = 0; i < self->n_terms; i++)
    g_free (texts[i]);
  return result;
}
