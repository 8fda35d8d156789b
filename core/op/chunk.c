/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/split-common.h"

enum { CHUNKS,
       DIM };

static const TlAttrSpec attrs[] = {
  { "chunks", "how many parts at most", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 1, .max = 9.2e18 },
  TL_SPLIT_DIM,
  { NULL },
};

/* The size of all parts but the last one. */
static TlDim
part_size (TlDim  size,
           gint64 chunks)
{
  return size == 0 ? 0 : (size - 1) / chunks + 1;
}

static void
part (const TlAttrValue *values,
      TlDim              size,
      guint              n,
      guint              i,
      TlDim             *start,
      TlDim             *length)
{
  TlDim each = part_size (size, values[CHUNKS].i);

  *start = (TlDim)i * each;
  *length = MIN (each, size - *start);
}

static gboolean
count (TlInfer *self,
       GError **error)
{
  gint64 chunks = self->attrs[CHUNKS].i;
  TlDim  size;

  if (!tl_split_get_size (self, self->attrs[DIM].i, &size, error))
    return FALSE;
  return tl_split_set_n (self, size == 0 ? chunks : (size - 1) / part_size (size, chunks) + 1, error);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_split_infer (self, self->attrs[DIM].i, part, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_split_decompose (self, self->attrs[DIM].i, part, error);
}

static const TlSample samples[] = {
  { "6,2", "chunks = 3" },
  { "2,7", "chunks = 3, dim = 1" },
  { "5", "chunks = 4" },
  { "2,0", "chunks = 2, dim = -1" },
  { "1", "chunks = 1" },
  { NULL },
};

const TlOpClass tl_op_chunk = {
  .name = "chunk",
  .group = "shape",
  .doc = "An axis cut into a number of parts of one size, the last of which may be smaller; there may be fewer. Views.",
  .formula = "y_k[i] = x[k s + i], s = ceil (size / chunks)",
  .source = "elementary",
  .in = tl_ports_x,
  .out = tl_split_out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .count = count,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Split", 18 },
  .torch = "torch.chunk(x0, chunks, dim)",
};
