/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/derivatives.h"

#include <string.h>

#include "core/graph/autodiff.h"
#include "core/op/common.h"

/* A function at work: its inputs as values of their own, and what it gave. */
typedef struct {
  TlContext *context;
  gboolean   grad_before;
  guint      n_x;
  TlTensor  *x[TL_DERIVATIVES_MAX_IN];
  TlTensor  *y;
} Call;

static void
unref_all (TlTensor **tensors,
           guint      n)
{
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&tensors[i], tl_tensor_unref);
}

static void
call_end (Call *self)
{
  tl_context_set_grad_enabled (self->context, self->grad_before);
  unref_all (self->x, self->n_x);
  g_clear_pointer (&self->y, tl_tensor_unref);
}

static gboolean
call_begin (Call               *self,
            const TlDerivative *of,
            GError            **error)
{
  *self = (Call){ .context = tl_context_get () };
  self->grad_before = tl_context_set_grad_enabled (self->context, TRUE);
  if (of->n_x > TL_DERIVATIVES_MAX_IN) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "a function of %u tensors: at most %d can be differentiated together", of->n_x,
                 TL_DERIVATIVES_MAX_IN);
    return FALSE;
  }
  for (; self->n_x < of->n_x; self->n_x++) {
    self->x[self->n_x] = tl_watch (of->x[self->n_x], error);
    if (self->x[self->n_x] == NULL)
      return FALSE;
  }
  self->y = of->func (self->x, self->n_x, of->user_data, error);
  return self->y != NULL;
}

static TlTensor *
zeros_like (const TlTensor *like,
            GError        **error)
{
  return tl_zeros (like->meta.rank, like->meta.shape, like->meta.dtype, error);
}

/* A tensor that nothing depends on has a gradient too. */
static gboolean
fill_zeros (TlTensor **dx,
            TlTensor **like,
            guint      n,
            GError   **error)
{
  for (guint i = 0; i < n; i++) {
    if (dx[i] == NULL)
      dx[i] = zeros_like (like[i], error);
    if (dx[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* Gradients of the sum of <y[i], dy[i]>; parts that depend on nothing count nothing. */
static gboolean
grad_of (TlTensor *const *y,
         TlTensor *const *dy,
         guint            n_y,
         TlTensor       **x,
         guint            n_x,
         gboolean         create_graph,
         TlTensor       **dx,
         GError         **error)
{
  TlTensor *from[TL_DERIVATIVES_MAX_IN], *seeds[TL_DERIVATIVES_MAX_IN];
  guint     n = 0;
  gboolean  ok = TRUE;

  for (guint i = 0; i < n_y; i++)
    if (y[i] != NULL && tl_tensor_requires_grad (y[i])) {
      from[n] = y[i];
      seeds[n++] = dy != NULL ? dy[i] : NULL;
    }
  memset (dx, 0, n_x * sizeof *dx);
  if (n > 0)
    ok = tl_grad (from, seeds, n, x, n_x, create_graph, dx, error);
  ok = ok && fill_zeros (dx, x, n_x, error);
  if (!ok)
    unref_all (dx, n_x);
  return ok;
}

static gboolean
check_vectors (const char         *name,
               const TlDerivative *of,
               TlTensor *const    *v,
               GError            **error)
{
  for (guint i = 0; i < of->n_x; i++) {
    g_autofree char *a = NULL, *b = NULL;

    if (tl_meta_same_shape (&of->x[i]->meta, &v[i]->meta) && of->x[i]->meta.dtype == v[i]->meta.dtype)
      continue;
    a = tl_meta_to_string (&of->x[i]->meta);
    b = tl_meta_to_string (&v[i]->meta);
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: input %u is %s, its vector %s", name, i + 1, a, b);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_scalar (const char     *name,
              const TlTensor *y,
              GError        **error)
{
  g_autofree char *shape = NULL;

  if (tl_meta_get_n_elements (&y->meta) == 1)
    return TRUE;
  shape = tl_shape_to_string (y->meta.shape, y->meta.rank);
  g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: the function must give one number, not %s", name, shape);
  return FALSE;
}

/**
 * tl_vjp:
 * @of: what is differentiated
 * @v: (nullable): a vector of the result's shape; 1 for a result of one element
 * @y: (out) (nullable): the function's result
 * @dx: (array) (out): for each input, @v times the Jacobian
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, and those of the function
 *
 * Returns: whether it worked
 */
gboolean
tl_vjp (const TlDerivative *of,
        TlTensor           *v,
        TlTensor          **y,
        TlTensor          **dx,
        GError            **error)
{
  Call     call;
  gboolean ok = call_begin (&call, of, error) && (v != NULL || check_scalar ("vjp", call.y, error));

  if (ok && v != NULL && !tl_meta_same_shape (&v->meta, &call.y->meta)) {
    g_autofree char *a = tl_shape_to_string (call.y->meta.shape, call.y->meta.rank);
    g_autofree char *b = tl_shape_to_string (v->meta.shape, v->meta.rank);

    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "vjp: the function gives %s, the vector has %s", a, b);
    ok = FALSE;
  }
  ok = ok && grad_of (&call.y, &v, 1, call.x, call.n_x, of->create_graph, dx, error);
  if (ok && y != NULL)
    *y = of->create_graph ? tl_tensor_ref (call.y) : tl_detach (call.y);
  call_end (&call);
  return ok;
}

/**
 * tl_jvp:
 * @of: what is differentiated
 * @v: (array): a vector for each input, of its shape
 * @y: (out) (nullable): the function's result
 * @dy: (out): the derivative of the result along @v
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, and those of the function
 *
 * Returns: whether it worked
 */
gboolean
tl_jvp (const TlDerivative *of,
        TlTensor *const    *v,
        TlTensor          **y,
        TlTensor          **dy,
        GError            **error)
{
  Call                 call;
  TlTensor            *first[TL_DERIVATIVES_MAX_IN] = { NULL };
  g_autoptr (TlTensor) zeros = NULL;
  TlTensor            *u = NULL;
  gboolean             ok = check_vectors ("jvp", of, v, error);

  if (!ok)
    return FALSE;
  ok = call_begin (&call, of, error);
  zeros = ok ? zeros_like (call.y, error) : NULL;
  u = zeros != NULL ? tl_watch (zeros, error) : NULL;
  ok = u != NULL && grad_of (&call.y, &u, 1, call.x, call.n_x, TRUE, first, error) &&
       grad_of (first, v, call.n_x, &u, 1, of->create_graph, dy, error);
  if (ok && y != NULL)
    *y = of->create_graph ? tl_tensor_ref (call.y) : tl_detach (call.y);
  unref_all (first, call.n_x);
  g_clear_pointer (&u, tl_tensor_unref);
  call_end (&call);
  return ok;
}

/**
 * tl_hvp:
 * @of: what is differentiated; it gives one number
 * @v: (array): a vector for each input, of its shape
 * @y: (out) (nullable): the function's result
 * @hv: (array) (out): for each input, the Hessian times @v
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, and those of the function
 *
 * Returns: whether it worked
 */
gboolean
tl_hvp (const TlDerivative *of,
        TlTensor *const    *v,
        TlTensor          **y,
        TlTensor          **hv,
        GError            **error)
{
  Call      call;
  TlTensor *first[TL_DERIVATIVES_MAX_IN] = { NULL };
  gboolean  ok = check_vectors ("hvp", of, v, error);

  if (!ok)
    return FALSE;
  ok = call_begin (&call, of, error) && check_scalar ("hvp", call.y, error) &&
       grad_of (&call.y, NULL, 1, call.x, call.n_x, TRUE, first, error) &&
       grad_of (first, v, call.n_x, call.x, call.n_x, of->create_graph, hv, error);
  if (ok && y != NULL)
    *y = of->create_graph ? tl_tensor_ref (call.y) : tl_detach (call.y);
  unref_all (first, call.n_x);
  call_end (&call);
  return ok;
}

/* A tensor like @y, 1 at one place and 0 elsewhere. */
static TlTensor *
unit_vector (const TlTensor *y,
             gint64          at,
             GError        **error)
{
  g_autoptr (TlTensor) place = tl_tensor_new_from_data (TL_DTYPE_I64, 0, NULL, &at, error);
  g_autoptr (TlTensor) hot = place != NULL ? tl_one_hot (place, tl_meta_get_n_elements (&y->meta), y->meta.dtype, error) : NULL;

  return hot != NULL ? tl_reshape (hot, y->meta.rank, y->meta.shape, error) : NULL;
}

/* [rows..., x...] from one row for each element of @y. */
static TlTensor *
join_rows (const TlTensor *y,
           const TlTensor *x,
           TlTensor      **rows,
           gint64          n,
           GError        **error)
{
  TlDim                shape[2 * TL_TENSOR_MAX_RANK];
  guint                rank = y->meta.rank + x->meta.rank;
  g_autoptr (TlTensor) all = NULL;

  memcpy (shape, y->meta.shape, y->meta.rank * sizeof (TlDim));
  memcpy (shape + y->meta.rank, x->meta.shape, x->meta.rank * sizeof (TlDim));
  if (rank > TL_TENSOR_MAX_RANK) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "a Jacobian of %u axes: at most %d are possible", rank, TL_TENSOR_MAX_RANK);
    return NULL;
  }
  if (n == 0)
    return tl_zeros (rank, shape, y->meta.dtype, error);
  all = tl_stack (rows, (guint)n, 0, error);
  return all != NULL ? tl_reshape (all, rank, shape, error) : NULL;
}

/* A backward pass for each element. */
static gboolean
jacobian_of (TlTensor  *y,
             Call      *call,
             gboolean   create_graph,
             TlTensor **jacobians,
             GError   **error)
{
  gint64                n = tl_meta_get_n_elements (&y->meta);
  g_autofree TlTensor **rows = NULL;
  gboolean              ok = TRUE;

  if (tl_dim_is_symbolic (n) || n > TL_APPLY_MAX_IN) {
    g_autofree char *shape = tl_shape_to_string (y->meta.shape, y->meta.rank);

    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
                 "a Jacobian has a row for each element: %s are too many or not known yet; use products with it: vjp, jvp, hvp", shape);
    return FALSE;
  }
  rows = g_new0 (TlTensor *, (gsize)n * call->n_x + 1);
  for (gint64 k = 0; k < n && ok; k++) {
    g_autoptr (TlTensor) seed = unit_vector (y, k, error);
    TlTensor            *dx[TL_DERIVATIVES_MAX_IN];
    TlTensor            *seeds[] = { seed };

    ok = seed != NULL && grad_of (&y, seeds, 1, call->x, call->n_x, create_graph, dx, error);
    for (guint i = 0; i < call->n_x && ok; i++)
      rows[i * (guint)n + k] = dx[i];
  }
  for (guint i = 0; i < call->n_x && ok; i++) {
    jacobians[i] = join_rows (y, call->x[i], rows + (gsize)i * (gsize)n, n, error);
    ok = jacobians[i] != NULL;
  }
  if (!ok)
    unref_all (jacobians, call->n_x);
  unref_all (rows, (guint)n * call->n_x);
  return ok;
}

/**
 * tl_jacobian:
 * @of: what is differentiated
 * @jacobians: (array) (out): for each input, `[shape of the result..., shape of the input...]`
 * @error: return location for an error
 *
 * Takes a backward pass for each element of the result.
 *
 * Errors: %TL_ERROR_UNSUPPORTED for more than 4096 elements or 8 axes, and those of the function
 *
 * Returns: whether it worked
 */
gboolean
tl_jacobian (const TlDerivative *of,
             TlTensor          **jacobians,
             GError            **error)
{
  Call     call;
  gboolean ok;

  memset (jacobians, 0, of->n_x * sizeof *jacobians);
  ok = call_begin (&call, of, error) && jacobian_of (call.y, &call, of->create_graph, jacobians, error);
  call_end (&call);
  return ok;
}

/**
 * tl_hessian:
 * @of: what is differentiated; it gives one number
 * @hessians: (array) (out): n_x * n_x blocks, row by row: `[shape of input i..., shape of input j...]`
 * @error: return location for an error
 *
 * Errors: as tl_jacobian()
 *
 * Returns: whether it worked
 */
gboolean
tl_hessian (const TlDerivative *of,
            TlTensor          **hessians,
            GError            **error)
{
  Call      call;
  TlTensor *first[TL_DERIVATIVES_MAX_IN] = { NULL };
  gboolean  ok;

  memset (hessians, 0, of->n_x * of->n_x * sizeof *hessians);
  ok = call_begin (&call, of, error) && check_scalar ("hessian", call.y, error) &&
       grad_of (&call.y, NULL, 1, call.x, call.n_x, TRUE, first, error);
  for (guint i = 0; i < call.n_x && ok; i++)
    ok = jacobian_of (first[i], &call, of->create_graph, hessians + i * call.n_x, error);
  if (!ok)
    unref_all (hessians, of->n_x * of->n_x);
  unref_all (first, call.n_x);
  call_end (&call);
  return ok;
}
