/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the expressions of the table as C: run when Trellis is built.
 *
 *     compile-exprs functions.c programs.c
 *
 * Collects what rows compute forward and backward, as eager operations ask for it and as plans do after tidying, and the
 * chains listed below.  functions.c is compiled once per instruction set and holds, for each program, a function for
 * f32 and one for f64, made of the functors that the interpreter uses; programs.c holds the programs and registers the
 * functions of the machine's level.  Programs of one instruction are left to the interpreter, which is as fast there, and
 * so are those with a sine.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/graph/attr.h"
#include "core/graph/expr.h"
#include "core/graph/node-private.h"
#include "core/op/ops.h"

/* What plans of common models come to beside the rows, and what gradients and updates compute. */
// clang-format off
static const struct {
  guint       n_in;
  const char *text; /* over a, b, c, ... */
} chains[] = {
  { 2, "(a - b) * (a - b)" }, /* squared error */
  { 2, "square (a - b)" },
  { 3, "a * b + c" }, /* scale and shift */
  { 3, "(a - b) * c" }, /* normalise */
  { 5, "(a - b) * c * d + e" },
  { 2, "max (a + b, 0)" }, /* bias and activation */
  { 2, "tanh (a + b)" },
  { 2, "sigmoid (a + b)" },
  { 3, "max (a + b + c, 0)" }, /* residual */
  { 3, "a + c * (b - a)" }, /* running average */
  { 4, "a + c * (b * (d / max (d - 1, 1)) - a)" },
  { 3, "a + b + c" }, /* sums of gradients */
  { 4, "a + b + c + d" },
};
// clang-format on

static GPtrArray *exprs; /* TlExpr, each once */

static gboolean
same_program (const TlProgram *a,
              const TlProgram *b)
{
  return a->n_in == b->n_in && a->n_constants == b->n_constants && a->n_instr == b->n_instr && a->n_out == b->n_out &&
         memcmp (a->out, b->out, a->n_out) == 0 &&
         memcmp (a->constants, b->constants, a->n_constants * sizeof (double)) == 0 &&
         memcmp (a->instr, b->instr, a->n_instr * sizeof (TlInstr)) == 0;
}

/* Which the interpreter computes another way where operands are large. */
static gboolean
has_trig (const TlProgram *program)
{
  for (guint i = 0; i < program->n_instr; i++)
    if (program->instr[i].fn == TL_FN_sin || program->instr[i].fn == TL_FN_cos || program->instr[i].fn == TL_FN_tan)
      return TRUE;
  return FALSE;
}

static void
add_expr (TlExpr *expr)
{
  const TlProgram *program = tl_expr_get_program (expr);

  if (program->n_instr < 2 || has_trig (program) || !tl_program_is_valid (program, TL_DTYPE_F32))
    return;
  for (guint i = 0; i < exprs->len; i++)
    if (same_program (tl_expr_get_program (exprs->pdata[i]), program))
      return;
  g_ptr_array_add (exprs, tl_expr_ref (expr));
}

/*
 * The gradient as a plan has it: inputs that are not read stand for the output's gradient, and equal inputs are one.
 * KEEP IN STEP: gradient_step() in map.c, tidy_inputs() in plan-passes.c
 */
static void
add_tidied (TlExpr *gradient)
{
  guint              n = tl_expr_get_n_in (gradient), operand[TL_PROGRAM_MAX_IN];
  g_autoptr (TlExpr) expr = tl_expr_ref (gradient);

  for (guint i = 0; i < n; i++)
    operand[i] = tl_expr_uses_input (expr, i) ? i : n - 1;
  for (guint i = n; i-- > 1;) {
    gint    to[TL_PROGRAM_MAX_IN];
    guint   keep = 0;
    TlExpr *merged;

    while (keep < i && operand[keep] != operand[i])
      keep++;
    if (keep == i)
      continue;
    for (guint j = 0; j < n; j++)
      to[j] = j == i ? (gint)keep : (gint)(j - (j > i));
    merged = tl_expr_remap_inputs (expr, to, n - 1);
    if (merged == NULL)
      return;
    tl_expr_unref (expr);
    expr = merged;
    memmove (&operand[i], &operand[i + 1], (n - i - 1) * sizeof operand[0]);
    n--;
  }
  add_expr (expr);
}

static void
add_row_with (const TlOpClass   *op,
              const TlAttrValue *attrs)
{
  guint              n_in = tl_op_get_n_ports (op->in);
  g_autoptr (TlExpr) forward = tl_op_get_expr (op, attrs, 0, NULL);

  g_assert (forward != NULL);
  add_expr (forward);
  if (op->result == TL_RESULT_BOOL)
    return;
  for (guint needs = 1; needs < 1u << n_in; needs++) {
    g_autoptr (TlExpr) gradient = NULL;
    gboolean           asked = TRUE;

    for (guint i = 0; i < n_in; i++)
      asked = asked && ((needs >> i & 1) == 0 || (op->in[i].flags & TL_PORT_NODIFF) == 0);
    if (!asked)
      continue;
    gradient = tl_op_get_expr (op, attrs, needs, NULL);
    if (gradient == NULL)
      continue;
    add_expr (gradient);
    add_tidied (gradient);
  }
}

/* With the defaults, and with each name of an ENUM. */
static void
add_row (const TlOpClass *op)
{
  TlAttrValue attrs[TL_OP_MAX_ATTRS];

  tl_attr_init_defaults (op->attrs, attrs);
  add_row_with (op, attrs);
  for (guint i = 0; i < tl_op_get_n_attrs (op); i++) {
    TlAttrValue before = attrs[i];

    for (gint64 j = 0; op->attrs[i].names != NULL && op->attrs[i].names[j] != NULL; j++) {
      attrs[i] = TL_INT (j);
      add_row_with (op, attrs);
    }
    attrs[i] = before;
  }
}

static void
add_chain (guint       n_in,
           const char *text)
{
  static const char *const letters[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
  TlExprName               names[TL_PROGRAM_MAX_IN + 1] = { { NULL } };
  g_autoptr (TlExpr)       expr = NULL;

  for (guint i = 0; i < n_in; i++)
    names[i].name = letters[i];
  expr = tl_expr_parse (text, names, NULL);
  g_assert (expr != NULL);
  add_expr (expr);
}

static void
write_register (FILE            *file,
                const TlProgram *program,
                guint            reg)
{
  if (reg < program->n_in)
    fprintf (file, "a%u", reg);
  else if (reg < program->n_in + program->n_constants)
    fprintf (file, "c%u", reg - program->n_in);
  else
    fprintf (file, "t%u", reg - program->n_in - program->n_constants);
}

static void
write_number (FILE  *file,
              double value)
{
  if (isfinite (value))
    fprintf (file, "%a", value);
  else
    fprintf (file, "%s", isnan (value) ? "__builtin_nan (\"\")" : value > 0 ? "__builtin_inf ()"
                                                                            : "-__builtin_inf ()");
}

static void
write_function (FILE            *file,
                guint            number,
                const TlProgram *program,
                TlExpr          *expr,
                const char      *type,
                const char      *ctype)
{
  fprintf (file, "static void\np%u_%s (void *const *out, const void *const *in, size_t n)\n{\n", number, type);
  for (guint i = 0; i < program->n_in; i++)
    if (tl_expr_uses_input (expr, i))
      fprintf (file, "  const %s *i%u = in[%u];\n", ctype, i, i);
  for (guint i = 0; i < program->n_out; i++)
    fprintf (file, "  %s *o%u = out[%u];\n", ctype, i, i);
  for (guint i = 0; i < program->n_constants; i++) {
    fprintf (file, "  const %s c%u = (%s)", ctype, i, ctype);
    write_number (file, program->constants[i]);
    fprintf (file, ";\n");
  }
  fprintf (file, "\n  TL_VECTOR_LOOP\n  for (size_t i = 0; i < n; i++) {\n");
  for (guint i = 0; i < program->n_in; i++)
    if (tl_expr_uses_input (expr, i))
      fprintf (file, "    const %s a%u = i%u[i];\n", ctype, i, i);
  for (guint i = 0; i < program->n_instr; i++) {
    const TlInstr *instr = &program->instr[i];

    fprintf (file, "    const %s t%u = fn_%s_%s (", ctype, i, tl_fn_name (instr->fn), type);
    for (guint j = 0; j < tl_fn_arity (instr->fn); j++) {
      fprintf (file, "%s", j > 0 ? ", " : "");
      write_register (file, program, instr->src[j]);
    }
    fprintf (file, ");\n");
  }
  for (guint i = 0; i < program->n_out; i++) {
    fprintf (file, "    o%u[i] = ", i);
    write_register (file, program, program->out[i]);
    fprintf (file, ";\n");
  }
  fprintf (file, "  }\n}\n\n");
}

static void
write_functions (FILE *file)
{
  static const char *const types[][2] = { { "f32", "float" }, { "f64", "double" } };

  fprintf (file, "/* Written by compile-exprs. */\n#include \"core/kernels/functors.h\"\n#include \"core/kernels/program.h\"\n\n");
  for (guint i = 0; i < exprs->len; i++)
    for (guint type = 0; type < 2; type++)
      write_function (file, i, tl_expr_get_program (exprs->pdata[i]), exprs->pdata[i], types[type][0], types[type][1]);
  for (guint type = 0; type < 2; type++) {
    fprintf (file, "extern const TlCompiledMap TL_ISA_NAME (tl_compiled_%s)[];\n", types[type][0]);
    fprintf (file, "const TlCompiledMap TL_ISA_NAME (tl_compiled_%s)[] = {\n", types[type][0]);
    for (guint i = 0; i < exprs->len; i++)
      fprintf (file, "  p%u_%s,\n", i, types[type][0]);
    fprintf (file, "};\n");
  }
}

static void
write_program (FILE            *file,
               const TlProgram *program)
{
  fprintf (file, "  { %u, %u, %u, %u, {", program->n_in, program->n_constants, program->n_instr, program->n_out);
  for (guint i = 0; i < program->n_out; i++)
    fprintf (file, " %u,", program->out[i]);
  fprintf (file, " }, {");
  for (guint i = 0; i < program->n_constants; i++) {
    fprintf (file, " ");
    write_number (file, program->constants[i]);
    fprintf (file, ",");
  }
  fprintf (file, " }, {");
  for (guint i = 0; i < program->n_instr; i++)
    fprintf (file, " { %u, { %u, %u, %u } },", program->instr[i].fn, program->instr[i].src[0], program->instr[i].src[1],
             program->instr[i].src[2]);
  fprintf (file, " } },\n");
}

static void
write_programs (FILE *file)
{
  fprintf (file, "/* Written by compile-exprs. */\n#include \"core/op/compiled-private.h\"\n\n");
  fprintf (file, "const unsigned tl_n_compiled_programs = %u;\n\nconst TlProgram tl_compiled_programs[] = {\n", exprs->len);
  for (guint i = 0; i < exprs->len; i++)
    write_program (file, tl_expr_get_program (exprs->pdata[i]));
  fprintf (file, "};\n");
}

static gboolean
write_file (const char *path,
            void (*write) (FILE *file))
{
  FILE *file = fopen (path, "w");

  if (file == NULL)
    return FALSE;
  write (file);
  return fclose (file) == 0;
}

int
main (int    argc,
      char **argv)
{
  if (argc != 3)
    return 2;
  exprs = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_expr_unref);
  for (guint i = 0; i < tl_op_get_n_rows (); i++)
    if (tl_op_get_row (i)->expr != NULL)
      add_row (tl_op_get_row (i));
  for (guint i = 0; i < G_N_ELEMENTS (chains); i++)
    add_chain (chains[i].n_in, chains[i].text);
  return write_file (argv[1], write_functions) && write_file (argv[2], write_programs) ? 0 : 1;
}
