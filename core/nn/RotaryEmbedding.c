/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/position-common.h"
#include "core/op/ops.h"

enum { DIM,
       BASE,
       INTERLEAVED };

static const TlPort ports[] = { { "x", "queries or keys `[..., l, size]`" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "dim", "how much of the last axis is turned, an even number; 0: all", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 },
  { "base", "ratio of the slowest turn to the fastest", TL_ATTR_FLOAT, .def = { .d = 10000 }, .has_range = TRUE, .min = 1, .max = 1e12 },
  { "interleaved", "whether neighbours are a pair, rather than elements half of dim apart", TL_ATTR_BOOL },
  { NULL },
};

/* Element 0 or 1 of each pair of @x, whose last axis has @dim elements. */
static TlTensor *
take_half (TlTensor *x,
           gint64    dim,
           gint64    half,
           gboolean  interleaved,
           GError  **error)
{
  guint last = tl_tensor_get_rank (x) - 1;

  if (interleaved)
    return tl_slice (x, (gint)last, half, dim, 2, error);
  return tl_narrow (x, (gint)last, half * (dim / 2), dim / 2, error);
}

/* a cos - b sin, or a sin + b cos */
static TlTensor *
turn (TlTensor *a,
      TlTensor *b,
      TlTensor *factor_a,
      TlTensor *factor_b,
      gboolean  minus,
      GError  **error)
{
  g_autoptr (TlTensor) x = tl_mul (a, factor_a, error);
  g_autoptr (TlTensor) y = x != NULL ? tl_mul (b, factor_b, error) : NULL;

  if (y == NULL)
    return NULL;
  return minus ? tl_sub (x, y, error) : tl_add (x, y, error);
}

static TlTensor *
join (TlTensor *first,
      TlTensor *second,
      gboolean  interleaved,
      GError  **error)
{
  TlTensor            *halves[] = { first, second };
  guint                rank = tl_tensor_get_rank (first);
  TlDim                shape[TL_TENSOR_MAX_RANK];
  g_autoptr (TlTensor) pairs = NULL;

  if (!interleaved)
    return tl_concat (halves, 2, -1, error);
  pairs = tl_stack (halves, 2, (gint)rank, error);
  for (guint i = 0; i < rank; i++)
    shape[i] = tl_tensor_get_shape (first)[i];
  shape[rank - 1] = 2 * shape[rank - 1];
  return pairs != NULL ? tl_reshape (pairs, rank, shape, error) : NULL;
}

static TlTensor *
rotate (TlLayerForward *self,
        TlTensor       *x,
        TlDim           length,
        gint64          dim,
        GError        **error)
{
  gboolean             interleaved = self->attrs[INTERLEAVED].i != 0;
  double               base = self->attrs[BASE].d;
  TlDType              dtype = tl_tensor_get_dtype (x);
  g_autoptr (TlTensor) sines = tl_position_table (length, dim / 2, base, FALSE, dtype, error);
  g_autoptr (TlTensor) cosines = sines != NULL ? tl_position_table (length, dim / 2, base, TRUE, dtype, error) : NULL;
  g_autoptr (TlTensor) a = cosines != NULL ? take_half (x, dim, 0, interleaved, error) : NULL;
  g_autoptr (TlTensor) b = a != NULL ? take_half (x, dim, 1, interleaved, error) : NULL;
  g_autoptr (TlTensor) first = b != NULL ? turn (a, b, cosines, sines, TRUE, error) : NULL;
  g_autoptr (TlTensor) second = first != NULL ? turn (a, b, sines, cosines, FALSE, error) : NULL;

  return second != NULL ? join (first, second, interleaved, error) : NULL;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  const TlMeta        *x = tl_tensor_get_meta (self->in[0]);
  TlDim                size = x->rank > 0 ? x->shape[x->rank - 1] : 0;
  gint64               dim = self->attrs[DIM].i > 0 ? self->attrs[DIM].i : size;
  TlDim                length;
  g_autoptr (TlTensor) part = NULL;
  g_autoptr (TlTensor) rest = NULL;
  g_autoptr (TlTensor) turned = NULL;

  if (size < 0) {
    g_autofree char *text = tl_dim_to_string (size);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the last axis decides the angles and must be a number, not %s", text);
  }
  if (x->rank < 2 || dim > size || dim % 2 != 0)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "dim = %" G_GINT64_FORMAT " is odd or more than the last of %u axes has", dim, x->rank);
  length = x->shape[x->rank - 2];
  if (dim == size) {
    self->out[0] = rotate (self, self->in[0], length, dim, error);
    return self->out[0] != NULL;
  }
  part = tl_narrow (self->in[0], x->rank - 1, 0, dim, error);
  rest = part != NULL ? tl_narrow (self->in[0], x->rank - 1, dim, size - dim, error) : NULL;
  turned = rest != NULL ? rotate (self, part, length, dim, error) : NULL;
  self->out[0] = turned != NULL ? tl_concat ((TlTensor *[]){ turned, rest }, 2, -1, error) : NULL;
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "2,3,4" },
  { "2,2,3,4", "interleaved = true, base = 100" },
  { "3,6", "dim = 4" },
  { NULL },
};

const TlLayerClass tl_layer_RotaryEmbedding = {
  .name = "RotaryEmbedding",
  .group = "transformer",
  .doc = "Turns pairs of elements by angles that grow with the position, so that products of queries and keys depend on their distance.",
  .formula = "(y1, y2) = (x1 cos t - x2 sin t, x1 sin t + x2 cos t), t = p base^(-2 i / dim)",
  .source = "Su et al. 2021, arXiv:2104.09864",
  .in = ports,
  .attrs = attrs,
  .forward = forward,
  .samples = samples,
  .torch = "(lambda x, z, t: torch.cat([(torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous()) * t).flatten(-2) if interleaved else "
           "torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (2, -1)).mT.contiguous()) * t).mT.flatten(-2)), z], -1))"
           "(x0[..., :dim or x0.shape[-1]], x0[..., dim or x0.shape[-1]:], torch.polar(torch.ones(1, 1, dtype=x0.dtype), "
           "torch.arange(x0.shape[-2], dtype=x0.dtype)[:, None] / base ** (torch.arange(0, dim or x0.shape[-1], 2, dtype=x0.dtype) / (dim or x0.shape[-1]))))",
};
