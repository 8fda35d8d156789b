/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/attr.h"
#include "core/graph/node-private.h"
#include "core/kernels/copy.h"
#include "core/kernels/kernels.h"
#include "core/kernels/reduce.h"

/* The flags of input @i; a variadic port covers all further inputs. */
static TlPortFlags
port_flags (const TlOpClass *op,
            guint            i)
{
  guint n = tl_op_get_n_ports (op->in);

  if (i < n)
    return op->in[i].flags;
  return n > 0 && (op->in[n - 1].flags & TL_PORT_VARIADIC) != 0 ? op->in[n - 1].flags : 0;
}

static gboolean
check_inputs (const TlOpClass *op,
              TlTensor *const *in,
              guint            n_in,
              GError         **error)
{
  guint n = tl_op_get_n_ports (op->in);
  guint needed = n;

  while (needed > 0 && (op->in[needed - 1].flags & (TL_PORT_OPTIONAL | TL_PORT_VARIADIC)) != 0)
    needed--;
  if (n_in < needed || (n_in > n && (n == 0 || (op->in[n - 1].flags & TL_PORT_VARIADIC) == 0)) ||
      n_in > TL_APPLY_MAX_IN) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %u inputs given, %u wanted", op->name, n_in, needed);
    return FALSE;
  }
  for (guint i = 0; i < n_in; i++)
    if (in[i] == NULL && (port_flags (op, i) & TL_PORT_OPTIONAL) == 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: input %s is missing", op->name, op->in[MIN (i, n - 1)].name);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_attrs (const TlOpClass   *op,
             const TlAttrValue *attrs,
             GError           **error)
{
  for (guint i = 0; op->attrs != NULL && op->attrs[i].name != NULL; i++) {
    const TlAttrSpec *spec = &op->attrs[i];
    gboolean          is_list = spec->type == TL_ATTR_INTS || spec->type == TL_ATTR_FLOATS;
    guint             n = is_list ? (guint)attrs[i].n : 1;

    if (!spec->has_range)
      continue;
    for (guint j = 0; j < n; j++) {
      double value = spec->type == TL_ATTR_FLOAT    ? attrs[i].d
                     : spec->type == TL_ATTR_FLOATS ? attrs[i].f[j]
                     : spec->type == TL_ATTR_INTS   ? (double)attrs[i].v[j]
                                                    : (double)attrs[i].i;

      if (tl_attr_is_sizes (spec) && tl_dim_is_symbolic (attrs[i].v[j]))
        continue;
      if (!(value >= spec->min && value <= spec->max)) {
        g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %s = %g is not between %g and %g", op->name, spec->name,
                     value, spec->min, spec->max);
        return FALSE;
      }
    }
  }
  return TRUE;
}

static gboolean
is_f32_or_less (const TlTensor *tensor)
{
  return tensor != NULL && (tensor->meta.dtype == TL_DTYPE_F32 || tl_dtype_is_half (tensor->meta.dtype));
}

/*
 * The dtype that autocast gives to the operands of a row in f32 or less; -1 to leave them alone.  A row that says nothing takes what it is
 * given; operands of several dtypes become f32, unless it is elementwise and promotes them itself.
 */
static gint
autocast_dtype (TlContext       *context,
                const TlOpClass *op,
                TlTensor *const *in,
                guint            n_in)
{
  gboolean has_half = FALSE, has_f32 = FALSE;

  if (G_LIKELY (context->autocast == TL_DTYPE_F32) || (op->flags & TL_OP_UPDATE) != 0)
    return -1;
  if (op->precision == TL_PRECISION_NARROW)
    return (gint)context->autocast;
  if (op->precision == TL_PRECISION_WIDE)
    return TL_DTYPE_F32;
  for (guint i = 0; i < n_in; i++) {
    has_half = has_half || (in[i] != NULL && tl_dtype_is_half (in[i]->meta.dtype));
    has_f32 = has_f32 || (in[i] != NULL && in[i]->meta.dtype == TL_DTYPE_F32);
  }
  return op->expr == NULL && has_half && has_f32 ? TL_DTYPE_F32 : -1;
}

/* An input as the row wants it: captured by the trace, in the wanted dtype and layout. */
static TlTensor *
see_input (TlContext  *context,
           TlTensor   *in,
           gint        dtype,
           TlPortFlags flags,
           GError    **error)
{
  g_autoptr (TlTensor) seen = NULL;

  if (in == NULL)
    return NULL;
  seen = context->trace != NULL ? tl_trace_capture (context->trace, in) : tl_tensor_ref (in);
  if (G_UNLIKELY (dtype >= 0) && is_f32_or_less (seen) && !seen->meta.weak && seen->meta.dtype != (TlDType)dtype) {
    TlTensor *cast = tl_copy (seen, (TlDType)dtype, TL_LAYOUT_CONTIGUOUS, error);

    if (cast == NULL)
      return NULL;
    tl_tensor_unref (seen);
    seen = cast;
  }
  if ((flags & TL_PORT_CONTIGUOUS) != 0 && !tl_meta_is_contiguous (&seen->meta))
    return tl_copy (seen, seen->meta.dtype, TL_LAYOUT_CONTIGUOUS, error);
  if ((flags & TL_PORT_CHANNELS_LAST) != 0 && seen->meta.rank >= 3 && !tl_meta_is_channels_last (&seen->meta))
    return tl_copy (seen, seen->meta.dtype, TL_LAYOUT_CHANNELS_LAST, error);
  return g_steal_pointer (&seen);
}

/* The dtype in which a row that is made of others gets this operand: its parts would round between them what it rounds once. */
static TlDType
dtype_for_parts (const TlOpClass *op,
                 const TlTensor  *in)
{
  gboolean rounds = op->precision == TL_PRECISION_GIVEN || op->precision == TL_PRECISION_WIDE;

  return rounds && tl_dtype_is_half (in->meta.dtype) ? TL_DTYPE_F32 : in->meta.dtype;
}

/*
 * Makes the outputs of a row from others: dx[0..n_out), some of which may be %NULL.  With 16-bit operands the parts compute in f32.
 */
gboolean
tl_op_decompose (const TlGradient *self,
                 GError          **error)
{
  g_autofree TlTensor **in = g_new0 (TlTensor *, self->n_in + 1);
  TlGradient            parts = *self;
  TlDType               narrow = TL_DTYPE_F32;
  gboolean              ok = TRUE;

  parts.in = in;
  for (guint i = 0; i < self->n_in && ok; i++) {
    if (self->in[i] == NULL)
      continue;
    if (dtype_for_parts (self->op, self->in[i]) != self->in[i]->meta.dtype)
      narrow = self->in[i]->meta.dtype;
    in[i] = tl_cast (self->in[i], dtype_for_parts (self->op, self->in[i]), error);
    ok = in[i] != NULL;
  }
  ok = ok && self->op->decompose (&parts, error);
  for (guint i = 0; i < self->n_out && ok && narrow != TL_DTYPE_F32; i++) {
    TlTensor *wide = self->dx[i];

    if (wide == NULL || wide->meta.dtype != TL_DTYPE_F32 || self->out_metas[i].dtype == TL_DTYPE_F32)
      continue;
    self->dx[i] = tl_cast (wide, self->out_metas[i].dtype, error);
    ok = self->dx[i] != NULL;
    tl_tensor_unref (wide);
  }
  for (guint i = 0; i < self->n_in; i++)
    g_clear_pointer (&in[i], tl_tensor_unref);
  return ok;
}

/* A row without a kernel is its decomposition; infer() has the say about operands, and what it describes must come out. */
static gboolean
apply_composite (const TlNodeInit *init,
                 TlTensor        **out,
                 guint             n_out,
                 GError          **error)
{
  TlContext                *context = tl_context_get ();
  TlDType                   autocast = tl_context_get_autocast (context);
  g_autofree TlMeta        *metas = g_new0 (TlMeta, n_out + 1);
  TlGradient                decompose = { .op = init->op, .attrs = init->attrs, .n_in = init->n_in, .in = init->in, .n_out = n_out, .out_metas = metas, .dx = out };
  g_autofree const TlMeta **in = g_new0 (const TlMeta *, init->n_in + 1);
  gboolean                  data_sized = (init->op->flags & TL_OP_DATA_SIZED) != 0, ok;

  if (data_sized && context->trace != NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
                 "%s: the size of the result depends on values, so it cannot stand in a step that is planned", init->op->name);
    return FALSE;
  }
  for (guint i = 0; i < init->n_in; i++)
    in[i] = init->in[i] != NULL ? &init->in[i]->meta : NULL;
  if (!tl_node_infer (init->op, FALSE, init->result, in, init->n_in, init->attrs, metas, n_out, error))
    return FALSE;
  for (guint i = 0; i < n_out; i++)
    out[i] = NULL;
  /* The row has its operands in the dtype it is to compute in; its parts are not asked again. */
  tl_context_set_autocast (context, TL_DTYPE_F32);
  ok = tl_op_decompose (&decompose, error);
  tl_context_set_autocast (context, autocast);
  for (guint i = 0; i < n_out; i++)
    if (ok)
      g_assert (out[i]->meta.dtype == metas[i].dtype && (data_sized || tl_meta_same_shape (&out[i]->meta, &metas[i])));
    else
      g_clear_pointer (&out[i], tl_tensor_unref);
  return ok;
}

/**
 * tl_op_get_n_out:
 * @op: an operation
 * @n_in: number of its inputs
 *
 * Returns: the number of outputs: the ports', or as many as inputs; 0 for a row that counts them, see tl_op_count_out()
 */
guint
tl_op_get_n_out (const TlOpClass *op,
                 guint            n_in)
{
  guint n = tl_op_get_n_ports (op->out);

  if (op->count != NULL)
    return 0;
  if (op->out != NULL && n > 0 && (op->out[n - 1].flags & TL_PORT_VARIADIC) != 0)
    return n_in;
  return n;
}

/**
 * tl_op_count_out:
 * @op: an operation
 * @in: (array length=n_in): its inputs; %NULL for an optional one that is not given
 * @n_in: their number
 * @attrs: (nullable): values of all its attributes, in the row's order; %NULL for their defaults
 * @n_out: (out): how many outputs it has for them
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE for a missing input, an attribute out of range or more than %TL_APPLY_MAX_OUT outputs; what the row says
 *
 * Returns: whether it could be told
 */
gboolean
tl_op_count_out (const TlOpClass   *op,
                 TlTensor *const   *in,
                 guint              n_in,
                 const TlAttrValue *attrs,
                 guint             *n_out,
                 GError           **error)
{
  g_autofree const TlMeta **metas = NULL;
  TlAttrValue               defaults[TL_OP_MAX_ATTRS];
  TlInfer                   infer = { .op = op, .n_in = n_in, .attrs = attrs != NULL ? attrs : defaults };

  *n_out = tl_op_get_n_out (op, n_in);
  if (op->count == NULL)
    return TRUE;
  if (attrs == NULL)
    tl_attr_init_defaults (op->attrs, defaults);
  if (!check_inputs (op, in, n_in, error) || !check_attrs (op, infer.attrs, error))
    return FALSE;
  infer.in = metas = g_new0 (const TlMeta *, n_in + 1);
  for (guint i = 0; i < n_in; i++)
    metas[i] = in[i] != NULL ? &in[i]->meta : NULL;
  if (!op->count (&infer, error))
    return FALSE;
  *n_out = infer.n_out;
  if (infer.n_out <= TL_APPLY_MAX_OUT)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %u results, at most %d are possible", op->name, infer.n_out, TL_APPLY_MAX_OUT);
  return FALSE;
}

/* A caller that made room for as many outputs as there were before may be wrong about other sizes. */
static gboolean
check_count (const TlOpClass   *op,
             TlTensor *const   *in,
             guint              n_in,
             const TlAttrValue *attrs,
             guint              n_out,
             GError           **error)
{
  guint n;

  if (op->count == NULL)
    return TRUE;
  if (!tl_op_count_out (op, in, n_in, attrs, &n, error))
    return FALSE;
  if (n == n_out)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: there are %u results for these sizes, %u are wanted", op->name, n, n_out);
  return FALSE;
}

/**
 * tl_op_apply:
 * @op: an operation
 * @in: (array length=n_in): its inputs; %NULL for an optional one that is not given
 * @n_in: their number
 * @attrs: (nullable): values of all its attributes, in the row's order; %NULL for their defaults
 * @out: (array length=n_out) (out): its outputs, (transfer full)
 * @n_out: number of outputs, see tl_op_get_n_out() and tl_op_count_out()
 * @error: return location for an error
 *
 * Applies an operation: at once, or by recording it while a step is traced.
 *
 * Errors: what the row's infer() says, %TL_ERROR_VALUE for an attribute out of range, %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED
 *
 * Returns: whether it worked; on failure @out is not touched
 */
gboolean
tl_op_apply (const TlOpClass   *op,
             TlTensor *const   *in,
             guint              n_in,
             const TlAttrValue *attrs,
             TlTensor         **out,
             guint              n_out,
             GError           **error)
{
  TlContext            *context = tl_context_get ();
  TlTensor             *seen_inline[8];
  g_autofree TlTensor **seen_heap = n_in > G_N_ELEMENTS (seen_inline) ? g_new (TlTensor *, n_in) : NULL;
  TlTensor            **seen = seen_heap != NULL ? seen_heap : seen_inline;
  TlAttrValue           defaults[TL_OP_MAX_ATTRS];
  TlNodeInit            init = { .op = op, .in = seen, .n_in = n_in, .attrs = attrs != NULL ? attrs : defaults, .n_attrs = tl_op_get_n_attrs (op), .result = op->result };
  guint                 n = 0;
  gint                  dtype;
  gboolean              ok;

  if (attrs == NULL)
    tl_attr_init_defaults (op->attrs, defaults);
  if (!check_inputs (op, in, n_in, error) || !check_attrs (op, init.attrs, error) ||
      !check_count (op, in, n_in, init.attrs, n_out, error))
    return FALSE;
  dtype = autocast_dtype (context, op, in, n_in);
  for (ok = TRUE; n < n_in && ok; n++) {
    seen[n] = see_input (context, in[n], dtype, port_flags (op, n), error);
    ok = seen[n] != NULL || in[n] == NULL;
  }
  if (ok && op->expr != NULL) {
    init.expr = tl_op_get_expr (op, init.attrs, 0, error);
    ok = init.expr != NULL;
  }
  if (op->expr == NULL && op->prepare == NULL && op->decompose != NULL)
    ok = ok && apply_composite (&init, out, n_out, error);
  else
    ok = ok && tl_node_apply (&init, out, n_out, error);
  tl_expr_unref (init.expr);
  while (n-- > 0)
    if (seen[n] != NULL)
      tl_tensor_unref (seen[n]);
  return ok;
}

/**
 * tl_op_apply1:
 * @op: an operation with one output
 * @in: (array length=n_in): its inputs
 * @n_in: their number
 * @attrs: (nullable): values of its attributes
 * @error: return location for an error
 *
 * Errors: as tl_op_apply()
 *
 * Returns: (transfer full): the output, or %NULL
 */
TlTensor *
tl_op_apply1 (const TlOpClass   *op,
              TlTensor *const   *in,
              guint              n_in,
              const TlAttrValue *attrs,
              GError           **error)
{
  TlTensor *out = NULL;

  return tl_op_apply (op, in, n_in, attrs, &out, 1, error) ? out : NULL;
}

/* Copies with conversion, or into another layout. */

static const TlPort copy_ports[] = { { "x", "any tensor" }, { NULL } };
// clang-format off
static const TlAttrSpec copy_attrs[] = {
  { "dtype", "of the copy", TL_ATTR_DTYPE },
  { "layout", "of the copy", TL_ATTR_INT },
  { NULL },
};
// clang-format on

static gboolean
copy_infer (TlInfer *self,
            GError **error)
{
  const TlMeta *x = self->in[0];

  if (self->attrs[1].i == TL_LAYOUT_CHANNELS_LAST && x->rank >= 3)
    tl_meta_init_channels_last (&self->out[0], (TlDType)self->attrs[0].i, x->rank, x->shape);
  else
    tl_meta_init (&self->out[0], (TlDType)self->attrs[0].i, x->rank, x->shape);
  return TRUE;
}

static gboolean
copy_prepare (TlPrepare *self,
              GError   **error)
{
  TlCopyArgs *args = tl_prepare_args (self, TlCopyArgs);

  args->src_dtype = self->in[0]->dtype;
  args->dst_dtype = self->out[0].dtype;
  args->rank = self->in[0]->rank;
  for (guint i = 0; i < args->rank; i++) {
    args->shape[i] = self->in[0]->shape[i];
    args->src_strides[i] = self->in[0]->strides[i];
    args->dst_strides[i] = self->out[0].strides[i];
  }
  self->kernel = &tl_kernels_get ()->copy;
  return TRUE;
}

static gboolean
copy_gradient (TlGradient *self,
               GError    **error)
{
  TlDType dtype = self->in[0]->meta.dtype;

  if (self->dy[0]->meta.dtype == dtype)
    self->dx[0] = tl_tensor_ref (self->dy[0]);
  else
    self->dx[0] = tl_copy (self->dy[0], dtype, TL_LAYOUT_CONTIGUOUS, error);
  return self->dx[0] != NULL;
}

const TlOpClass tl_op_copy = {
  .name = "copy",
  .doc = "Copy into another dtype or memory layout.",
  .precision = TL_PRECISION_MOVES,
  .in = copy_ports,
  .attrs = copy_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = copy_infer,
  .prepare = copy_prepare,
  .gradient = copy_gradient,
};

TlTensor *
tl_copy (TlTensor *tensor,
         TlDType   dtype,
         TlLayout  layout,
         GError  **error)
{
  const TlAttrValue attrs[] = { TL_INT (dtype), TL_INT (layout) };

  return tl_op_apply1 (&tl_op_copy, &tensor, 1, attrs, error);
}

/* The same value as a value of its own: gradients can be asked for here without going on. */

static gboolean
alias_infer (TlInfer *self,
             GError **error)
{
  self->out[0] = *self->in[0];
  return TRUE;
}

static gboolean
alias_gradient (TlGradient *self,
                GError    **error)
{
  self->dx[0] = tl_tensor_ref (self->dy[0]);
  return TRUE;
}

const TlOpClass tl_op_alias = {
  .name = "alias",
  .doc = "The same value.",
  .precision = TL_PRECISION_MOVES,
  .in = copy_ports,
  .flags = TL_OP_INTERNAL | TL_OP_VIEW,
  .infer = alias_infer,
  .gradient = alias_gradient,
};

/* Sums over the axes along which a gradient was broadcast. */

static const TlAttrSpec sum_to_attrs[] = { { "shape", "of the result", TL_ATTR_INTS }, { NULL } };

static gboolean
sum_to_infer (TlInfer *self,
              GError **error)
{
  tl_meta_init (&self->out[0], self->in[0]->dtype, (guint)self->attrs[0].n, self->attrs[0].v);
  return TRUE;
}

static gboolean
sum_to_prepare (TlPrepare *self,
                GError   **error)
{
  TlReduceArgs *args = tl_prepare_args (self, TlReduceArgs);
  const TlMeta *x = self->in[0], *y = &self->out[0];
  guint         missing = x->rank - y->rank;

  args->dtype = x->dtype;
  args->op = TL_REDUCE_SUM;
  for (guint axis = 0; axis < x->rank; axis++) {
    if (axis < missing || (y->shape[axis - missing] == 1 && x->shape[axis] != 1)) {
      args->reduced_shape[args->n_reduced] = x->shape[axis];
      args->reduced_strides[args->n_reduced++] = x->strides[axis];
    } else {
      args->kept_shape[args->n_kept] = x->shape[axis];
      args->kept_in_strides[args->n_kept] = x->strides[axis];
      args->kept_out_strides[args->n_kept++] = y->strides[axis - missing];
    }
  }
  self->kernel = &tl_kernels_get ()->reduce;
  return TRUE;
}

static TlExpr *
expr_once (TlExpr    **expr,
           guint       n_in,
           const char *text)
{
  static const TlExprName one[] = { { "a" }, { NULL } }, two[] = { { "a" }, { "b" }, { NULL } };

  if (g_once_init_enter (expr))
    g_once_init_leave (expr, tl_expr_parse (text, n_in == 1 ? one : two, NULL));
  return *expr;
}

/* dx[i] = dy[i] for all i: the second input of the expression only gives the shape. */
static gboolean
sum_to_gradient (TlGradient *self,
                 GError    **error)
{
  static TlExpr *expr;
  TlTensor      *in[] = { self->dy[0], self->in[0] };

  self->dx[0] = tl_map (expr_once (&expr, 2, "a"), in, 2, TL_RESULT_PROMOTED, error);
  return self->dx[0] != NULL;
}

const TlOpClass tl_op_sum_to = {
  .name = "sum_to",
  .doc = "Sum over broadcast axes.",
  .in = copy_ports,
  .attrs = sum_to_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = sum_to_infer,
  .prepare = sum_to_prepare,
  .gradient = sum_to_gradient,
};

/* The gradient of an operand that was broadcast, in the operand's shape and dtype. */
TlTensor *
tl_sum_to (TlTensor     *tensor,
           const TlMeta *like,
           GError      **error)
{
  g_autoptr (TlTensor) sum = NULL;
  TlAttrValue          attrs[1] = { { .n = like->rank } };

  if (tl_meta_same_shape (&tensor->meta, like)) {
    sum = tl_tensor_ref (tensor);
  } else {
    memcpy (attrs[0].v, like->shape, like->rank * sizeof (TlDim));
    sum = tl_op_apply1 (&tl_op_sum_to, &tensor, 1, attrs, error);
  }
  if (sum == NULL || sum->meta.dtype == like->dtype)
    return g_steal_pointer (&sum);
  return tl_copy (sum, like->dtype, TL_LAYOUT_CONTIGUOUS, error);
}

/**
 * tl_sum_to_shape:
 * @tensor: a tensor
 * @rank: number of axes wanted
 * @shape: (array length=rank): a shape that broadcasts to that of @tensor
 * @error: return location for an error
 *
 * Sums over the axes along which @shape would be broadcast: the gradient of broadcasting.
 *
 * Returns: (transfer full): the sums, or %NULL
 */
TlTensor *
tl_sum_to_shape (TlTensor    *tensor,
                 guint        rank,
                 const TlDim *shape,
                 GError     **error)
{
  TlMeta like;

  tl_meta_init (&like, tensor->meta.dtype, rank, shape);
  return tl_sum_to (tensor, &like, error);
}

/**
 * tl_cast:
 * @tensor: a tensor
 * @dtype: an element type
 * @error: return location for an error
 *
 * Returns: (transfer full): the tensor in another dtype; itself if it has it already, or %NULL
 */
TlTensor *
tl_cast (TlTensor *tensor,
         TlDType   dtype,
         GError  **error)
{
  if (tensor->meta.dtype == dtype)
    return tl_tensor_ref (tensor);
  return tl_copy (tensor, dtype, TL_LAYOUT_CONTIGUOUS, error);
}

/**
 * tl_contiguous:
 * @tensor: a tensor
 * @error: return location for an error
 *
 * Returns: (transfer full): the same elements, the last axis fastest and without gaps, or %NULL
 */
TlTensor *
tl_contiguous (TlTensor *tensor,
               GError  **error)
{
  if (tl_meta_is_contiguous (&tensor->meta))
    return tl_tensor_ref (tensor);
  return tl_copy (tensor, tensor->meta.dtype, TL_LAYOUT_CONTIGUOUS, error);
}

/* *@sum += @part, where nothing means zero. */
gboolean
tl_accumulate (TlTensor **sum,
               TlTensor  *part,
               GError   **error)
{
  static TlExpr *expr;
  TlTensor      *in[] = { *sum, part };
  TlTensor      *total;

  if (*sum == NULL) {
    *sum = tl_tensor_ref (part);
    return TRUE;
  }
  total = tl_map (expr_once (&expr, 2, "a + b"), in, 2, TL_RESULT_PROMOTED, error);
  if (total == NULL)
    return FALSE;
  tl_tensor_unref (*sum);
  *sum = total;
  return TRUE;
}

/**
 * tl_detach:
 * @tensor: a tensor
 *
 * Returns: (transfer full): the same value, through which no gradient flows
 */
TlTensor *
tl_detach (TlTensor *tensor)
{
  static TlExpr *expr;
  TlContext     *context = tl_context_get ();
  gboolean       before;
  TlTensor      *result;

  if (!tensor->requires_grad)
    return tl_tensor_ref (tensor);
  if (tensor->storage != NULL)
    return tl_tensor_new_wrapped (&tensor->meta, tensor->storage);
  before = tl_context_set_grad_enabled (context, FALSE);
  result = tl_map (expr_once (&expr, 1, "a"), &tensor, 1, TL_RESULT_PROMOTED, NULL);
  tl_context_set_grad_enabled (context, before);
  return result;
}

/**
 * tl_watch:
 * @tensor: a floating tensor
 * @error: return location for an error
 *
 * For gradients with respect to a tensor that is no variable: from this value on operations remember how they were computed.
 *
 * Errors: %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): the same value as a value of its own, or %NULL
 */
TlTensor *
tl_watch (TlTensor *tensor,
          GError  **error)
{
  TlContext *context = tl_context_get ();
  TlTensor  *seen = context->trace != NULL ? tl_trace_capture (context->trace, tensor) : tl_tensor_ref (tensor);
  TlNodeInit init = { .op = &tl_op_alias, .in = &seen, .n_in = 1 };
  TlTensor  *result = NULL;

  if (tl_dtype_is_float (tensor->meta.dtype))
    tl_node_finish (context, &init, &seen->meta, &seen->storage, TRUE, &result, 1);
  else
    g_set_error (error, TL_ERROR, TL_ERROR_DTYPE, "%s numbers have no gradients", tl_dtype_name (tensor->meta.dtype));
  tl_tensor_unref (seen);
  return result;
}

/**
 * tl_tensor_requires_grad:
 * @tensor: a tensor
 *
 * Returns: whether backward() from it reaches a variable
 */
gboolean
tl_tensor_requires_grad (TlTensor *tensor)
{
  return tensor->requires_grad;
}

/**
 * tl_read:
 * @variable: a variable
 *
 * Returns: (transfer full): its value at this point of the program, through which gradients flow if it is trainable
 */
TlTensor *
tl_read (TlVariable *variable)
{
  TlContext *context = tl_context_get ();

  if (context->trace != NULL)
    return tl_trace_read (context->trace, variable);
  if (variable->handle != NULL && variable->handle->requires_grad == variable->trainable)
    return tl_tensor_ref (variable->handle);
  variable->handle = tl_tensor_new_wrapped (&variable->value->meta, variable->value->storage);
  variable->handle->variable = tl_variable_ref (variable);
  variable->handle->requires_grad = variable->trainable;
  return variable->handle;
}

/**
 * tl_assign:
 * @variable: a variable
 * @value: its new value: same shape and dtype
 * @error: return location for an error
 *
 * Changes a variable: at once, or when the traced step is committed.
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_assign (TlVariable *variable,
           TlTensor   *value,
           GError    **error)
{
  TlContext           *context = tl_context_get ();
  g_autoptr (TlTensor) plain = NULL;

  if (context->again != 0) /* the first time changed it */
    return TRUE;
  if (context->trace != NULL && value->meta.dtype == variable->value->meta.dtype &&
      tl_meta_same_shape (&value->meta, &variable->value->meta)) {
    g_autoptr (TlTensor) captured = tl_trace_capture (context->trace, value);

    if (!tl_meta_is_contiguous (&captured->meta))
      plain = tl_copy (captured, captured->meta.dtype, TL_LAYOUT_CONTIGUOUS, error);
    else
      plain = g_steal_pointer (&captured);
    if (plain != NULL)
      tl_trace_assign (context->trace, variable, plain);
    return plain != NULL;
  }
  plain = tl_meta_is_contiguous (&value->meta) ? tl_tensor_ref (value)
                                               : tl_copy (value, value->meta.dtype, TL_LAYOUT_CONTIGUOUS, error);
  return plain != NULL && tl_variable_set_value (variable, plain, error);
}

/**
 * tl_next_call:
 * @counter: a counter variable
 * @call: (out) (transfer full): its value for this call of a random operation
 * @error: return location for an error
 *
 * Counts one call: every call of a random operation draws other numbers.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_next_call (TlVariable *counter,
              TlTensor  **call,
              GError    **error)
{
  static TlExpr       *expr;
  TlContext           *context = tl_context_get ();
  g_autoptr (TlTensor) value = NULL;
  g_autoptr (TlTensor) next = NULL;

  if (context->replay != NULL && context->n_replayed < context->replay->len) {
    value = tl_tensor_ref (context->replay->pdata[context->n_replayed++]);
  } else {
    value = tl_read (counter);
    next = tl_map (expr_once (&expr, 1, "a + 1"), &value, 1, TL_RESULT_PROMOTED, error);
    if (next == NULL || !tl_assign (counter, next, error))
      return FALSE;
  }
  if (context->calls != NULL)
    g_ptr_array_add (context->calls, tl_tensor_ref (value));
  *call = g_steal_pointer (&value);
  return TRUE;
}

/**
 * tl_op_update:
 * @op: an operation that updates its first inputs
 * @targets: (array length=n_targets): the variables it updates
 * @n_targets: their number
 * @others: (array length=n_others): its further inputs
 * @n_others: their number
 * @attrs: (nullable): values of its attributes
 * @error: return location for an error
 *
 * Gives variables new values that are computed from the old ones: in place where nobody holds the old values.
 *
 * Errors: as tl_op_apply(); then no variable was changed
 *
 * Returns: whether it worked
 */
gboolean
tl_op_update (const TlOpClass   *op,
              TlVariable *const *targets,
              guint              n_targets,
              TlTensor *const   *others,
              guint              n_others,
              const TlAttrValue *attrs,
              GError           **error)
{
  TlContext            *context = tl_context_get ();
  guint                 n_in = n_targets + n_others;
  g_autofree TlTensor **in = g_new0 (TlTensor *, n_in + n_targets);
  TlTensor            **out = in + n_in;
  gboolean              ok = TRUE;
  gboolean              grad_enabled;

  if (context->again != 0)
    return TRUE;
  grad_enabled = tl_context_set_grad_enabled (context, FALSE);
  for (guint i = 0; i < n_targets && ok && context->trace == NULL; i++)
    ok = tl_variable_begin_write (targets[i], error) != NULL;
  for (guint i = 0; i < n_targets; i++)
    in[i] = context->trace != NULL ? tl_read (targets[i]) : tl_tensor_ref (targets[i]->value);
  for (guint i = 0; i < n_others; i++)
    in[n_targets + i] = tl_tensor_ref (others[i]);
  ok = ok && tl_op_apply (op, in, n_in, attrs, out, n_targets, error);
  for (guint i = 0; i < n_targets && ok; i++) {
    if (context->trace != NULL)
      tl_trace_assign (context->trace, targets[i], out[i]);
    tl_tensor_unref (out[i]);
  }
  for (guint i = 0; i < n_in; i++)
    tl_tensor_unref (in[i]);
  tl_context_set_grad_enabled (context, grad_enabled);
  return ok;
}
