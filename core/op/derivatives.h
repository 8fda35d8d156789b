/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Derivatives of functions of tensors: products with the Jacobian and the Hessian, and these themselves.
 *
 *     vjp   v' J        one backward pass
 *     jvp   J v         v' J is linear in v: its derivative along v, in a second backward pass
 *     hvp   H v         the gradient of <gradient, v>
 *
 * Forward mode would want a second derivative rule of every row; the second backward pass goes through the gradients that rows have
 * anyway, costs about as much, and in a plan what only the first pass needed is not computed.
 *
 * The function is called once, with its inputs as values of their own: gradients do not go further.  It may call anything that
 * has gradients, also these functions.
 *
 * Source: Pearlmutter 1994, doi:10.1162/neco.1994.6.1.147; the double backward pass: Townsend 2017
 *
 * Ownership: results are new references.  Thread rule: one thread at a time.
 */

#include "core/graph/node.h"

G_BEGIN_DECLS

#define TL_DERIVATIVES_MAX_IN 16

/**
 * TlTensorFunc:
 * @x: (array length=n_x): inputs
 * @n_x: their number
 * @user_data: for the function
 * @error: return location for an error
 *
 * Returns: (transfer full): a tensor that depends on the inputs, or %NULL
 */
typedef TlTensor *(*TlTensorFunc) (TlTensor *const *x,
                                   guint            n_x,
                                   gpointer         user_data,
                                   GError         **error);

/**
 * TlDerivative:
 * @func: a function of tensors
 * @user_data: for @func
 * @x: (array length=n_x): where it is differentiated, floating
 * @n_x: their number, up to %TL_DERIVATIVES_MAX_IN
 * @create_graph: whether the results can be differentiated again
 *
 * What is differentiated.
 */
typedef struct {
  TlTensorFunc     func;
  gpointer         user_data;
  TlTensor *const *x;
  guint            n_x;
  gboolean         create_graph;
} TlDerivative;

gboolean tl_vjp (const TlDerivative *of,
                 TlTensor           *v,
                 TlTensor          **y,
                 TlTensor          **dx,
                 GError            **error);
gboolean tl_jvp (const TlDerivative *of,
                 TlTensor *const    *v,
                 TlTensor          **y,
                 TlTensor          **dy,
                 GError            **error);
gboolean tl_hvp (const TlDerivative *of,
                 TlTensor *const    *v,
                 TlTensor          **y,
                 TlTensor          **hv,
                 GError            **error);
gboolean tl_jacobian (const TlDerivative *of,
                      TlTensor          **jacobians,
                      GError            **error);
gboolean tl_hessian (const TlDerivative *of,
                     TlTensor          **hessians,
                     GError            **error);

G_END_DECLS
