/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/layer-private.h"
#include "core/op/common.h"

enum { NUM_EMBEDDINGS,
       EMBEDDING_DIM,
       MODE,
       WEIGHT_INIT };
enum { SUM,
       MEAN,
       MAXIMUM };
enum { X,
       OFFSETS,
       PER_SAMPLE_WEIGHTS };

static const char *const modes[] = { "sum", "mean", "max", NULL };

static const char *const normal_init[] = { "normal(1)", NULL };

static const TlPort ports[] = {
  { "x", "numbers of vectors: bags of one length `[bags, length]`, or all bags one after the other `[n]`: i64, i32 or u8", TL_PORT_NODIFF },
  { "offsets", "where each bag begins, rising from 0, if x is `[n]`: i64", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { "per_sample_weights", "factor of each vector, of the shape of x; mode sum only", TL_PORT_OPTIONAL },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "num_embeddings", "number of vectors", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "embedding_dim", "elements of each vector", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "mode", "how the vectors of a bag are put together; max needs bags of one length", TL_ATTR_ENUM, .def = { .i = MEAN }, .names = modes },
  { "weight_init", "how the vectors get their first values: name of an initialiser, with its number if wanted", TL_ATTR_STRING, .names = normal_init },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  TlInit init = { &tl_initializer_normal, 1 };

  if (!tl_layer_choose_init (self, WEIGHT_INIT, &init, error))
    return FALSE;
  tl_layer_declare (self, 0, "weight", TL_VARIABLE_PARAMETER, 2,
                    (const TlDim[]){ self->attrs[NUM_EMBEDDINGS].i, self->attrs[EMBEDDING_DIM].i }, init);
  return TRUE;
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
  if (offsets != NULL && self->attrs[MODE].i == MAXIMUM)
    return tl_layer_fail (self->klass, TL_ERROR_UNSUPPORTED, error, "mode max needs bags of one length");
  if (weights != NULL && self->attrs[MODE].i != SUM)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "per_sample_weights need the mode sum");
  if (weights != NULL && !tl_meta_same_shape (tl_tensor_get_meta (weights), x))
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "per_sample_weights must have the shape of x, %s", shape);
  return TRUE;
}

/* The sum of the vectors of each bag: a vector's bag is the number of offsets up to its place, less one. */
static TlTensor *
add_bags (TlTensor *vectors,
          TlTensor *offsets,
          gboolean  is_mean,
          GError  **error)
{
  const TlOpClass     *search = tl_op_find ("searchsorted");
  const TlMeta        *v = tl_tensor_get_meta (vectors);
  TlDim                n_bags = tl_tensor_get_shape (offsets)[0];
  TlAttrValue          values[TL_OP_MAX_ATTRS];
  g_autoptr (TlTensor) places = NULL;
  g_autoptr (TlTensor) bags = NULL;
  g_autoptr (TlTensor) sum = NULL;
  g_autoptr (TlTensor) ones = NULL;
  g_autoptr (TlTensor) counts = NULL;

  tl_attr_init_defaults (search->attrs, values);
  tl_attr_set (search->name, search->attrs, values, "right", &TL_INPUT_BOOL (TRUE), NULL);
  ones = tl_ones (1, v->shape, TL_DTYPE_I64, error);
  counts = ones != NULL ? tl_cumsum (ones, 0, error) : NULL;
  places = tl_map_text ("a - 1", error, 1, counts);
  bags = places != NULL ? tl_op_apply1 (search, (TlTensor *[]){ offsets, places }, 2, values, error) : NULL;
  g_clear_pointer (&places, tl_tensor_unref);
  places = bags != NULL ? tl_map_text ("a - 1", error, 1, bags) : NULL;
  sum = places != NULL ? tl_index_add (vectors, places, n_bags, error) : NULL;
  if (sum == NULL || !is_mean)
    return g_steal_pointer (&sum);
  g_clear_pointer (&ones, tl_tensor_unref);
  g_clear_pointer (&counts, tl_tensor_unref);
  ones = tl_ones (2, (const TlDim[]){ v->shape[0], 1 }, v->dtype, error);
  counts = ones != NULL ? tl_index_add (ones, places, n_bags, error) : NULL;
  return tl_map_text ("a / max (b, 1)", error, 2, sum, counts);
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  static const gint    axis = 1;
  gint64               mode = self->attrs[MODE].i;
  TlTensor            *offsets = optional_input (self, OFFSETS), *weights = optional_input (self, PER_SAMPLE_WEIGHTS);
  g_autoptr (TlTensor) table = tl_layer_read (self, 0);
  g_autoptr (TlTensor) vectors = NULL;
  g_autoptr (TlTensor) wide = NULL;
  g_autoptr (TlTensor) weighted = NULL;

  if (!check (self, error))
    return FALSE;
  vectors = tl_embedding (self->in[X], table, error);
  wide = vectors != NULL && weights != NULL ? tl_unsqueeze (weights, -1, error) : NULL;
  if (vectors == NULL || (weights != NULL && wide == NULL))
    return FALSE;
  weighted = wide != NULL ? tl_mul (vectors, wide, error) : tl_tensor_ref (vectors);
  if (weighted == NULL)
    return FALSE;
  if (offsets != NULL)
    self->out[0] = add_bags (weighted, offsets, mode == MEAN, error);
  else
    self->out[0] = mode == MEAN ? tl_mean (weighted, &axis, 1, FALSE, error) : mode == SUM ? tl_sum (weighted, &axis, 1, FALSE, error)
                                                                                           : tl_amax (weighted, &axis, 1, FALSE, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "i64:4,3<7", "num_embeddings = 7, embedding_dim = 2" },
  { "i64:3,2<5; -; 3,2", "num_embeddings = 5, embedding_dim = 3, mode = sum" },
  { "i64:3,2<9", "num_embeddings = 9, embedding_dim = 3, mode = max" },
  { "i64:5<6; i64:1<1", "num_embeddings = 6, embedding_dim = 2" },
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
  .torch = "torch.nn.EmbeddingBag(num_embeddings, embedding_dim, mode=mode)",
};
