/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elementwise operations: everything follows from their expression.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/autodiff.h"
#include "core/graph/node-private.h"
#include "core/kernels/kernels.h"

static guint
category (TlDType dtype)
{
  return dtype == TL_DTYPE_BOOL ? 0 : tl_dtype_is_float (dtype) ? 2
                                                                : 1;
}

/*
 * PyTorch's rule: tensors with axes decide, then those without, then bare numbers; a lower class only counts if it is of a higher
 * kind (bool, whole number, floating), and then in its usual width.
 */
static TlDType
common_dtype (const TlMeta *const *in,
              guint                n_in)
{
  gboolean have[3] = { FALSE };
  TlDType  of[3] = { TL_DTYPE_BOOL, TL_DTYPE_BOOL, TL_DTYPE_BOOL };
  TlDType  result;
  gboolean same = n_in > 0;

  for (guint i = 0; i < n_in && same; i++)
    same = in[i]->dtype == in[0]->dtype && !in[i]->weak;
  if (same)
    return in[0]->dtype;
  for (guint i = 0; i < n_in; i++) {
    guint klass = in[i]->weak ? 2 : in[i]->rank == 0 ? 1
                                                     : 0;

    of[klass] = have[klass] ? tl_dtype_promote (of[klass], in[i]->dtype) : in[i]->dtype;
    have[klass] = TRUE;
  }
  if (have[2])
    of[2] = category (of[2]) == 2 ? TL_DTYPE_F32 : of[2];
  if (!have[0] && !have[1])
    return of[2];
  result = have[0] ? of[0] : of[1];
  if (have[0] && have[1] && category (of[1]) > category (result))
    result = of[1];
  if (have[2] && category (of[2]) > category (result))
    result = of[2];
  return result;
}

static TlDType
result_dtype (TlDType      common,
              TlResultType result)
{
  if (result == TL_RESULT_BOOL)
    return TL_DTYPE_BOOL;
  if (result == TL_RESULT_FLOAT && !tl_dtype_is_float (common))
    return TL_DTYPE_F32;
  return common;
}

TlDType
tl_map_compute_dtype (const TlMeta *const *in,
                      guint                n_in,
                      TlResultType         result)
{
  TlDType common = common_dtype (in, n_in);

  if (result == TL_RESULT_FLOAT && !tl_dtype_is_float (common))
    return TL_DTYPE_F32;
  switch (common) {
  case TL_DTYPE_F16:
  case TL_DTYPE_BF16:
    return TL_DTYPE_F32;
  case TL_DTYPE_I8:
    return TL_DTYPE_I32;
  case TL_DTYPE_BOOL:
    return TL_DTYPE_U8;
  case TL_DTYPE_F32:
  case TL_DTYPE_F64:
  case TL_DTYPE_U8:
  case TL_DTYPE_I32:
  case TL_DTYPE_I64:
    break;
  }
  return common;
}

static gboolean
fail_broadcast (const TlOpClass     *op,
                const TlMeta *const *in,
                guint                n_in,
                GError             **error)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n_in; i++) {
    g_autofree char *shape = tl_shape_to_string (in[i]->shape, in[i]->rank);

    g_string_append_printf (text, "%s%s", i > 0 ? " and " : "", shape);
  }
  g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: shapes do not fit: %s", op->name, text->str);
  g_string_free (text, TRUE);
  return FALSE;
}

gboolean
tl_map_infer (const TlOpClass     *op,
              const TlMeta *const *in,
              guint                n_in,
              TlResultType         result,
              TlMeta              *out,
              guint                n_out,
              GError             **error)
{
  TlDim    shape[TL_TENSOR_MAX_RANK];
  guint    rank;
  TlDType  dtype = result_dtype (common_dtype (in, n_in), result);
  gboolean channels_last = FALSE, weak = TRUE;

  if (!tl_broadcast_shapes (in, n_in, shape, &rank))
    return fail_broadcast (op, in, n_in, error);
  for (guint i = 0; i < n_in; i++) {
    weak = weak && in[i]->weak;
    if (rank < 3 || in[i]->rank != rank || memcmp (in[i]->shape, shape, rank * sizeof (TlDim)) != 0)
      continue;
    channels_last = channels_last || (!tl_meta_is_contiguous (in[i]) && tl_meta_is_channels_last (in[i]));
  }
  for (guint i = 0; i < n_out; i++) {
    if (channels_last)
      tl_meta_init_channels_last (&out[i], dtype, rank, shape);
    else
      tl_meta_init (&out[i], dtype, rank, shape);
    out[i].weak = weak && result != TL_RESULT_BOOL;
  }
  return TRUE;
}

static void
broadcast_strides (const TlMeta *operand,
                   const TlMeta *space,
                   int64_t      *strides)
{
  guint missing = space->rank - operand->rank;

  for (guint axis = 0; axis < space->rank; axis++)
    strides[axis] = axis < missing || (operand->shape[axis - missing] == 1 && space->shape[axis] != 1)
                      ? 0
                      : operand->strides[axis - missing];
}

gboolean
tl_map_prepare (TlPrepare *self,
                GError   **error)
{
  TlMapArgs    *args = tl_prepare_args (self, TlMapArgs);
  const TlMeta *space = &self->out[0];

  args->dtype = self->compute;
  args->rank = space->rank;
  for (guint axis = 0; axis < space->rank; axis++)
    args->shape[axis] = space->shape[axis];
  for (guint i = 0; i < self->n_in; i++) {
    args->in_dtype[i] = self->in[i]->dtype;
    broadcast_strides (self->in[i], space, args->in_strides[i]);
  }
  for (guint i = 0; i < self->n_out; i++) {
    args->out_dtype[i] = self->out[i].dtype;
    broadcast_strides (&self->out[i], space, args->out_strides[i]);
  }
  args->program = tl_expr_get_program (self->expr);
  args->compiled = tl_expr_get_compiled (self->expr, self->compute);
  self->kernel = &tl_kernels_get ()->map;
  return TRUE;
}

/* Expressions of rows are parsed once per thread and set of attributes. */
#define CACHE_SIZE 256

typedef struct {
  const TlOpClass *op;
  guint            needs; /* 0: the operation itself; else its gradient for these inputs */
  TlAttrValue      attrs[4];
  TlExpr          *expr;
} CacheEntry;

static guint
name_operands (const TlOpClass   *op,
               const TlAttrValue *attrs,
               TlExprName        *names)
{
  guint n = 0;

  for (guint i = 0; op->in[i].name != NULL; i++)
    names[n++] = (TlExprName){ op->in[i].name, FALSE, 0 };
  for (guint i = 0; op->attrs != NULL && op->attrs[i].name != NULL; i++)
    names[n++] = (TlExprName){ op->attrs[i].name, TRUE,
                               op->attrs[i].type == TL_ATTR_FLOAT ? attrs[i].d : (double)attrs[i].i };
  return n;
}

static TlExpr *
make_expr (const TlOpClass   *op,
           const TlAttrValue *attrs,
           guint              needs,
           GError           **error)
{
  TlExprName         names[TL_OP_MAX_ATTRS + TL_PROGRAM_MAX_IN + 3];
  guint              n = name_operands (op, attrs, names);
  guint              outputs[TL_PROGRAM_MAX_OUT], n_outputs = 0;
  gboolean           wanted[TL_PROGRAM_MAX_IN] = { FALSE };
  g_autoptr (TlExpr) all = NULL;
  TlExpr            *expr;

  names[n].name = NULL;
  if (needs == 0)
    return tl_expr_parse (op->expr, names, error);
  for (guint i = 0; i < TL_PROGRAM_MAX_IN; i++) {
    wanted[i] = (needs >> i & 1) != 0;
    if (wanted[i] && n_outputs < TL_PROGRAM_MAX_OUT)
      outputs[n_outputs++] = i;
  }
  if (op->expr_grad == NULL) {
    all = tl_expr_parse (op->expr, names, error);
    expr = all != NULL ? tl_expr_differentiate (all, 0, wanted) : NULL;
  } else {
    names[n++] = (TlExprName){ "y", FALSE, 0 };
    names[n++] = (TlExprName){ "dy", FALSE, 0 };
    names[n].name = NULL;
    all = tl_expr_parse (op->expr_grad, names, error);
    expr = all != NULL ? tl_expr_select_outputs (all, outputs, n_outputs) : NULL;
  }
  if (expr == NULL && all != NULL)
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s: the gradient's expression is too long", op->name);
  return expr;
}

/* The expression of a row, or of its gradient for the inputs in the mask @needs; lasts until the thread's next call. */
TlExpr *
tl_op_peek_expr (const TlOpClass   *op,
                 const TlAttrValue *attrs,
                 guint              needs,
                 GError           **error)
{
  static _Thread_local CacheEntry cache[CACHE_SIZE];
  guint                           n_attrs = MIN (tl_op_get_n_attrs (op), G_N_ELEMENTS (cache[0].attrs));
  guint                           slot = (guint)(((guintptr)op >> 5) * 31 + needs * 7) % CACHE_SIZE;
  CacheEntry                     *entry = &cache[slot];

  if (entry->op == op && entry->needs == needs)
    for (guint i = 0; i <= n_attrs; i++) {
      if (i == n_attrs)
        return entry->expr;
      if (entry->attrs[i].i != attrs[i].i)
        break;
    }
  g_clear_pointer (&entry->expr, tl_expr_unref);
  entry->op = NULL;
  entry->expr = make_expr (op, attrs, needs, error);
  if (entry->expr == NULL)
    return NULL;
  entry->op = op;
  entry->needs = needs;
  for (guint i = 0; i < n_attrs; i++)
    entry->attrs[i] = attrs[i];
  return entry->expr;
}

/* (transfer full): as tl_op_peek_expr() */
TlExpr *
tl_op_get_expr (const TlOpClass   *op,
                const TlAttrValue *attrs,
                guint              needs,
                GError           **error)
{
  TlExpr *expr = tl_op_peek_expr (op, attrs, needs, error);

  return expr != NULL ? tl_expr_ref (expr) : NULL;
}

/**
 * tl_map_n:
 * @expr: an expression
 * @in: (array length=n_in): its inputs, broadcast against each other
 * @n_in: their number
 * @result: dtype of the results
 * @out: (array) (out): one result for each output of @expr, (transfer full)
 * @error: return location for an error
 *
 * Applies an expression to every element.
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED
 *
 * Returns: whether it worked
 */
gboolean
tl_map_n (TlExpr          *expr,
          TlTensor *const *in,
          guint            n_in,
          TlResultType     result,
          TlTensor       **out,
          GError         **error)
{
  TlTensor  *seen[TL_PROGRAM_MAX_IN];
  TlNodeInit init = { .op = &tl_op_map, .expr = expr, .result = result, .in = seen, .n_in = n_in };
  TlContext *context = tl_context_get ();
  gboolean   ok;

  for (guint i = 0; i < n_in; i++)
    seen[i] = context->trace != NULL ? tl_trace_capture (context->trace, in[i]) : tl_tensor_ref (in[i]);
  ok = tl_node_apply (&init, out, tl_expr_get_n_out (expr), error);
  for (guint i = 0; i < n_in; i++)
    tl_tensor_unref (seen[i]);
  return ok;
}

/**
 * tl_map:
 * @expr: an expression with one output
 * @in: (array length=n_in): its inputs, broadcast against each other
 * @n_in: their number
 * @result: dtype of the result
 * @error: return location for an error
 *
 * Applies an expression to every element.
 *
 * Errors: as tl_map_n()
 *
 * Returns: (transfer full): the result, or %NULL
 */
TlTensor *
tl_map (TlExpr          *expr,
        TlTensor *const *in,
        guint            n_in,
        TlResultType     result,
        GError         **error)
{
  TlTensor *out = NULL;

  return tl_map_n (expr, in, n_in, result, &out, error) ? out : NULL;
}

static TlExpr *
gradient_expr (TlGradient *self,
               guint       output,
               guint       needs,
               GError    **error)
{
  gboolean wanted[TL_PROGRAM_MAX_IN] = { FALSE };
  TlExpr  *expr;

  if (self->op != &tl_op_map)
    return tl_op_get_expr (self->op, self->attrs, needs, error);
  for (guint i = 0; i < self->n_in; i++)
    wanted[i] = (needs >> i & 1) != 0;
  expr = tl_expr_differentiate (self->expr, output, wanted);
  if (expr == NULL)
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
                 "the gradient of an elementwise expression of %u inputs is too long", self->n_in);
  return expr;
}

/* A gradient that is handed on as it came, such as that of a sum, needs no elements of its own. */
static gboolean
hand_on (TlExpr          *expr,
         TlTensor *const *in,
         guint            n_in,
         const TlTensor  *dy,
         TlTensor       **out)
{
  const TlProgram *program = tl_expr_get_program (expr);

  for (guint i = 0; i < n_in; i++)
    if (in[i]->meta.dtype != dy->meta.dtype)
      return FALSE;
  for (guint i = 0; i < program->n_out; i++)
    if (program->out[i] >= n_in || in[program->out[i]] != dy)
      return FALSE;
  for (guint i = 0; i < program->n_out; i++)
    out[i] = tl_tensor_ref (in[program->out[i]]);
  return TRUE;
}

/* Adds the gradients of the inputs in @needs, at most four, that come through one output. */
static gboolean
gradient_step (TlGradient *self,
               guint       output,
               guint       needs,
               GError    **error)
{
  TlTensor          *in[TL_PROGRAM_MAX_IN + 2];
  TlTensor          *out[TL_PROGRAM_MAX_OUT] = { NULL };
  guint              n_in = self->n_in, n_out = 0;
  gboolean           ok;
  g_autoptr (TlExpr) expr = gradient_expr (self, output, needs, error);

  if (expr == NULL)
    return FALSE;
  /* What the gradient does not read need not be kept: the output's gradient, which has the shape, stands in for it. */
  for (guint i = 0; i < self->n_in; i++)
    in[i] = tl_expr_uses_input (expr, i) ? self->in[i] : self->dy[output];
  if (self->op != &tl_op_map && self->op->expr_grad != NULL) {
    in[n_in] = tl_expr_uses_input (expr, n_in) ? self->out[output] : self->dy[output];
    n_in++;
  }
  in[n_in++] = self->dy[output];
  ok = hand_on (expr, in, n_in, self->dy[output], out) || tl_map_n (expr, in, n_in, TL_RESULT_PROMOTED, out, error);
  for (guint i = 0; i < self->n_in && ok; i++) {
    g_autoptr (TlTensor) wide = NULL;
    g_autoptr (TlTensor) part = NULL;

    if ((needs >> i & 1) == 0)
      continue;
    wide = g_steal_pointer (&out[n_out]);
    n_out++;
    part = tl_sum_to (wide, &self->in[i]->meta, error);
    ok = part != NULL && tl_accumulate (&self->dx[i], part, error);
  }
  for (; n_out < TL_PROGRAM_MAX_OUT; n_out++)
    g_clear_pointer (&out[n_out], tl_tensor_unref);
  return ok;
}

gboolean
tl_map_gradient (TlGradient *self,
                 GError    **error)
{
  for (guint output = 0; output < self->n_out; output++) {
    guint needs = 0, n = 0;

    if (self->dy[output] == NULL)
      continue;
    for (guint i = 0; i < self->n_in; i++) {
      if (self->needs[i]) {
        needs |= 1u << i;
        n++;
      }
      if (n == TL_PROGRAM_MAX_OUT || (i + 1 == self->n_in && n > 0)) {
        if (!gradient_step (self, output, needs, error))
          return FALSE;
        needs = n = 0;
      }
    }
  }
  return TRUE;
}

const TlOpClass tl_op_map = {
  .name = "map",
  .doc = "Elementwise expression.",
  .flags = TL_OP_INTERNAL,
};
