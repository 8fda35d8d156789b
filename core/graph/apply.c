/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/attr.h"
#include "core/graph/node-private.h"

/* The flags of input @i of a row with @n ports; a variadic port covers all further inputs. */
static TlPortFlags
port_flags (const TlOpClass *op,
            guint            n,
            guint            i)
{
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
    if (in[i] == NULL && (port_flags (op, n, i) & TL_PORT_OPTIONAL) == 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: input %s is missing", op->name, op->in[MIN (i, n - 1)].name);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_numbers (const TlOpClass   *op,
               const TlAttrSpec  *spec,
               const TlAttrValue *value,
               guint              n,
               GError           **error)
{
  for (guint j = 0; j < n; j++) {
    double number = spec->type == TL_ATTR_FLOAT    ? value->d
                    : spec->type == TL_ATTR_FLOATS ? value->f[j]
                    : spec->type == TL_ATTR_INTS   ? (double)value->v[j]
                                                   : (double)value->i;

    if (tl_attr_is_sizes (spec) && tl_dim_is_symbolic (value->v[j]))
      continue;
    if (!(number >= spec->min && number <= spec->max)) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %s = %g is not between %g and %g", op->name, spec->name, number, spec->min, spec->max);
      return FALSE;
    }
  }
  return TRUE;
}

/* Whether a list has as many numbers as the row says: that many, one for all, or none where a word stands for them. */
static gboolean
check_count_of_numbers (const TlOpClass  *op,
                        const TlAttrSpec *spec,
                        guint             n,
                        GError          **error)
{
  guint wanted = spec->n;

  if (n <= TL_ATTR_MAX_INTS && (wanted == 0 || n == wanted || n == 1 || (n == 0 && spec->words != NULL)))
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %s has %u numbers, %s%u are wanted", op->name, spec->name, n, wanted == 0 ? "at most " : "",
               wanted == 0 ? TL_ATTR_MAX_INTS : wanted);
  return FALSE;
}

/* What is computed at once has no symbolic sizes, and a size is not negative; %TL_DIM_INVALID is one that the row finds. */
static gboolean
check_sizes (const TlOpClass   *op,
             const TlAttrSpec  *spec,
             const TlAttrValue *value,
             GError           **error)
{
  for (gint i = 0; i < value->n; i++)
    if (value->v[i] < 0 && value->v[i] != TL_DIM_INVALID && tl_context_get ()->trace == NULL) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %s = %" G_GINT64_FORMAT " is no size", op->name, spec->name, value->v[i]);
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

    if (is_list && !check_count_of_numbers (op, spec, n, error))
      return FALSE;
    if (tl_attr_is_sizes (spec) && !check_sizes (op, spec, &attrs[i], error))
      return FALSE;
    if (spec->has_range && !check_numbers (op, spec, &attrs[i], n, error))
      return FALSE;
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

/* @in in the layout that a port wants: itself, or a new tensor; %NULL on failure. */
static TlTensor *
lay_out (TlTensor   *in,
         TlPortFlags flags,
         GError    **error)
{
  if ((flags & TL_PORT_CONTIGUOUS) != 0 && !tl_meta_is_contiguous (&in->meta))
    return tl_copy (in, in->meta.dtype, TL_LAYOUT_CONTIGUOUS, error);
  if ((flags & TL_PORT_CHANNELS_LAST) != 0 && in->meta.rank >= 3 && !tl_meta_is_channels_last (&in->meta))
    return tl_copy (in, in->meta.dtype, TL_LAYOUT_CHANNELS_LAST, error);
  return in;
}

/* (transfer full): an input as the row wants it: captured by the trace, in the wanted dtype and layout. */
static TlTensor *
see_input (TlContext  *context,
           TlTensor   *in,
           gint        dtype,
           TlPortFlags flags,
           GError    **error)
{
  g_autoptr (TlTensor) seen = NULL;
  TlTensor            *laid_out;

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
  laid_out = lay_out (seen, flags, error);
  return laid_out == seen ? g_steal_pointer (&seen) : laid_out;
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

/* What the parts made must be what infer() said of it. */
static gboolean
check_parts (const TlOpClass *op,
             TlTensor       **out,
             const TlMeta    *metas,
             guint            n_out,
             GError         **error)
{
  for (guint i = 0; i < n_out; i++)
    if (out[i]->meta.dtype != metas[i].dtype || ((op->flags & TL_OP_DATA_SIZED) == 0 && !tl_meta_same_shape (&out[i]->meta, &metas[i]))) {
      g_autofree char *made = tl_meta_to_string (&out[i]->meta);
      g_autofree char *wanted = tl_meta_to_string (&metas[i]);

      g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s: its parts made %s, which should be %s", op->name, made, wanted);
      return FALSE;
    }
  return TRUE;
}

/* A row without a kernel is its decomposition; infer() has the say about operands, and what it describes must come out. */
static gboolean
apply_parts (const TlNodeInit *init,
             TlTensor *const  *given,
             TlTensor        **out,
             guint             n_out,
             GError          **error)
{
  TlContext                *context = tl_context_get ();
  TlDType                   autocast = tl_context_get_autocast (context);
  g_autofree TlMeta        *metas = g_new0 (TlMeta, n_out + 1);
  TlGradient                decompose = { .op = init->op, .attrs = init->attrs, .n_in = init->n_in, .in = given, .n_out = n_out, .out_metas = metas, .dx = out };
  g_autofree const TlMeta **in = g_new0 (const TlMeta *, init->n_in + 1);
  gboolean                  ok;

  if ((init->op->flags & TL_OP_DATA_SIZED) != 0 && context->trace != NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
                 "%s: the size of the result depends on values, so it cannot stand in a step that is planned", init->op->name);
    return FALSE;
  }
  for (guint i = 0; i < init->n_in; i++)
    in[i] = given[i] != NULL ? &given[i]->meta : NULL;
  if (!tl_node_infer (init->op, FALSE, init->result, in, init->n_in, init->attrs, metas, n_out, error))
    return FALSE;
  for (guint i = 0; i < n_out; i++)
    out[i] = NULL;
  /* The row has its operands in the dtype it is to compute in; its parts are not asked again. */
  tl_context_set_autocast (context, TL_DTYPE_F32);
  ok = tl_op_decompose (&decompose, error);
  tl_context_set_autocast (context, autocast);
  ok = ok && check_parts (init->op, out, metas, n_out, error);
  for (guint i = 0; i < n_out && !ok; i++)
    g_clear_pointer (&out[i], tl_tensor_unref);
  return ok;
}

/* Operands that are all bare numbers are computed with, not only moved, in their usual width, as in arithmetic. */
static gboolean
apply_composite (const TlNodeInit *init,
                 TlTensor        **out,
                 guint             n_out,
                 GError          **error)
{
  gboolean              bare = init->n_in > 0 && init->op->precision != TL_PRECISION_MOVES, ok = TRUE;
  g_autofree TlTensor **narrow = NULL;

  for (guint i = 0; i < init->n_in; i++)
    bare = bare && (init->in[i] == NULL || init->in[i]->meta.weak);
  if (!bare)
    return apply_parts (init, init->in, out, n_out, error);
  narrow = g_new0 (TlTensor *, init->n_in);
  for (guint i = 0; i < init->n_in && ok; i++)
    if (init->in[i] != NULL) {
      narrow[i] = tl_cast (init->in[i], tl_dtype_is_float (init->in[i]->meta.dtype) ? TL_DTYPE_F32 : init->in[i]->meta.dtype, error);
      ok = narrow[i] != NULL;
    }
  ok = ok && apply_parts (init, narrow, out, n_out, error);
  for (guint i = 0; i < init->n_in; i++)
    g_clear_pointer (&narrow[i], tl_tensor_unref);
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

/* The error of a part names the part, and one of memory nothing; what was asked for stands before it. */
static void
name_row (const TlOpClass *op,
          GError         **error)
{
  gsize n = strlen (op->name);

  if (error == NULL || *error == NULL || g_error_matches (*error, TL_ERROR, TL_ERROR_CANCELLED))
    return;
  if (strncmp ((*error)->message, op->name, n) != 0 || (*error)->message[n] != ':')
    g_prefix_error (error, "%s: ", op->name);
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
  guint                 n = 0, n_ports = tl_op_get_n_ports (op->in);
  gint                  dtype;
  gboolean              borrows, ok;

  if (attrs == NULL)
    tl_attr_init_defaults (op->attrs, defaults);
  if (!check_inputs (op, in, n_in, error) || !check_attrs (op, init.attrs, error) ||
      !check_count (op, in, n_in, init.attrs, n_out, error))
    return FALSE;
  dtype = autocast_dtype (context, op, in, n_in);
  /* Most inputs are wanted as they are: the caller's references are enough. */
  borrows = context->trace == NULL && dtype < 0;
  for (ok = TRUE; n < n_in && ok; n++) {
    TlPortFlags flags = port_flags (op, n_ports, n);

    if (borrows)
      seen[n] = in[n] != NULL ? lay_out (in[n], flags, error) : NULL;
    else
      seen[n] = see_input (context, in[n], dtype, flags, error);
    ok = seen[n] != NULL || in[n] == NULL;
  }
  if (ok && op->expr != NULL) {
    init.expr = tl_op_peek_expr (op, init.attrs, 0, error);
    ok = init.expr != NULL;
  }
  if (op->expr == NULL && op->prepare == NULL && op->decompose != NULL)
    ok = ok && apply_composite (&init, out, n_out, error);
  else
    ok = ok && tl_node_apply (&init, out, n_out, error);
  if (!ok)
    name_row (op, error);
  while (n-- > 0)
    if (seen[n] != NULL && !(borrows && seen[n] == in[n]))
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
