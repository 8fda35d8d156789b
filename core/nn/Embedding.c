/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/embedding-common.h"

enum { WEIGHT_INIT = 6 };

static const TlPort ports[] = { { "x", "numbers of vectors, any shape: i64, i32 or u8", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  TL_EMBEDDING_SIZE_ATTRS,
  TL_EMBEDDING_PADDING_ATTR ("number of a vector that stands for nothing: it starts as zeros and is not trained; from the end if negative"),
  TL_EMBEDDING_NORM_ATTRS,
  TL_EMBEDDING_INIT_ATTR,
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  return tl_embedding_setup (self, WEIGHT_INIT, error);
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  self->out[0] = tl_embedding_look_up (self, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "i64:4<7", "num_embeddings = 7, embedding_dim = 3" },
  { "i64:2,3<5", "num_embeddings = 5, embedding_dim = 4" },
  { "i64:2<5", "num_embeddings = 5, embedding_dim = 2, weight_init = trunc_normal(0.02)" },
  { "i64:2,4<3", "num_embeddings = 4, embedding_dim = 3, padding_idx = 3" },
  { "i64:5<3", "num_embeddings = 3, embedding_dim = 2, padding_idx = -1, max_norm = 30, norm_type = 1" },
  { "i64:1<4", "num_embeddings = 4, embedding_dim = 2, scale_grad_by_freq = true" },
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
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Embedding(num_embeddings, embedding_dim, None if padding_idx == -2147483648 else padding_idx, max_norm or None, norm_type, scale_grad_by_freq)",
};
