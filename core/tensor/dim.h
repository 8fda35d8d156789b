/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sizes that may be symbolic.
 *
 * A TlDim >= 0 is a size in elements.  A negative one names an expression such as `N`, `49*N` or `floor((T+1)/2)` in a
 * process-wide table, kept in a normal form: two equal expressions are the same number, so TlDims are compared with ==.
 * Strides and offsets are TlDims too.  Expressions are sums of products of symbols and floor divisions with integer
 * factors; arithmetic that overflows or would need another form gives TL_DIM_INVALID, which every function passes on.
 *
 * At replay symbols are bound to sizes and tl_dim_eval() gives numbers.
 *
 * Thread rule: any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef gint64 TlDim;

#define TL_DIM_INVALID G_MININT64

/**
 * TlBinding:
 * @symbol: a dimension made by tl_dim_symbol()
 * @size: its size
 */
typedef struct {
  TlDim  symbol;
  gint64 size;
} TlBinding;

TlDim    tl_dim_symbol (const char *name);
gboolean tl_dim_is_symbolic (TlDim dim);

TlDim tl_dim_add (TlDim a,
                  TlDim b);
TlDim tl_dim_sub (TlDim a,
                  TlDim b);
TlDim tl_dim_mul (TlDim a,
                  TlDim b);
TlDim tl_dim_floor_div (TlDim  a,
                        gint64 divisor);
TlDim tl_dim_div_exact (TlDim a,
                        TlDim b);
TlDim tl_dim_min (TlDim a,
                  TlDim b);
TlDim tl_dim_max (TlDim a,
                  TlDim b);

gint64 tl_dim_eval (TlDim            dim,
                    const TlBinding *bindings,
                    guint            n_bindings);
void   tl_dim_append (TlDim    dim,
                      GString *text);
char  *tl_dim_to_string (TlDim dim);

G_END_DECLS
