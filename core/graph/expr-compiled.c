/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/expr-compiled.h"

#include <string.h>

static struct {
  const TlCompiledRow *rows;
  guint                n_rows;
} table;

static gboolean
program_equal (const TlProgram *a,
               const TlProgram *b)
{
  return a->n_in == b->n_in && a->n_constants == b->n_constants && a->n_instr == b->n_instr && a->n_out == b->n_out &&
         memcmp (a->out, b->out, a->n_out) == 0 &&
         memcmp (a->constants, b->constants, a->n_constants * sizeof (double)) == 0 &&
         memcmp (a->instr, b->instr, a->n_instr * sizeof (TlInstr)) == 0;
}

/**
 * tl_expr_register_compiled:
 * @rows: (array length=n_rows): functions of the machine's instruction set, static
 * @n_rows: their number
 *
 * Makes functions known to expressions made from now on.
 */
void
tl_expr_register_compiled (const TlCompiledRow *rows,
                           guint                n_rows)
{
  table.rows = rows;
  table.n_rows = n_rows;
}

/**
 * tl_expr_find_compiled:
 * @program: a program
 * @compiled: (out) (array fixed-size=2): its functions in f32 and f64, or %NULL
 */
void
tl_expr_find_compiled (const TlProgram *program,
                       TlCompiledMap   *compiled)
{
  compiled[0] = compiled[1] = NULL;
  for (guint i = 0; i < table.n_rows; i++)
    if (program_equal (table.rows[i].program, program)) {
      compiled[0] = table.rows[i].f32;
      compiled[1] = table.rows[i].f64;
      return;
    }
}
