/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "core/graph/expr.h"

G_BEGIN_DECLS

#define TL_EXPR_MAX_NODES 512
#define TL_EXPR_NONE G_MAXUINT16

typedef enum {
  TERM_INPUT,
  TERM_CONSTANT,
  TERM_CALL,
} TermKind;

typedef struct {
  guint8  kind;
  guint8  fn;
  guint16 arg[3]; /* numbers of terms; arg[0] is the number of an input */
  double  value;
} Term;

/* Terms are unique; a term's arguments stand before it. */
typedef struct {
  guint    n_in;
  guint    n_terms;
  gboolean overflow;
  guint    n_out;
  guint16  out[TL_PROGRAM_MAX_OUT];
  Term     terms[TL_EXPR_MAX_NODES];
} TlExprBuilder;

struct _TlExpr {
  atomic_int    ref_count;
  guint         n_in;
  guint         n_terms;
  guint         n_out;
  guint16       out[TL_PROGRAM_MAX_OUT];
  Term         *terms;
  TlProgram     program;
  TlCompiledMap compiled[2]; /* f32, f64 */
};

void    tl_expr_builder_init (TlExprBuilder *self,
                              guint          n_in);
guint16 tl_expr_builder_input (TlExprBuilder *self,
                               guint          input);
guint16 tl_expr_builder_constant (TlExprBuilder *self,
                                  double         value);
guint16 tl_expr_builder_call (TlExprBuilder *self,
                              TlFn           fn,
                              guint16        a,
                              guint16        b,
                              guint16        c);
void    tl_expr_builder_insert (TlExprBuilder *self,
                                TlExpr        *expr,
                                const guint16 *inputs,
                                guint16       *outputs);
guint16 tl_expr_builder_parse (TlExprBuilder    *self,
                               const char      **text,
                               const TlExprName *names,
                               const guint16    *terms,
                               GError          **error);
TlExpr *tl_expr_builder_finish (TlExprBuilder *self);

G_END_DECLS
