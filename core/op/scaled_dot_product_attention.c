/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/graph/autodiff.h"
#include "core/kernels/attention.h"
#include "core/kernels/kernels.h"
#include "core/op/norm-common.h"
#include "core/op/random-common.h"

enum { QUERY,
       KEY,
       VALUE,
       MASK,
       CALL };
enum { IS_CAUSAL,
       SCALE,
       ENABLE_GQA,
       DROPOUT_P,
       SEED,
       STREAM,
       WANTED };
enum { Y,
       LOGSUMEXP };

static const TlPort ports[] = {
  { "query", "`[..., heads, l, d]`, floating" },
  { "key", "`[..., heads, s, d]`, same dtype" },
  { "value", "`[..., heads, s, e]`, same dtype" },
  { "attn_mask", "broadcast to `[..., l, s]`: bool, true where a key may be seen; or numbers that are added to the scores", TL_PORT_OPTIONAL },
  { "call", "number of the call, i64 without axes, where weights are dropped", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlPort out_ports[] = {
  { "y", "`[..., heads, l, e]`; 0 for a query that sees no key" },
  { "logsumexp", "of the scores of each query `[..., heads, l]`", TL_PORT_NODIFF },
  { NULL },
};

// clang-format off
#define ATTRS                                                                                              \
  { "is_causal", "whether a query sees only the keys up to its own position", TL_ATTR_BOOL },              \
  { "scale", "factor of the scores; 0 for 1 / sqrt d", TL_ATTR_FLOAT },                                    \
  { "enable_gqa", "whether several heads of queries share one of keys and values", TL_ATTR_BOOL },         \
  { "dropout_p", "probability with which a weight becomes zero", TL_ATTR_FLOAT, .has_range = TRUE, .max = 1 }, \
  { "seed", "of the document", TL_ATTR_INT },                                                             \
  { "stream", "of the owner of the counter", TL_ATTR_INT }
// clang-format on

static const TlAttrSpec attrs[] = { ATTRS, { NULL } };

static gboolean
fail_shape (TlInfer *self,
            GError **error)
{
  g_autofree char *query = tl_shape_to_string (self->in[QUERY]->shape, self->in[QUERY]->rank);
  g_autofree char *key = tl_shape_to_string (self->in[KEY]->shape, self->in[KEY]->rank);
  g_autofree char *value = tl_shape_to_string (self->in[VALUE]->shape, self->in[VALUE]->rank);

  return tl_infer_fail (self, TL_ERROR_SHAPE, error, "query %s, key %s and value %s do not fit", query, key, value);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *q = self->in[QUERY], *k = self->in[KEY], *v = self->in[VALUE];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         rank = q->rank;

  if (!tl_infer_need_float (self, QUERY, error) || !tl_infer_need_same_dtype (self, QUERY, KEY, error) ||
      !tl_infer_need_same_dtype (self, QUERY, VALUE, error) || !tl_infer_need_rank (self, QUERY, 2, TL_TENSOR_MAX_RANK - 1, error))
    return FALSE;
  if (k->rank != rank || v->rank != rank || q->shape[rank - 1] != k->shape[rank - 1] || k->shape[rank - 2] != v->shape[rank - 2])
    return fail_shape (self, error);
  for (guint i = 0; i + 2 < rank; i++) {
    gboolean shared = self->attrs[ENABLE_GQA].i != 0 && i + 3 == rank;

    shape[i] = q->shape[i];
    if (k->shape[i] != v->shape[i] || (shared ? k->shape[i] <= 0 || q->shape[i] % k->shape[i] != 0 : q->shape[i] != k->shape[i]))
      return fail_shape (self, error);
  }
  shape[rank - 2] = q->shape[rank - 2];
  shape[rank - 1] = k->shape[rank - 2];
  if (tl_has_in (self, MASK)) {
    TlMeta        scores;
    const TlMeta *pair[] = { &scores, self->in[MASK] };
    TlDim         both[TL_TENSOR_MAX_RANK];
    guint         n;

    tl_meta_init (&scores, q->dtype, rank, shape);
    if ((self->in[MASK]->dtype != TL_DTYPE_BOOL && !tl_infer_need_same_dtype (self, QUERY, MASK, error)))
      return FALSE;
    if (!tl_broadcast_shapes (pair, 2, both, &n) || n != rank || memcmp (both, shape, rank * sizeof (TlDim)) != 0) {
      g_autofree char *mask = tl_shape_to_string (self->in[MASK]->shape, self->in[MASK]->rank);
      g_autofree char *wanted = tl_shape_to_string (shape, rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "attn_mask %s cannot be broadcast to %s", mask, wanted);
    }
  }
  if (tl_has_in (self, CALL) && !tl_random_infer_call (self, CALL, error))
    return FALSE;
  if (self->attrs[DROPOUT_P].d > 0 && !tl_has_in (self, CALL))
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "dropout_p = %g without the number of the call", self->attrs[DROPOUT_P].d);
  shape[rank - 1] = v->shape[rank - 1];
  tl_infer_out (self, Y, q->dtype, rank, shape);
  tl_infer_out (self, LOGSUMEXP, q->dtype, rank - 1u, shape);
  return TRUE;
}

static double
scale_of (const TlAttrValue *values,
          const TlMeta      *query)
{
  return values[SCALE].d != 0 ? values[SCALE].d : 1 / sqrt ((double)query->shape[query->rank - 1]);
}

/* @rank: of the scores, to which a mask is broadcast */
static void
fill_strides (TlAttentionStrides *strides,
              const TlMeta       *meta,
              guint               rank)
{
  guint missing = rank - meta->rank;

  for (guint i = missing; i < rank; i++) {
    int64_t stride = meta->shape[i - missing] == 1 ? 0 : meta->strides[i - missing];

    if (i + 2 < rank)
      strides->batch[i] = stride;
    else if (i + 2 == rank)
      strides->row = stride;
    else
      strides->col = stride;
  }
}

/* Everything but the operands that only one of both directions has. */
static void
fill_args (TlAttentionArgs   *args,
           const TlAttrValue *values,
           const TlMeta      *query,
           const TlMeta      *key,
           const TlMeta      *value,
           const TlMeta      *mask,
           const TlMeta      *y)
{
  guint rank = query->rank;

  args->dtype = query->dtype;
  args->mask_dtype = mask != NULL ? mask->dtype : query->dtype;
  args->has_mask = mask != NULL;
  args->causal = values[IS_CAUSAL].i != 0;
  args->batch_rank = (int32_t)rank - 2;
  for (guint i = 0; i + 2 < rank; i++)
    args->batch[i] = query->shape[i];
  args->l = query->shape[rank - 2];
  args->s = key->shape[rank - 2];
  args->d = query->shape[rank - 1];
  args->e = value->shape[rank - 1];
  args->group = rank > 2 ? query->shape[rank - 3] / MAX (key->shape[rank - 3], 1) : 1;
  args->group = MAX (args->group, 1);
  args->scale = scale_of (values, query);
  args->has_dropout = values[DROPOUT_P].d > 0;
  args->dropout_p = values[DROPOUT_P].d;
  args->dropout_key = tl_philox_key ((guint64)values[SEED].i, (guint64)values[STREAM].i);
  fill_strides (&args->query, query, rank);
  fill_strides (&args->key, key, rank);
  fill_strides (&args->value, value, rank);
  fill_strides (&args->y, y, rank);
  if (mask != NULL)
    fill_strides (&args->mask, mask, rank);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  fill_args (tl_prepare_args (self, TlAttentionArgs), self->attrs, self->in[QUERY], self->in[KEY], self->in[VALUE],
             tl_has_in (self, MASK) ? self->in[MASK] : NULL, &self->out[Y]);
  self->kernel = &tl_kernels_get ()->attention_forward;
  tl_prepare_data (self, TL_OPERAND_IN (QUERY), TL_OPERAND_IN (KEY), TL_OPERAND_IN (VALUE), tl_operand_in (self, MASK),
                   TL_OPERAND_OUT (Y), TL_OPERAND_OUT (LOGSUMEXP), tl_operand_in (self, CALL));
  return TRUE;
}

/* A mask of numbers that learns needs the gradients of all scores: then they are computed from primitives. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  gboolean    has_mask = tl_has_in (self, MASK);
  TlTensor   *in[] = { self->dy[Y], self->in[QUERY], self->in[KEY], self->in[VALUE], self->out[Y], self->out[LOGSUMEXP], has_mask ? self->in[MASK] : NULL, tl_has_in (self, CALL) ? self->in[CALL] : NULL };
  TlAttrValue values[WANTED + 1];
  TlTensor   *grads[3];

  if (self->dy[Y] == NULL)
    return TRUE;
  if (has_mask && self->needs[MASK])
    return tl_gradient_by_parts (self, error);
  memcpy (values, self->attrs, WANTED * sizeof *values);
  values[WANTED] = TL_INT (tl_norm_wanted (self));
  if (!tl_op_apply (&tl_op_scaled_dot_product_attention_grad, in, G_N_ELEMENTS (in), values, grads, 3, error))
    return FALSE;
  tl_norm_take_grads (self, grads, values[WANTED].i);
  return TRUE;
}

static void
cost (const TlInfer *self,
      TlCost        *cost)
{
  const TlMeta *key = self->in[KEY], *value = self->in[VALUE], *y = &self->out[Y];
  double        pairs = (double)tl_meta_get_n_elements (&self->out[LOGSUMEXP]) * (double)key->shape[key->rank - 2];

  cost->flops = 2 * pairs * (double)(key->shape[key->rank - 1] + value->shape[y->rank - 1]);
}

/* Keys or values once for each head of queries. */
static TlTensor *
share_heads (TlGradient *self,
             TlTensor   *x,
             GError    **error)
{
  const TlMeta     *q = &self->in[QUERY]->meta;
  const TlAttrValue values[] = { TL_INT (q->rank > 2 ? q->shape[q->rank - 3] / MAX (x->meta.shape[q->rank - 3], 1) : 1), TL_INTS1 (-3) };

  if (self->attrs[ENABLE_GQA].i == 0 || q->rank < 3 || values[0].i == 1)
    return tl_tensor_ref (x);
  return tl_op_apply1 (&tl_op_repeat_interleave, &x, 1, values, error);
}

/* Scores that count; the others become -inf, so that softmax makes them 0. */
static TlTensor *
mask_scores (TlTensor *scores,
             TlTensor *mask,
             gboolean  is_causal,
             GError  **error)
{
  const TlMeta        *meta = &scores->meta;
  g_autoptr (TlTensor) low = tl_tensor_new_number (-HUGE_VAL, FALSE);
  g_autoptr (TlTensor) masked = NULL;
  g_autoptr (TlTensor) ones = NULL;
  g_autoptr (TlTensor) seen = NULL;

  if (mask == NULL)
    masked = tl_tensor_ref (scores);
  else if (mask->meta.dtype == TL_DTYPE_BOOL)
    masked = tl_map_text ("select (b, a, c)", error, 3, scores, mask, low);
  else
    masked = tl_add (scores, mask, error);
  if (masked == NULL || !is_causal)
    return g_steal_pointer (&masked);
  ones = tl_ones (2, meta->shape + meta->rank - 2, meta->dtype, error);
  seen = ones != NULL ? tl_op_apply1 (&tl_op_tril, &ones, 1, NULL, error) : NULL;
  return tl_map_text ("select (b, a, c)", error, 3, masked, seen, low);
}

/* Softmax; 0 in rows where nothing is seen, and no gradient there. */
static TlTensor *
weigh (TlTensor *masked,
       gboolean  has_mask,
       GError  **error)
{
  const TlMeta        *meta = &masked->meta;
  const gint           last = -1;
  g_autoptr (TlTensor) low = tl_tensor_new_number (-HUGE_VAL, FALSE);
  g_autoptr (TlTensor) most = NULL;
  g_autoptr (TlTensor) best = NULL;
  g_autoptr (TlTensor) safe = NULL;
  g_autoptr (TlTensor) weights = NULL;

  if (meta->shape[meta->rank - 1] == 0)
    return tl_tensor_ref (masked);
  if (!has_mask)
    return tl_softmax (masked, -1, error);
  most = tl_amax (masked, &last, 1, TRUE, error);
  best = most != NULL ? tl_detach (most) : NULL;
  safe = tl_map_text ("select (b == c, 0, a)", error, 3, masked, best, low);
  weights = safe != NULL ? tl_softmax (safe, -1, error) : NULL;
  return tl_map_text ("select (b == c, 0, a)", error, 3, weights, best, low);
}

/**
 * tl_attention_weights:
 * @query: `[..., heads, l, d]`, floating
 * @key: `[..., heads, s, d]`, same dtype
 * @mask: (nullable): as of scaled_dot_product_attention
 * @is_causal: whether a query sees only the keys up to its own position
 * @scale: factor of the scores; 0 for 1 / sqrt d
 * @error: return location for an error
 *
 * The weights of values in attention, made from primitives: where they are wanted themselves.
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): `[..., heads, l, s]`; rows sum to 1, or are 0 where nothing is seen; or %NULL
 */
TlTensor *
tl_attention_weights (TlTensor *query,
                      TlTensor *key,
                      TlTensor *mask,
                      gboolean  is_causal,
                      double    scale,
                      GError  **error)
{
  TlDim                d = query->meta.shape[query->meta.rank - 1];
  g_autoptr (TlTensor) size = scale == 0 && tl_dim_is_symbolic (d) ? tl_size (d, query->meta.dtype, error) : NULL;
  g_autoptr (TlTensor) factor = size != NULL ? tl_map_text ("1 / sqrt (a)", error, 1, size) : tl_tensor_new_number (scale != 0 ? scale : 1 / sqrt ((double)d), FALSE);
  g_autoptr (TlTensor) scaled = factor != NULL ? tl_mul (query, factor, error) : NULL;
  g_autoptr (TlTensor) turned = scaled != NULL ? tl_transpose (key, -2, -1, error) : NULL;
  g_autoptr (TlTensor) scores = turned != NULL ? tl_matmul (scaled, turned, error) : NULL;
  g_autoptr (TlTensor) masked = scores != NULL ? mask_scores (scores, mask, is_causal, error) : NULL;

  return masked != NULL ? weigh (masked, mask != NULL, error) : NULL;
}

/* What the gradient alone reads is left out. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) key = share_heads (self, self->in[KEY], error);
  g_autoptr (TlTensor) value = key != NULL ? share_heads (self, self->in[VALUE], error) : NULL;
  TlTensor            *mask = tl_has_in (self, MASK) ? self->in[MASK] : NULL;
  g_autoptr (TlTensor) weights = NULL;

  if (value != NULL)
    weights = tl_attention_weights (self->in[QUERY], key, mask, self->attrs[IS_CAUSAL].i != 0, self->attrs[SCALE].d, error);
  if (weights != NULL && self->attrs[DROPOUT_P].d > 0) {
    TlTensor *in[] = { weights, self->in[CALL] };

    weights = tl_op_apply1 (&tl_op_dropout, in, 2, &self->attrs[DROPOUT_P], error);
    tl_tensor_unref (in[0]);
  }
  self->dx[0] = weights != NULL ? tl_matmul (weights, value, error) : NULL;
  return self->dx[0] != NULL;
}

/**
 * tl_attention:
 * @query: `[..., heads, l, d]`, floating
 * @key: `[..., heads, s, d]`, same dtype
 * @value: `[..., heads, s, e]`, same dtype
 * @mask: (nullable): broadcast to `[..., l, s]`: bool, true where a key may be seen; or numbers that are added to the scores
 * @is_causal: whether a query sees only the keys up to its own position
 * @dropout_p: probability with which a weight becomes zero
 * @counter: (nullable): the call counter of the owner; the context's if %NULL; not used if @dropout_p is 0
 * @error: return location for an error
 *
 * Attention as scaled_dot_product_attention computes it; neither scores nor weights are kept.
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): `[..., heads, l, e]`, or %NULL
 */
TlTensor *
tl_attention (TlTensor   *query,
              TlTensor   *key,
              TlTensor   *value,
              TlTensor   *mask,
              gboolean    is_causal,
              double      dropout_p,
              TlVariable *counter,
              GError    **error)
{
  TlTensor            *in[] = { query, key, value, mask, NULL }, *out[2];
  TlAttrValue          values[] = { TL_INT (is_causal), TL_FLOAT (0), TL_INT (FALSE), TL_FLOAT (dropout_p), TL_INT (0), TL_INT (0) };
  g_autoptr (TlTensor) call = dropout_p > 0 ? tl_random_begin (counter, &values[SEED], &values[STREAM], error) : NULL;

  in[CALL] = call;
  if ((dropout_p > 0 && call == NULL) ||
      !tl_op_apply (&tl_op_scaled_dot_product_attention, in, G_N_ELEMENTS (in), values, out, G_N_ELEMENTS (out), error))
    return NULL;
  tl_tensor_unref (out[LOGSUMEXP]);
  return out[Y];
}

static const TlSample samples[] = {
  { "2,3,4; 2,5,4; 2,5,3" },
  { "2,2,3,4; 2,2,3,4; 2,2,3,4", "is_causal = true" },
  { "2,3,4; 2,5,4; 2,5,3; 3,5", "scale = 0.3" },
  { "1,4,3,2; 1,2,5,2; 1,2,5,2", "enable_gqa = true" },
  { "3,4; 1,4; 1,2" },
  { "1,2,3,4; 1,2,70,4; 1,2,70,3; bool:3,70" },
  { "2,2,3,4; 2,2,3,4; 2,2,3,4; bool:2,1,1,3" },
  { "2,6,1,2; 2,2,5,2; 2,2,5,3; bool:6,1,5", "enable_gqa = true, scale = -2" },
  { "2,5,4; 2,3,4; 2,3,3", "is_causal = true" },
  { "2,5,4; 2,3,4; 2,3,3; 5,1" },
  { "1,70,5; 1,70,5; 1,70,3", "is_causal = true" },
  { "2,3,4; 2,0,4; 2,0,3" },
  { "2,0,4; 2,3,4; 2,3,3" },
  { "0,3,4; 0,5,4; 0,5,3" },
  { NULL },
};

const TlOpClass tl_op_scaled_dot_product_attention = {
  .name = "scaled_dot_product_attention",
  .group = "attention",
  .doc = "Attention: a mean of values, weighted by how well keys answer queries.",
  .formula = "y = dropout (softmax (query key^T scale + mask)) value",
  .source = "Vaswani et al. 2017, arXiv:1706.03762",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .cost = cost,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Attention", 23 },
  .torch = "F.scaled_dot_product_attention(x0, x1, x2, x[3] if len(x) > 3 else None, is_causal=is_causal, scale=scale or None, enable_gqa=enable_gqa)",
};

/* Its gradient, as an operation of its own. */

enum { G_DY,
       G_QUERY,
       G_KEY,
       G_VALUE,
       G_Y,
       G_LOGSUMEXP,
       G_MASK,
       G_CALL };

static const TlPort grad_ports[] = {
  { "dy", "gradient of the output" },
  { "query", "the input" },
  { "key", "the input" },
  { "value", "the input" },
  { "y", "of the forward pass", TL_PORT_CONTIGUOUS },
  { "logsumexp", "of the forward pass", TL_PORT_CONTIGUOUS },
  { "attn_mask", "the mask", TL_PORT_OPTIONAL },
  { "call", "its number", TL_PORT_OPTIONAL },
  { NULL },
};

static const TlPort grad_out_ports[] = { { "dquery", "" }, { "dkey", "" }, { "dvalue", "" }, { NULL } };

static const TlAttrSpec grad_attrs[] = { ATTRS, TL_NORM_WANTED, { NULL } };

static gboolean
grad_infer (TlInfer *self,
            GError **error)
{
  static const TlDim none[] = { 0 };

  for (guint i = 0; i < 3; i++) {
    const TlMeta *in = self->in[G_QUERY + i];

    if ((self->attrs[WANTED].i >> i & 1) != 0)
      tl_infer_out (self, i, in->dtype, in->rank, in->shape);
    else
      tl_infer_out (self, i, in->dtype, 1, none);
  }
  return TRUE;
}

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  TlAttentionArgs    *args = tl_prepare_args (self, TlAttentionArgs);
  gint64              wanted = self->attrs[WANTED].i;
  guint               rank = self->in[G_QUERY]->rank;
  TlAttentionStrides *strides[] = { &args->dquery, &args->dkey, &args->dvalue };

  fill_args (args, self->attrs, self->in[G_QUERY], self->in[G_KEY], self->in[G_VALUE],
             tl_has_in (self, G_MASK) ? self->in[G_MASK] : NULL, self->in[G_Y]);
  fill_strides (&args->dy, self->in[G_DY], rank);
  args->wanted = (int32_t)wanted;
  for (guint i = 0; i < 3; i++)
    if ((wanted >> i & 1) != 0)
      fill_strides (strides[i], &self->out[i], rank);
  self->kernel = &tl_kernels_get ()->attention_backward;
  tl_prepare_data (self, TL_OPERAND_IN (G_DY), TL_OPERAND_IN (G_QUERY), TL_OPERAND_IN (G_KEY), TL_OPERAND_IN (G_VALUE),
                   tl_operand_in (self, G_MASK), TL_OPERAND_IN (G_Y), TL_OPERAND_IN (G_LOGSUMEXP),
                   tl_norm_operand_grad (self, 0, wanted), tl_norm_operand_grad (self, 1, wanted), tl_norm_operand_grad (self, 2, wanted),
                   tl_operand_in (self, G_CALL));
  return TRUE;
}

static void
grad_cost (const TlInfer *self,
           TlCost        *cost)
{
  const TlMeta *key = self->in[G_KEY], *value = self->in[G_VALUE];
  double        pairs = (double)tl_meta_get_n_elements (self->in[G_LOGSUMEXP]) * (double)key->shape[key->rank - 2];

  cost->flops = 2 * pairs * (double)(3 * key->shape[key->rank - 1] + 2 * value->shape[value->rank - 1]);
}

const TlOpClass tl_op_scaled_dot_product_attention_grad = {
  .name = "scaled_dot_product_attention_grad",
  .doc = "Gradient of scaled_dot_product_attention.",
  .in = grad_ports,
  .out = grad_out_ports,
  .attrs = grad_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = grad_infer,
  .prepare = grad_prepare,
  .cost = grad_cost,
};
