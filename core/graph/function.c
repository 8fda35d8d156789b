/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/function.h"

#include "core/base/error.h"
#include "core/graph/node-private.h"

struct _TlFunction {
  atomic_int             ref_count;
  const TlFunctionClass *klass;
  gpointer               data;  /* owned */
  GPtrArray             *calls; /* TlTensor: numbers of the random calls of a checkpoint */
  guint                  n_out;
  gboolean               training; /* the modes in which it is computed again */
  TlDType                autocast;
};

static gboolean
function_infer (TlInfer *self,
                GError **error)
{
  g_assert_not_reached ();
}

/* Its node only says where gradients go; in a plan it is as many aliases as there are results. */
const TlOpClass tl_op_function = {
  .name = "function",
  .doc = "A function of tensors with a gradient of its own.",
  .flags = TL_OP_INTERNAL,
  .infer = function_infer,
};

static TlFunction *
function_new (const TlFunctionClass *klass,
              gpointer               data)
{
  TlContext  *context = tl_context_get ();
  TlFunction *self = g_new0 (TlFunction, 1);

  atomic_init (&self->ref_count, 1);
  self->klass = klass;
  self->data = data;
  self->calls = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref);
  self->training = context->training;
  self->autocast = context->autocast;
  return self;
}

void
tl_function_unref (TlFunction *self)
{
  if (atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  self->klass->free (self->data);
  g_ptr_array_unref (self->calls);
  g_free (self);
}

/* Whether its gradients come from computing it again. */
gboolean
tl_function_is_repeated (const TlFunction *self)
{
  return self->klass->backward == NULL;
}

/* A gradient has the shape of its input, and gets its dtype: with autocast, backward() may well have computed in another one. */
static gboolean
check_gradient (TlFunction     *self,
                guint           i,
                const TlTensor *in,
                TlTensor      **dx,
                GError        **error)
{
  g_autofree char *want = NULL, *got = NULL;
  TlTensor        *given = *dx;

  if (tl_dtype_is_float (given->meta.dtype) && tl_meta_same_shape (&given->meta, &in->meta)) {
    *dx = tl_cast (given, in->meta.dtype, error);
    tl_tensor_unref (given);
    return *dx != NULL;
  }
  want = tl_meta_to_string (&in->meta);
  got = tl_meta_to_string (&given->meta);
  g_set_error (error, TL_ERROR, tl_dtype_is_float (given->meta.dtype) ? TL_ERROR_SHAPE : TL_ERROR_DTYPE,
               "%s: backward gave a gradient %s for input %u, which is %s", self->klass->name, got, i + 1, want);
  return FALSE;
}

/* What backward() says, checked. */
gboolean
tl_function_get_gradient (TlFunction      *self,
                          TlTensor *const *in,
                          guint            n_in,
                          TlTensor *const *out,
                          TlTensor *const *dy,
                          guint            n_out,
                          TlTensor       **dx,
                          GError         **error)
{
  gboolean traced = tl_context_get ()->trace != NULL, ok;

  n_in -= traced ? n_out : 0;
  ok = self->klass->backward (self->data, in, n_in, out, dy, n_out, dx, error);
  for (guint i = 0; i < n_in; i++) {
    ok = ok && (dx[i] == NULL || !in[i]->requires_grad || check_gradient (self, i, in[i], &dx[i], error));
    if (!ok)
      g_clear_pointer (&dx[i], tl_tensor_unref);
  }
  return ok;
}

/* Computes it without remembering how.  Outer functions note the random calls too: they repeat all of it. */
static gboolean
run_forward (TlFunction      *self,
             TlTensor *const *in,
             guint            n_in,
             TlTensor       **out,
             guint           *n_out,
             GError         **error)
{
  TlContext *context = tl_context_get ();
  gboolean   before = tl_context_set_grad_enabled (context, FALSE);
  GPtrArray *outer = context->calls;
  gboolean   ok;

  context->calls = self->calls;
  ok = self->klass->forward (self->data, in, n_in, out, n_out, error);
  context->calls = outer;
  for (guint i = 0; outer != NULL && i < self->calls->len; i++)
    g_ptr_array_add (outer, tl_tensor_ref (self->calls->pdata[i]));
  tl_context_set_grad_enabled (context, before);
  return ok;
}

static gboolean
has_gradient (const TlFunctionClass *klass,
              TlTensor *const       *in,
              guint                  n_in)
{
  /* What a checkpoint depends on is only known when it is computed again: it may read parameters. */
  if (klass->backward == NULL)
    return TRUE;
  for (guint i = 0; i < n_in; i++)
    if (in[i]->requires_grad)
      return TRUE;
  return FALSE;
}

/* The node: inputs, and in a trace also the results, which its outputs are aliases of. */
static void
make_node (TlFunction      *self,
           TlTensor *const *in,
           guint            n_in,
           TlTensor       **out,
           guint            n_out)
{
  TlContext            *context = tl_context_get ();
  gboolean              traced = context->trace != NULL;
  guint                 n = n_in + (traced ? n_out : 0);
  g_autofree TlTensor **all = g_new (TlTensor *, n_in + n_out + 1);
  TlNodeInit            init = { .op = &tl_op_function, .in = all, .n_in = n };
  TlMeta                metas[TL_FUNCTION_MAX_OUT];
  TlStorage            *storages[TL_FUNCTION_MAX_OUT] = { NULL };
  TlTensor             *made[TL_FUNCTION_MAX_OUT];
  TlNode               *node;

  for (guint i = 0; i < n_in + n_out; i++)
    all[i] = i < n_in ? in[i] : out[i - n_in];
  for (guint i = 0; i < n_out; i++) {
    metas[i] = out[i]->meta;
    storages[i] = out[i]->storage;
  }
  tl_node_finish (context, &init, metas, storages, TRUE, made, n_out);
  node = (TlNode *)made[0]->producer;
  node->function = self;
  self->n_out = n_out;
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  for (guint i = 0; i < n_out; i++) {
    /* Only a backward() of its own may ask for the results again. */
    if (self->klass->backward == NULL)
      g_clear_pointer (&node->out[i].storage, tl_storage_unref);
    tl_tensor_unref (out[i]);
    out[i] = made[i];
  }
}

static gboolean
apply (TlFunction      *self,
       TlTensor *const *in,
       guint            n_in,
       TlTensor       **out,
       guint           *n_out,
       GError         **error)
{
  TlContext *context = tl_context_get ();

  if (!run_forward (self, in, n_in, out, n_out, error))
    return FALSE;
  for (guint i = 0; i < *n_out && context->trace != NULL; i++) {
    TlTensor *captured = tl_trace_capture (context->trace, out[i]);

    tl_tensor_unref (out[i]);
    out[i] = captured;
  }
  if (*n_out > 0)
    make_node (self, in, n_in, out, *n_out);
  return TRUE;
}

/**
 * tl_function_apply:
 * @klass: what the function does
 * @data: (transfer full): for its functions
 * @in: (array length=n_in): its inputs
 * @n_in: their number
 * @out: (array) (out): its results, (transfer full); room for %TL_FUNCTION_MAX_OUT
 * @n_out: (out): their number
 * @error: return location for an error
 *
 * Applies a function whose gradient is its own, or that is a checkpoint.
 *
 * Errors: those of its operations
 *
 * Returns: whether it worked
 */
gboolean
tl_function_apply (const TlFunctionClass *klass,
                   gpointer               data,
                   TlTensor *const       *in,
                   guint                  n_in,
                   TlTensor             **out,
                   guint                 *n_out,
                   GError               **error)
{
  TlContext            *context = tl_context_get ();
  TlFunction           *self = function_new (klass, data);
  g_autofree TlTensor **seen = g_new (TlTensor *, n_in + 1);
  gboolean              ok;

  *n_out = 0;
  for (guint i = 0; i < n_in; i++)
    seen[i] = context->trace != NULL ? tl_trace_capture (context->trace, in[i]) : tl_tensor_ref (in[i]);
  if (context->grad_enabled && has_gradient (klass, seen, n_in))
    ok = apply (self, seen, n_in, out, n_out, error);
  else
    ok = klass->forward (data, seen, n_in, out, n_out, error);
  for (guint i = 0; i < n_in; i++)
    tl_tensor_unref (seen[i]);
  tl_function_unref (self);
  return ok;
}

/*
 * Computes a checkpoint again, from the inputs it had and with gradients, so that its results hang on what the inputs hang on.
 */
gboolean
tl_function_repeat (TlFunction      *self,
                    TlTensor *const *in,
                    guint            n_in,
                    TlTensor       **out,
                    guint           *n_out,
                    GError         **error)
{
  TlContext *context = tl_context_get ();
  gboolean   grad_enabled = tl_context_set_grad_enabled (context, TRUE);
  gboolean   training = tl_context_set_training (context, self->training);
  TlDType    autocast = context->autocast;
  GPtrArray *calls = context->calls, *replay = context->replay;
  guint      again = context->again, n_replayed = context->n_replayed;
  gboolean   ok;

  n_in -= context->trace != NULL ? self->n_out : 0;
  context->autocast = self->autocast;
  context->again = ++context->n_again;
  context->calls = NULL;
  context->replay = self->calls;
  context->n_replayed = 0;
  ok = self->klass->forward (self->data, in, n_in, out, n_out, error);
  context->replay = replay;
  context->n_replayed = n_replayed;
  context->calls = calls;
  context->again = again;
  context->autocast = autocast;
  tl_context_set_training (context, training);
  tl_context_set_grad_enabled (context, grad_enabled);
  return ok;
}
