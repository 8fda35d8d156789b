/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/nn/layer-private.h"
#include "core/op/common.h"

enum { EMBED_DIM,
       NUM_HEADS,
       DROPOUT,
       BIAS,
       ADD_BIAS_KV,
       ADD_ZERO_ATTN,
       KDIM,
       VDIM,
       BATCH_FIRST,
       IS_CAUSAL,
       NEED_WEIGHTS,
       AVERAGE_ATTN_WEIGHTS,
       WEIGHT_INIT };
enum { QUERY,
       KEY,
       VALUE,
       KEY_PADDING_MASK,
       ATTN_MASK };
enum { V_IN_WEIGHT, /* of all three; or, with kdim or vdim, of each */
       V_Q_WEIGHT,
       V_K_WEIGHT,
       V_V_WEIGHT,
       V_IN_BIAS,
       V_BIAS_K,
       V_BIAS_V,
       V_CALLS };

static const TlPort ports[] = {
  { "query", "`[l, n, embed_dim]`, or without n; then nothing has n" },
  { "key", "`[s, n, kdim]`; the query if it is not given", TL_PORT_OPTIONAL },
  { "value", "`[s, n, vdim]`; the key if it is not given", TL_PORT_OPTIONAL },
  { "key_padding_mask", "`[n, s]`: bool, true where a key is left out; or numbers that are added to its scores", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "attn_mask", "`[l, s]` or `[n num_heads, l, s]`: bool, true where a key is left out; or numbers that are added to the scores", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlPort out_ports[] = {
  { "y", "`[l, n, embed_dim]`" },
  { "weights", "with need_weights: of each key in each result `[n, l, s]`, or of each head `[n, num_heads, l, s]`", TL_PORT_OPTIONAL },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "embed_dim", "size of query and result; 0 takes it from the query", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 / 4 },
  { "num_heads", "number of heads, which share embed_dim", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = 65535 },
  { "dropout", "probability with which a weight becomes zero in training", TL_ATTR_FLOAT, .has_range = TRUE, .max = 1 },
  { "bias", "whether the projections have biases", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "add_bias_kv", "whether a learned key and value stand behind those of each sequence", TL_ATTR_BOOL },
  { "add_zero_attn", "whether a key and a value of zeros stand behind those", TL_ATTR_BOOL },
  { "kdim", "size of the keys; 0: that of the query", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 / 4 },
  { "vdim", "size of the values; 0: that of the query", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 / 4 },
  { "batch_first", "whether inputs and result are [n, length, size] rather than [length, n, size]", TL_ATTR_BOOL },
  { "is_causal", "whether a query sees only the keys up to its own position", TL_ATTR_BOOL },
  { "need_weights", "whether the weights are a second result; then they are made, which takes more memory", TL_ATTR_BOOL },
  { "average_attn_weights", "whether these weights are the mean of all heads'", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "weight_init", "how the last projection gets its first values: name of an initialiser; if not given, as Linear does", TL_ATTR_STRING },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  const TlInit xavier = { &tl_initializer_xavier_uniform, 1 }, zeros = { &tl_initializer_zeros };
  TlDim        kdim = self->attrs[KDIM].i, vdim = self->attrs[VDIM].i, embed, sums;
  gint64       heads = self->attrs[NUM_HEADS].i;

  if (!tl_layer_in_size (self, QUERY, -1, EMBED_DIM, &embed, error))
    return FALSE;
  if (embed % heads != 0)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "embed_dim = %" G_GINT64_FORMAT " is not a multiple of num_heads = %" G_GINT64_FORMAT, embed, heads);
  if (self->n_in > 0 && self->in[QUERY]->rank != 2 && self->in[QUERY]->rank != 3)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the query has %u axes, it must have 3, or 2 if it is alone", self->in[QUERY]->rank);
  kdim = kdim > 0 ? kdim : embed;
  vdim = vdim > 0 ? vdim : embed;
  sums = 3 * embed;
  if (kdim == embed && vdim == embed) {
    tl_layer_declare (self, V_IN_WEIGHT, "in_proj_weight", TL_VARIABLE_PARAMETER, 2, (const TlDim[]){ sums, embed }, xavier);
  } else {
    tl_layer_declare (self, V_Q_WEIGHT, "q_proj_weight", TL_VARIABLE_PARAMETER, 2, (const TlDim[]){ embed, embed }, xavier);
    tl_layer_declare (self, V_K_WEIGHT, "k_proj_weight", TL_VARIABLE_PARAMETER, 2, (const TlDim[]){ embed, kdim }, xavier);
    tl_layer_declare (self, V_V_WEIGHT, "v_proj_weight", TL_VARIABLE_PARAMETER, 2, (const TlDim[]){ embed, vdim }, xavier);
  }
  if (self->attrs[BIAS].i != 0)
    tl_layer_declare (self, V_IN_BIAS, "in_proj_bias", TL_VARIABLE_PARAMETER, 1, &sums, zeros);
  for (guint i = 0; i < 2 && self->attrs[ADD_BIAS_KV].i != 0; i++)
    tl_layer_declare (self, V_BIAS_K + i, i == 0 ? "bias_k" : "bias_v", TL_VARIABLE_PARAMETER, 3, (const TlDim[]){ 1, 1, embed },
                      (TlInit){ &tl_initializer_xavier_normal, 1 });
  if (self->attrs[DROPOUT].d > 0)
    tl_layer_declare (self, V_CALLS, "calls", TL_VARIABLE_COUNTER, 0, NULL, zeros);
  return tl_layer_declare_part (self, 0, "out_proj", tl_layer_find ("Linear"),
                                (const TlLayerAttr[]){ { "in_features", TL_INPUT_INT (embed) }, { "out", TL_INPUT_INT (embed) }, { "bias_init", TL_INPUT_STRING ("zeros") } },
                                3, NULL, 0, error);
}

/* Part @i of @n of the first axis of a weight or bias; passes NULL on. */
static TlTensor *
take_part (TlTensor *whole,
           gint64    i,
           gint64    n,
           GError  **error)
{
  gint64 size = whole != NULL ? tl_tensor_get_shape (whole)[0] / n : 0;

  return whole != NULL ? tl_narrow (whole, 0, i * size, size, error) : NULL;
}

/* Projection @i (query, key, value) of an input. */
static TlTensor *
project (TlLayerForward *self,
         TlTensor       *x,
         gint64          i,
         GError        **error)
{
  g_autoptr (TlTensor) all = tl_layer_read (self, V_IN_WEIGHT);
  g_autoptr (TlTensor) biases = tl_layer_read (self, V_IN_BIAS);
  g_autoptr (TlTensor) weight = all != NULL ? take_part (all, i, 3, error) : tl_layer_read (self, V_Q_WEIGHT + (guint)i);
  g_autoptr (TlTensor) bias = weight != NULL ? take_part (biases, i, 3, error) : NULL;

  return weight != NULL && (bias != NULL || biases == NULL) ? tl_linear (x, weight, bias, error) : NULL;
}

/* `[length, n, n_parts embed]` as `[length, n, n_parts heads, embed / heads]`. */
static TlTensor *
split_heads (TlLayerForward *self,
             TlTensor       *x,
             gint64          n_parts,
             GError        **error)
{
  const TlDim *shape = tl_tensor_get_shape (x);
  gint64       heads = n_parts * self->attrs[NUM_HEADS].i;

  return tl_reshape (x, 4, (const TlDim[]){ shape[0], shape[1], heads, shape[2] / heads }, error);
}

/*
 * Part @i of these, or with the batch first, as `[n, heads, length, embed / heads]`.  Heads are told apart before parts are, so that all are read
 * where they lie, and their gradients meet in one tensor.
 */
static TlTensor *
take_heads (TlLayerForward *self,
            TlTensor       *all,
            gint64          i,
            GError        **error)
{
  static const guint   orders[2][4] = { { 1, 2, 0, 3 }, { 0, 2, 1, 3 } };
  gint64               heads = self->attrs[NUM_HEADS].i;
  g_autoptr (TlTensor) part = tl_narrow (all, 2, i * heads, heads, error);

  return part != NULL ? tl_permute (part, orders[self->attrs[BATCH_FIRST].i != 0], error) : NULL;
}

/* The three inputs as heads; one product if all are the same. */
static gboolean
project_all (TlLayerForward *self,
             TlTensor      **heads,
             GError        **error)
{
  TlTensor            *query = self->in[QUERY];
  TlTensor            *key = self->n_in > KEY && self->in[KEY] != NULL ? self->in[KEY] : query;
  TlTensor            *in[] = { query, key, self->n_in > VALUE && self->in[VALUE] != NULL ? self->in[VALUE] : key };
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_IN_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_IN_BIAS);
  g_autoptr (TlTensor) all = NULL;

  if (weight != NULL && in[1] == query && in[2] == query) {
    g_autoptr (TlTensor) product = tl_linear (query, weight, bias, error);

    all = product != NULL ? split_heads (self, product, 3, error) : NULL;
    if (all == NULL)
      return FALSE;
  }
  for (guint i = 0; i < 3; i++) {
    g_autoptr (TlTensor) product = all == NULL ? project (self, in[i], i, error) : NULL;
    g_autoptr (TlTensor) one = product != NULL ? split_heads (self, product, 1, error) : NULL;

    if (all != NULL || one != NULL)
      heads[i] = take_heads (self, all != NULL ? all : one, all != NULL ? i : 0, error);
    if (heads[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* What stands behind the keys (@i = 1) or values (2) as heads `[n, heads, 1, size]`: the learned one, or zeros. */
static TlTensor *
make_extra (TlLayerForward *self,
            const TlTensor *heads,
            guint           i,
            gboolean        is_learned,
            GError        **error)
{
  const TlDim         *shape = tl_tensor_get_shape ((TlTensor *)heads);
  const TlDim          one[] = { 1, shape[1], 1, shape[3] }, all[] = { shape[0], shape[1], 1, shape[3] };
  g_autoptr (TlTensor) learned = is_learned ? tl_layer_read (self, V_BIAS_K + i - 1) : NULL;
  g_autoptr (TlTensor) split = learned != NULL ? tl_reshape (learned, 4, one, error) : NULL;

  if (is_learned)
    return split != NULL ? tl_expand (split, 4, all, error) : NULL;
  return tl_zeros (4, all, tl_tensor_get_dtype ((TlTensor *)heads), error);
}

/* Adds what the attributes want to keys and values. */
static gboolean
add_extras (TlLayerForward *self,
            TlTensor      **heads,
            GError        **error)
{
  for (guint kind = ADD_BIAS_KV; kind <= ADD_ZERO_ATTN; kind++)
    for (guint i = 1; i < 3 && self->attrs[kind].i != 0; i++) {
      g_autoptr (TlTensor) own = heads[i];
      g_autoptr (TlTensor) extra = make_extra (self, own, i, kind == ADD_BIAS_KV, error);

      heads[i] = extra != NULL ? tl_concat ((TlTensor *[]){ own, extra }, 2, 2, error) : NULL;
      if (heads[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

/* A mask as scaled_dot_product_attention reads it: of bool, true is what is seen. */
static TlTensor *
turn_mask (TlTensor    *mask,
           guint        rank,
           const TlDim *shape,
           GError     **error)
{
  g_autoptr (TlTensor) wide = tl_reshape (mask, rank, shape, error);

  if (wide == NULL || tl_tensor_get_dtype (wide) != TL_DTYPE_BOOL)
    return g_steal_pointer (&wide);
  return tl_op_apply1 (&tl_op_logical_not, &wide, 1, NULL, error);
}

/* What both masks let through; of bool and numbers, the numbers where the bool is true. */
static TlTensor *
join (TlTensor *a,
      TlTensor *b,
      GError  **error)
{
  gboolean             a_is_bool = tl_tensor_get_dtype (a) == TL_DTYPE_BOOL, b_is_bool = tl_tensor_get_dtype (b) == TL_DTYPE_BOOL;
  g_autoptr (TlTensor) low = tl_tensor_new_number (-HUGE_VAL, FALSE);

  if (a_is_bool && b_is_bool)
    return tl_op_apply1 (&tl_op_logical_and, (TlTensor *[]){ a, b }, 2, NULL, error);
  if (a_is_bool || b_is_bool)
    return tl_map_text ("select (b, a, c)", error, 3, a_is_bool ? b : a, a_is_bool ? a : b, low);
  return tl_add (a, b, error);
}

/* Both masks as one; NULL without @error set if there is none. */
static TlTensor *
join_masks (TlLayerForward *self,
            const TlDim    *scores,
            GError        **error)
{
  const TlMeta        *attn = self->n_in > ATTN_MASK && self->in[ATTN_MASK] != NULL ? tl_tensor_get_meta (self->in[ATTN_MASK]) : NULL;
  TlTensor            *padding = self->n_in > KEY_PADDING_MASK ? self->in[KEY_PADDING_MASK] : NULL;
  const TlDim          row[] = { scores[0], 1, 1, scores[3] };
  const TlDim          square[] = { 1, 1, scores[2], scores[3] };
  g_autoptr (TlTensor) a = attn != NULL ? turn_mask (self->in[ATTN_MASK], 4, attn->rank == 3 ? scores : square, error) : NULL;
  g_autoptr (TlTensor) b = NULL;

  if (padding == NULL || (attn != NULL && a == NULL))
    return g_steal_pointer (&a);
  b = turn_mask (padding, 4, row, error);
  if (a == NULL || b == NULL)
    return g_steal_pointer (&b);
  return join (a, b, error);
}

static gint64
count_extras (TlLayerForward *self)
{
  return self->attrs[ADD_BIAS_KV].i + self->attrs[ADD_ZERO_ATTN].i;
}

/* The mask with is_causal in it, since what stands behind the keys is seen by all; passes NULL on if it need not be. */
static TlTensor *
add_causal (TlLayerForward *self,
            TlTensor       *mask,
            const TlDim    *scores,
            GError        **error)
{
  const TlDim          square[] = { 1, 1, scores[2], scores[3] };
  g_autoptr (TlTensor) ones = NULL;
  g_autoptr (TlTensor) low = NULL;

  if (self->attrs[IS_CAUSAL].i == 0)
    return mask != NULL ? tl_tensor_ref (mask) : NULL;
  ones = tl_ones (4, square, TL_DTYPE_BOOL, error);
  low = ones != NULL ? tl_op_apply1 (&tl_op_tril, &ones, 1, NULL, error) : NULL;
  if (low == NULL || mask == NULL)
    return g_steal_pointer (&low);
  return join (mask, low, error);
}

/* The mask of keys and of what stands behind them; NULL without @error set if there is none. */
static TlTensor *
make_mask (TlLayerForward *self,
           const TlDim    *scores,
           GError        **error)
{
  GError              *failure = NULL;
  g_autoptr (TlTensor) given = join_masks (self, scores, &failure);
  g_autoptr (TlTensor) whole = NULL;
  g_autoptr (TlTensor) open = NULL;
  const TlMeta        *meta;

  if (failure == NULL && count_extras (self) > 0)
    whole = add_causal (self, given, scores, &failure);
  if (failure != NULL) {
    g_propagate_error (error, failure);
    return NULL;
  }
  if (whole == NULL)
    return g_steal_pointer (&given);
  meta = tl_tensor_get_meta (whole);
  open = tl_full (4, (const TlDim[]){ meta->shape[0], meta->shape[1], meta->shape[2], count_extras (self) }, meta->dtype == TL_DTYPE_BOOL, meta->dtype, error);
  return open != NULL ? tl_concat ((TlTensor *[]){ whole, open }, 2, 3, error) : NULL;
}

/* The second result. */
static gboolean
give_weights (TlLayerForward *self,
              TlTensor       *weights,
              GError        **error)
{
  static const gint axis = 1;

  self->out[1] = self->attrs[AVERAGE_ATTN_WEIGHTS].i != 0 ? tl_mean (weights, &axis, 1, FALSE, error) : tl_tensor_ref (weights);
  return self->out[1] != NULL;
}

/* Means of the values; weights are made only where they are wanted. */
static TlTensor *
attend (TlLayerForward *self,
        TlTensor      **heads,
        TlTensor       *mask,
        GError        **error)
{
  gboolean             is_causal = self->attrs[IS_CAUSAL].i != 0 && count_extras (self) == 0; /* else it is in the mask */
  double               p = self->training ? self->attrs[DROPOUT].d : 0;
  TlVariable          *calls = p > 0 ? tl_layer_own (self, V_CALLS) : NULL;
  g_autoptr (TlTensor) weights = NULL;
  g_autoptr (TlTensor) dropped = NULL;

  if (self->attrs[NEED_WEIGHTS].i == 0)
    return tl_attention (heads[0], heads[1], heads[2], mask, is_causal, p, calls, error);
  weights = tl_attention_weights (heads[0], heads[1], mask, is_causal, 0, error);
  if (weights != NULL)
    dropped = p > 0 ? tl_dropout (weights, p, calls, error) : tl_tensor_ref (weights);
  if (dropped == NULL || !give_weights (self, dropped, error))
    return NULL;
  return tl_matmul (dropped, heads[2], error);
}

static gboolean
check_inputs (TlLayerForward *self,
              GError        **error)
{
  guint rank = tl_tensor_get_rank (self->in[QUERY]);

  for (guint i = KEY; i < self->n_in && i <= VALUE; i++)
    if (self->in[i] != NULL && tl_tensor_get_rank (self->in[i]) != rank)
      return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "%s has %u axes and the query %u", ports[i].name, tl_tensor_get_rank (self->in[i]), rank);
  return TRUE;
}

static gboolean
forward_batch (TlLayerForward *self,
               GError        **error)
{
  static const guint   orders[2][4] = { { 2, 0, 1, 3 }, { 0, 2, 1, 3 } };
  GError              *failure = NULL;
  TlTensor            *heads[3] = { NULL };
  g_autoptr (TlTensor) mask = NULL;
  g_autoptr (TlTensor) means = NULL;
  g_autoptr (TlTensor) turned = NULL;
  g_autoptr (TlTensor) joined = NULL;

  if (project_all (self, heads, &failure)) {
    const TlDim *q = tl_tensor_get_shape (heads[0]);
    const TlDim  scores[] = { q[0], q[1], q[2], tl_tensor_get_shape (heads[1])[2] };

    mask = make_mask (self, scores, &failure);
    if (failure == NULL && add_extras (self, heads, &failure))
      means = attend (self, heads, mask, &failure);
  }
  for (guint i = 0; i < 3; i++)
    g_clear_pointer (&heads[i], tl_tensor_unref);
  turned = means != NULL ? tl_permute (means, orders[self->attrs[BATCH_FIRST].i != 0], &failure) : NULL;
  joined = turned != NULL ? tl_reshape (turned, 3, tl_tensor_get_shape (self->in[QUERY]), &failure) : NULL;
  self->out[0] = joined != NULL ? tl_layer_run_part1 (self, 0, joined, &failure) : NULL;
  if (failure != NULL)
    g_propagate_error (error, failure);
  if (self->out[0] == NULL && self->n_out > 1)
    g_clear_pointer (&self->out[1], tl_tensor_unref);
  return self->out[0] != NULL;
}

/* Without the axis n: with one of size 1. */
static gboolean
forward_alone (TlLayerForward *self,
               GError        **error)
{
  gint           axis = self->attrs[BATCH_FIRST].i != 0 ? 0 : 1;
  TlTensor      *in[ATTN_MASK + 1] = { NULL };
  TlLayerForward batch = *self;
  gboolean       ok = TRUE;

  batch.in = in;
  for (guint i = 0; i < self->n_in && ok; i++)
    if (self->in[i] != NULL) {
      in[i] = i <= VALUE ? tl_unsqueeze (self->in[i], axis, error) : tl_tensor_ref (self->in[i]);
      ok = in[i] != NULL;
    }
  ok = ok && forward_batch (&batch, error);
  for (guint i = 0; i < self->n_out && ok; i++) {
    g_autoptr (TlTensor) whole = self->out[i];

    self->out[i] = tl_squeeze (whole, i == 0 ? axis : 0, error);
    ok = self->out[i] != NULL;
  }
  for (guint i = 0; i <= ATTN_MASK; i++)
    g_clear_pointer (&in[i], tl_tensor_unref);
  return ok;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  if (!check_inputs (self, error))
    return FALSE;
  return tl_tensor_get_rank (self->in[QUERY]) == 2 ? forward_alone (self, error) : forward_batch (self, error);
}

static const TlSample samples[] = {
  { "3,2,4", "num_heads = 2" },
  { "2,3,4; 2,4,4; 2,4,4; bool:2,4; bool:3,4", "num_heads = 2, batch_first = true" },
  { "3,2,4; 2,2,3; 2,2,5; -; 4,3,2", "num_heads = 2, kdim = 3, vdim = 5, bias = false" },
  { "2,3,2; -; -; 2,3; bool:4,3,3", "num_heads = 2, batch_first = true" },
  { "2,3,2", "num_heads = 1, batch_first = true, is_causal = true, dropout = 0.3" },
  { "2,3,4; 2,4,4; 2,4,4; 2,4", "num_heads = 2, batch_first = true, need_weights = true" },
  { "2,3,4", "num_heads = 2, batch_first = true, need_weights = true, average_attn_weights = false, is_causal = true, dropout = 0.2" },
  { "3,4; 2,4; 2,4; bool:2; 2,3,2", "num_heads = 2, need_weights = true" },
  { "3,2", "num_heads = 1, batch_first = true" },
  { "3,2,4; 2,2,4; 2,2,4; bool:2,2", "num_heads = 2, add_bias_kv = true, need_weights = true" },
  { "3,2,4", "num_heads = 2, batch_first = true, add_bias_kv = true, add_zero_attn = true, is_causal = true" },
  { "2,1,2; -; -; -; 2,2", "num_heads = 2, add_zero_attn = true" },
  { NULL },
};

const TlLayerClass tl_layer_MultiheadAttention = {
  .name = "MultiheadAttention",
  .group = "attention",
  .doc = "Attention in several heads, each between projections of its own. Masks mean what they mean in PyTorch's layer.",
  .formula = "y = concat (softmax (q_i k_i^T / sqrt d + mask) v_i) W', q, k, v projections of query, key, value",
  .source = "Vaswani et al. 2017, arXiv:1706.03762",
  .in = ports,
  .out = out_ports,
  .out_when = "need_weights",
  .attrs = attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.MultiheadAttention,), {'forward': lambda self, q, k=None, v=None, p=None, m=None: torch.nn.MultiheadAttention.forward("
           "self, q, q if k is None else k, (q if k is None else k) if v is None else v, key_padding_mask=p, need_weights=need_weights, average_attn_weights=average_attn_weights, "
           "attn_mask=torch.ones(q.shape[1], q.shape[1]).tril() == 0 if is_causal else m)[:2 if need_weights else 1]})"
           "(x0.shape[-1], num_heads, dropout, bias, add_bias_kv, add_zero_attn, kdim=kdim or None, vdim=vdim or None, batch_first=batch_first)",
};
