/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Expressions that were compiled ahead.
 *
 * The rows' expressions, their gradients and common chains are turned into C at build time (core/op/compile-exprs.c), once for
 * each dtype and instruction set.  An expression finds its function by its program, when it is made.
 *
 * Thread rule: registering before other threads start; finding from any thread.
 */

#include <glib.h>

#include "core/kernels/program.h"

G_BEGIN_DECLS

/**
 * TlCompiledRow:
 * @program: the program it stands for
 * @f32: the function, or %NULL
 * @f64: the function, or %NULL
 */
typedef struct {
  const TlProgram *program;
  TlCompiledMap    f32;
  TlCompiledMap    f64;
} TlCompiledRow;

void tl_expr_register_compiled (const TlCompiledRow *rows,
                                guint                n_rows);
void tl_expr_find_compiled (const TlProgram *program,
                            TlCompiledMap   *compiled);

G_END_DECLS
