/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Scalar expressions: what elementwise operations are made of.
 *
 * An expression is a small graph of scalar functors (core/kernels/functors.def) over inputs and constants, in single
 * assignment and without repeated terms.  It is read from text such as "0.5 * x * (1 + erf (x * 0.7071067811865476))", differentiated
 * by the chain rule, joined with others when chains are fused, and run by the map kernel.
 *
 *     text      expr  := sum (("<" | "<=" | ">" | ">=" | "==" | "!=") sum)?
 *               sum   := product (("+" | "-") product)*
 *               product := unary (("*" | "/") unary)*
 *               unary := "-" unary | number | name | functor "(" expr ("," expr)* ")" | "(" expr ")"
 *               several outputs are separated by ";"
 *     rule      name "=" expr (";" name "=" expr)*
 *
 * Ownership: counted references; constant once made.  Thread rule: any thread.
 */

#include <glib.h>

#include "core/kernels/program.h"

G_BEGIN_DECLS

typedef struct _TlExpr TlExpr;

/**
 * TlExprName:
 * @name: a name in the text; the array ends with a nameless one
 * @is_constant: whether it stands for @value, else for the next input
 * @value: its number
 */
typedef struct {
  const char *name;
  gboolean    is_constant;
  double      value;
} TlExprName;

TlExpr *tl_expr_parse (const char       *text,
                       const TlExprName *names,
                       GError          **error);
TlExpr *tl_expr_parse_rule (const char        *text,
                            const TlExprName  *names,
                            const char *const *outputs,
                            GError           **error);
TlExpr *tl_expr_ref (TlExpr *self);
void    tl_expr_unref (TlExpr *self);

guint            tl_expr_get_n_in (TlExpr *self);
guint            tl_expr_get_n_out (TlExpr *self);
const TlProgram *tl_expr_get_program (TlExpr *self);
TlCompiledMap    tl_expr_get_compiled (TlExpr *self,
                                       TlDType dtype);
gboolean         tl_expr_uses_input (TlExpr *self,
                                     guint   input);
gboolean         tl_expr_equal (TlExpr *a,
                                TlExpr *b);
char            *tl_expr_to_string (TlExpr            *self,
                                    guint              output,
                                    const char *const *input_names);

TlExpr *tl_expr_differentiate (TlExpr         *self,
                               guint           output,
                               const gboolean *needs);
TlExpr *tl_expr_select_outputs (TlExpr      *self,
                                const guint *outputs,
                                guint        n_outputs);
TlExpr *tl_expr_join (TlExpr      *producer,
                      guint        producer_output,
                      TlExpr      *consumer,
                      const guint *producer_inputs,
                      const gint  *consumer_inputs,
                      guint        n_inputs,
                      gboolean     keep_producer_output);
TlExpr *tl_expr_remap_inputs (TlExpr     *self,
                              const gint *to,
                              guint       n_inputs);
TlExpr *tl_expr_bind_constant (TlExpr *self,
                               guint   input,
                               double  value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlExpr, tl_expr_unref)

G_END_DECLS
