/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/op/common.h"

enum { QUERY,
       KEY,
       VALUE,
       MASK };
enum { IS_CAUSAL,
       SCALE,
       ENABLE_GQA };

static const TlPort ports[] = {
  { "query", "`[..., heads, l, d]`, floating" },
  { "key", "`[..., heads, s, d]`, same dtype" },
  { "value", "`[..., heads, s, e]`, same dtype" },
  { "attn_mask", "broadcast to `[..., l, s]`: bool, true where a key may be seen; or numbers that are added to the scores", TL_PORT_OPTIONAL },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "is_causal", "whether a query sees only the keys up to its own position", TL_ATTR_BOOL },
  { "scale", "factor of the scores; 0 for 1 / sqrt d", TL_ATTR_FLOAT },
  { "enable_gqa", "whether several heads of queries share one of keys and values", TL_ATTR_BOOL },
  { NULL },
};

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
  shape[rank - 1] = v->shape[rank - 1];
  tl_infer_out (self, 0, q->dtype, rank, shape);
  return TRUE;
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
mask_scores (TlGradient *self,
             TlTensor   *scores,
             GError    **error)
{
  const TlMeta        *meta = &scores->meta;
  g_autoptr (TlTensor) low = tl_tensor_new_number (-HUGE_VAL, FALSE);
  g_autoptr (TlTensor) masked = NULL;
  g_autoptr (TlTensor) ones = NULL;
  g_autoptr (TlTensor) seen = NULL;

  if (!tl_has_in (self, MASK))
    masked = tl_tensor_ref (scores);
  else if (self->in[MASK]->meta.dtype == TL_DTYPE_BOOL)
    masked = tl_map_text ("select (b, a, c)", error, 3, scores, self->in[MASK], low);
  else
    masked = tl_add (scores, self->in[MASK], error);
  if (masked == NULL || self->attrs[IS_CAUSAL].i == 0)
    return g_steal_pointer (&masked);
  ones = tl_ones (2, meta->shape + meta->rank - 2, meta->dtype, error);
  seen = ones != NULL ? tl_op_apply1 (&tl_op_tril, &ones, 1, NULL, error) : NULL;
  return tl_map_text ("select (b, a, c)", error, 3, masked, seen, low);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *q = &self->in[QUERY]->meta;
  double               d = (double)q->shape[q->rank - 1];
  g_autoptr (TlTensor) scale = tl_tensor_new_number (self->attrs[SCALE].d != 0 ? self->attrs[SCALE].d : 1 / sqrt (d), FALSE);
  g_autoptr (TlTensor) query = tl_mul (self->in[QUERY], scale, error);
  g_autoptr (TlTensor) key = query != NULL ? share_heads (self, self->in[KEY], error) : NULL;
  g_autoptr (TlTensor) value = key != NULL ? share_heads (self, self->in[VALUE], error) : NULL;
  g_autoptr (TlTensor) turned = value != NULL ? tl_transpose (key, -2, -1, error) : NULL;
  g_autoptr (TlTensor) scores = turned != NULL ? tl_matmul (query, turned, error) : NULL;
  g_autoptr (TlTensor) masked = scores != NULL ? mask_scores (self, scores, error) : NULL;
  g_autoptr (TlTensor) weights = masked != NULL ? tl_softmax (masked, -1, error) : NULL;

  self->dx[0] = weights != NULL ? tl_matmul (weights, value, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "2,3,4; 2,5,4; 2,5,3" },
  { "2,2,3,4; 2,2,3,4; 2,2,3,4", "is_causal = true" },
  { "2,3,4; 2,5,4; 2,5,3; 3,5", "scale = 0.3" },
  { "1,4,3,2; 1,2,5,2; 1,2,5,2", "enable_gqa = true" },
  { "3,4; 1,4; 1,2" },
  { NULL },
};

const TlOpClass tl_op_scaled_dot_product_attention = {
  .name = "scaled_dot_product_attention",
  .group = "attention",
  .doc = "Attention: a mean of values, weighted by how well keys answer queries.",
  .formula = "y = softmax (query key^T scale + mask) value",
  .source = "Vaswani et al. 2017, arXiv:1706.03762",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Attention", 23 },
  .torch = "F.scaled_dot_product_attention(x0, x1, x2, x[3] if len(x) > 3 else None, is_causal=is_causal, scale=scale or None, enable_gqa=enable_gqa)",
};
