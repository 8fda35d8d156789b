/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/position-common.h"
#include "core/op/ops.h"

enum { NUM_EMBEDDINGS,
       EMBEDDING_DIM,
       BATCH_FIRST };

static const TlPort ports[] = { { "x", "`[l, n, size]`, or `[l, size]`" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "num_embeddings", "largest length of a sequence", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32, .alias = "max_len" },
  { "embedding_dim", "size of the input's last axis; 0 takes it from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 },
  { "batch_first", "whether the input is [n, l, size] rather than [l, n, size]", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  TlDim shape[2] = { self->attrs[NUM_EMBEDDINGS].i };

  if (!tl_layer_in_size (self, 0, -1, EMBEDDING_DIM, &shape[1], error))
    return FALSE;
  tl_layer_declare (self, 0, "weight", TL_VARIABLE_PARAMETER, 2, shape, (TlInit){ &tl_initializer_normal, 0.02 });
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  guint                rank = tl_tensor_get_rank (self->in[0]);
  gboolean             batch_first = self->attrs[BATCH_FIRST].i != 0;
  TlDim                length;
  g_autoptr (TlTensor) weight = tl_layer_read (self, 0);
  g_autoptr (TlTensor) used = NULL;
  g_autoptr (TlTensor) wide = NULL;

  if (rank < 2 || rank > 3)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input has %u axes, it must have 2 or 3", rank);
  length = tl_tensor_get_shape (self->in[0])[rank == 3 && batch_first ? 1 : 0];
  if (length > self->attrs[NUM_EMBEDDINGS].i)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "a sequence of %" G_GINT64_FORMAT " is longer than num_embeddings = %" G_GINT64_FORMAT,
                          length, self->attrs[NUM_EMBEDDINGS].i);
  used = tl_slice_at (weight, 0, 0, length, 1, error);
  if (used != NULL)
    wide = rank == 3 && !batch_first ? tl_unsqueeze (used, 1, error) : tl_tensor_ref (used);
  self->out[0] = wide != NULL ? tl_add (self->in[0], wide, error) : NULL;
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "3,2,4", "num_embeddings = 5" },
  { "2,3,4", "num_embeddings = 3, batch_first = true" },
  { "3,2", "num_embeddings = 4" },
  { NULL },
};

const TlLayerClass tl_layer_LearnedPositionalEmbedding = {
  .name = "LearnedPositionalEmbedding",
  .group = "transformer",
  .doc = "Adds a vector of its own to each position of a sequence.",
  .formula = "y[p] = x[p] + weight[p]",
  .source = "Gehring et al. 2017, arXiv:1705.03122; first values: Radford et al. 2018, Improving language understanding by generative pre-training",
  .in = ports,
  .attrs = attrs,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.Embedding,), {'forward': lambda self, x: x + (lambda w: w if batch_first or x.dim() == 2 else w[:, None])"
           "(self.weight[:x.shape[1 if batch_first else 0]])})(num_embeddings, x0.shape[-1])",
};
