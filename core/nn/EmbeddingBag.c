/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/base/error.h"
#include "core/nn/embedding-common.h"
#include "core/op/common.h"

enum { MODE = 5,
       INCLUDE_LAST_OFFSET,
       PADDING_IDX,
       WEIGHT_INIT };
enum { SUM,
       MEAN,
       MAXIMUM };
enum { X,
       OFFSETS,
       PER_SAMPLE_WEIGHTS };

static const char *const modes[] = { "sum", "mean", "max", NULL };

static const TlPort ports[] = {
  { "x", "numbers of vectors: bags of one length `[bags, length]`, or all bags one after the other `[n]`: i64, i32 or u8", TL_PORT_NODIFF },
  { "offsets", "where each bag begins, rising from 0, if x is `[n]`: i64", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "per_sample_weights", "factor of each vector, of the shape of x; mode sum only", TL_PORT_OPTIONAL },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_EMBEDDING_SIZE_ATTRS,
  TL_EMBEDDING_NORM_ATTRS,
  { "mode", "how the vectors of a bag are put together; a bag without any is zeros", TL_ATTR_ENUM, .def = { .i = MEAN }, .names = modes },
  { "include_last_offset", "whether the last offset is the number of all elements rather than where a bag begins", TL_ATTR_BOOL },
  TL_EMBEDDING_PADDING_ATTR ("number of a vector that does not count: it starts as zeros and is not trained; from the end if negative"),
  TL_EMBEDDING_INIT_ATTR,
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  return tl_embedding_setup (self, WEIGHT_INIT, error);
}

static TlTensor *
optional_input (TlLayerForward *self,
                guint           input)
{
  return input < self->n_in ? self->in[input] : NULL;
}

static gboolean
check (TlLayerForward *self,
       GError        **error)
{
  const TlMeta    *x = tl_tensor_get_meta (self->in[X]);
  TlTensor        *offsets = optional_input (self, OFFSETS), *weights = optional_input (self, PER_SAMPLE_WEIGHTS);
  g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

  if (x->rank != (offsets != NULL ? 1 : 2) || (offsets != NULL && tl_tensor_get_rank (offsets) != 1))
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "x must be [bags, length], or [n] with offsets [bags], not %s%s", shape,
                          offsets != NULL ? " with offsets" : "");
  if (offsets != NULL && self->attrs[INCLUDE_LAST_OFFSET].i != 0 && tl_tensor_get_shape (offsets)[0] == 0)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "include_last_offset needs at least one offset");
  if (weights != NULL && self->attrs[MODE].i != SUM)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "per_sample_weights need the mode sum");
  if (weights != NULL && !tl_meta_same_shape (tl_tensor_get_meta (weights), x))
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "per_sample_weights must have the shape of x, %s", shape);
  return TRUE;
}

/* Each vector's bag, `[n]`: the number of offsets up to its place, less one. */
static TlTensor *
find_bags (TlTensor *x,
           TlTensor *offsets,
           GError  **error)
{
  const TlOpClass     *search = &tl_op_searchsorted;
  TlAttrValue          values[TL_OP_MAX_ATTRS];
  g_autoptr (TlTensor) places = tl_positions (tl_tensor_get_shape (x)[0], TL_DTYPE_I64, error);
  g_autoptr (TlTensor) bags = NULL;

  tl_attr_init_defaults (search->attrs, values);
  tl_attr_set (search->name, search->attrs, values, "right", &TL_INPUT_BOOL (TRUE), NULL);
  bags = places != NULL ? tl_op_apply1 (search, (TlTensor *[]){ offsets, places }, 2, values, error) : NULL;
  return tl_map_text ("a - 1", error, 1, bags);
}

/* Sums of @rows, `[n, size]` by bags or `[bags, length, size]`. */
static TlTensor *
add_up (TlTensor *rows,
        TlTensor *bags,
        TlDim     n_bags,
        GError  **error)
{
  static const gint axis = 1;

  return bags != NULL ? tl_index_add (rows, bags, n_bags, error) : tl_sum (rows, &axis, 1, FALSE, error);
}

/* How many vectors count in each bag, `[bags, 1]`; @counts: 1 for those that do. */
static TlTensor *
mean_of (TlTensor *sum,
         TlTensor *counts,
         TlTensor *bags,
         GError  **error)
{
  g_autoptr (TlTensor) n = add_up (counts, bags, tl_tensor_get_shape (sum)[0], error);

  return tl_map_text ("a / max (b, 1)", error, 2, sum, n);
}

static TlTensor *
largest_of (TlTensor *rows,
            TlTensor *bags,
            TlDim     n_bags,
            GError  **error)
{
  static const gint    axis = 1;
  const TlMeta        *meta = tl_tensor_get_meta (rows);
  const TlDim          shape[] = { n_bags, meta->shape[meta->rank - 1] };
  const double         low = -HUGE_VAL;
  TlAttrValue          values[TL_OP_MAX_ATTRS];
  g_autoptr (TlTensor) start = NULL;
  g_autoptr (TlTensor) column = NULL;
  g_autoptr (TlTensor) index = NULL;
  g_autoptr (TlTensor) most = NULL;

  if (bags == NULL) {
    most = tl_amax (rows, &axis, 1, FALSE, error);
  } else {
    tl_attr_init_defaults (tl_op_scatter_reduce.attrs, values);
    tl_attr_set_text (tl_op_scatter_reduce.name, tl_op_scatter_reduce.attrs, values, "dim", "0", NULL);
    tl_attr_set_text (tl_op_scatter_reduce.name, tl_op_scatter_reduce.attrs, values, "reduce", "amax", NULL);
    start = tl_full (2, shape, low, meta->dtype, error);
    column = start != NULL ? tl_unsqueeze (bags, 1, error) : NULL;
    index = column != NULL ? tl_expand (column, 2, meta->shape, error) : NULL;
    most = index != NULL ? tl_op_apply1 (&tl_op_scatter_reduce, (TlTensor *[]){ start, index, rows }, 3, values, error) : NULL;
  }
  return tl_map_numbers ("select (a == b, 0, a)", &most, 1, &low, 1, error);
}

/* What a vector counts, `[..., 1]`: its weight, 0 for padding; %NULL without @error set if all count 1. */
static TlTensor *
find_factors (TlLayerForward *self,
              TlTensor       *padding,
              TlDType         dtype,
              GError        **error)
{
  TlTensor            *weights = optional_input (self, PER_SAMPLE_WEIGHTS);
  g_autoptr (TlTensor) wide_weights = weights != NULL ? tl_unsqueeze (weights, -1, error) : NULL;
  g_autoptr (TlTensor) wide = padding != NULL ? tl_unsqueeze (padding, -1, error) : NULL;
  g_autoptr (TlTensor) counted = wide != NULL ? tl_op_apply1 (&tl_op_logical_not, &wide, 1, NULL, error) : NULL;
  g_autoptr (TlTensor) numbers = counted != NULL ? tl_cast (counted, dtype, error) : NULL;

  if (wide_weights != NULL && numbers != NULL)
    return tl_mul (wide_weights, numbers, error);
  return wide_weights != NULL ? g_steal_pointer (&wide_weights) : g_steal_pointer (&numbers);
}

static TlTensor *
put_together (TlLayerForward *self,
              TlTensor       *vectors,
              TlTensor       *factors,
              TlTensor       *bags,
              TlDim           n_bags,
              GError        **error)
{
  const double         low = -HUGE_VAL;
  g_autoptr (TlTensor) rows = NULL;
  g_autoptr (TlTensor) sum = NULL;
  g_autoptr (TlTensor) ones = NULL;
  TlDim                shape[3] = { 0 };

  if (self->attrs[MODE].i == MAXIMUM) {
    rows = factors != NULL ? tl_map_numbers ("select (b > 0, a, c)", (TlTensor *[]){ vectors, factors }, 2, &low, 1, error) : tl_tensor_ref (vectors);
    return rows != NULL ? largest_of (rows, bags, n_bags, error) : NULL;
  }
  rows = factors != NULL ? tl_mul (vectors, factors, error) : tl_tensor_ref (vectors);
  sum = rows != NULL ? add_up (rows, bags, n_bags, error) : NULL;
  if (sum == NULL || self->attrs[MODE].i == SUM)
    return g_steal_pointer (&sum);
  for (guint i = 0; i + 1 < tl_tensor_get_rank (vectors); i++)
    shape[i] = tl_tensor_get_shape (vectors)[i];
  shape[tl_tensor_get_rank (vectors) - 1] = 1;
  ones = factors != NULL ? tl_tensor_ref (factors) : tl_ones (tl_tensor_get_rank (vectors), shape, tl_tensor_get_dtype (vectors), error);
  return ones != NULL ? mean_of (sum, ones, bags, error) : NULL;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  TlTensor            *given = optional_input (self, OFFSETS);
  GError              *failure = NULL;
  g_autoptr (TlTensor) vectors = NULL;
  g_autoptr (TlTensor) padding = NULL;
  g_autoptr (TlTensor) factors = NULL;
  g_autoptr (TlTensor) offsets = NULL;
  g_autoptr (TlTensor) bags = NULL;

  if (!check (self, error))
    return FALSE;
  vectors = tl_embedding_look_up (self, &failure);
  padding = failure == NULL ? tl_embedding_find_padding (self, &failure) : NULL;
  factors = failure == NULL ? find_factors (self, padding, tl_tensor_get_dtype (vectors), &failure) : NULL;
  if (failure == NULL && given != NULL) {
    TlDim n = tl_tensor_get_shape (given)[0];

    offsets = self->attrs[INCLUDE_LAST_OFFSET].i != 0 ? tl_narrow (given, 0, 0, tl_dim_sub (n, 1), &failure) : tl_tensor_ref (given);
    bags = offsets != NULL ? find_bags (self->in[X], offsets, &failure) : NULL;
  }
  if (failure == NULL)
    self->out[0] = put_together (self, vectors, factors, bags, offsets != NULL ? tl_tensor_get_shape (offsets)[0] : tl_tensor_get_shape (self->in[X])[0], &failure);
  if (failure != NULL)
    g_propagate_error (error, failure);
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "i64:4,3<7", "num_embeddings = 7, embedding_dim = 2" },
  { "i64:3,2<5; -; 3,2", "num_embeddings = 5, embedding_dim = 3, mode = sum" },
  { "i64:3,2<9", "num_embeddings = 9, embedding_dim = 3, mode = max" },
  { "i64:5<6; i64:1<1", "num_embeddings = 6, embedding_dim = 2" },
  { "i64:5<6; i64:1<1", "num_embeddings = 6, embedding_dim = 2, mode = max" },
  { "i64:5<6; i64:1<1; 5", "num_embeddings = 6, embedding_dim = 2, mode = sum, padding_idx = 2, max_norm = 50" },
  { "i64:4,3<3", "num_embeddings = 3, embedding_dim = 2, padding_idx = -1" },
  { "i64:4,2<3", "num_embeddings = 3, embedding_dim = 2, padding_idx = 0, mode = max" },
  { NULL },
};

const TlLayerClass tl_layer_EmbeddingBag = {
  .name = "EmbeddingBag",
  .group = "linear",
  .doc = "The sum, mean or largest elements of trained vectors, for bags of things.",
  .formula = "y[b] = mean over i of W[x[b, i]]",
  .source = "Joulin et al. 2017, arXiv:1607.01759",
  .in = ports,
  .attrs = attrs,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.EmbeddingBag(num_embeddings, embedding_dim, max_norm or None, norm_type, scale_grad_by_freq, mode, include_last_offset=include_last_offset, padding_idx=None if padding_idx == -2147483648 else padding_idx)",
};
