/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

enum { NUM_EMBEDDINGS,
       EMBEDDING_DIM,
       WEIGHT_INIT };

static const char *const normal_init[] = { "normal(1)", NULL };

static const TlPort ports[] = { { "x", "numbers of vectors, any shape: i64, i32 or u8", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "num_embeddings", "number of vectors", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "embedding_dim", "elements of each vector", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
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
                    (const TlDim[]){ self->attrs[NUM_EMBEDDINGS].i, self->attrs[EMBEDDING_DIM].i },
                    init);
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, 0);
  TlTensor            *in[] = { self->in[0], weight };

  return tl_layer_apply (self, in, 2, error);
}

static const TlSample samples[] = {
  { "i64:4<7", "num_embeddings = 7, embedding_dim = 3" },
  { "i64:2,3<5", "num_embeddings = 5, embedding_dim = 4" },
  { "i64:2<5", "num_embeddings = 5, embedding_dim = 2, weight_init = trunc_normal(0.02)" },
  { NULL },
};

const TlLayerClass tl_layer_Embedding = {
  .name = "Embedding",
  .group = "linear",
  .doc = "A trained vector for each of a number of things.",
  .formula = "y[i] = W[x[i]]",
  .source = "Bengio et al. 2003, A neural probabilistic language model",
  .in = ports,
  .attrs = attrs,
  .op = "embedding",
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Embedding(num_embeddings, embedding_dim)",
};
