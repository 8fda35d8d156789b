/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/position-common.h"
#include "core/op/ops.h"

enum { BATCH_FIRST,
       BASE };

static const TlPort ports[] = { { "x", "`[l, n, size]`, or `[l, size]`; the size is even" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "batch_first", "whether the input is [n, l, size] rather than [l, n, size]", TL_ATTR_BOOL },
  { "base", "ratio of the longest wave to the shortest", TL_ATTR_FLOAT, .def = { .d = 10000 }, .has_range = TRUE, .min = 1, .max = 1e12 },
  { NULL },
};

/* Sine and cosine take turns along the last axis. */
static TlTensor *
make_waves (TlDim    length,
            gint64   size,
            double   base,
            TlDType  dtype,
            GError **error)
{
  const TlDim          flat[] = { length, size };
  g_autoptr (TlTensor) sines = tl_position_table (length, size / 2, base, FALSE, dtype, error);
  g_autoptr (TlTensor) cosines = sines != NULL ? tl_position_table (length, size / 2, base, TRUE, dtype, error) : NULL;
  g_autoptr (TlTensor) pairs = cosines != NULL ? tl_stack ((TlTensor *[]){ sines, cosines }, 2, 2, error) : NULL;

  return pairs != NULL ? tl_reshape (pairs, 2, flat, error) : NULL;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  const TlMeta        *x = tl_tensor_get_meta (self->in[0]);
  gboolean             batch_first = self->attrs[BATCH_FIRST].i != 0;
  TlDim                length;
  g_autoptr (TlTensor) waves = NULL;
  g_autoptr (TlTensor) wide = NULL;

  if (x->rank < 2 || x->rank > 3 || x->shape[x->rank - 1] < 0 || x->shape[x->rank - 1] % 2 != 0)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must have 2 or 3 axes, and an even size on the last");
  length = x->shape[x->rank == 3 && batch_first ? 1 : 0];
  waves = make_waves (length, x->shape[x->rank - 1], self->attrs[BASE].d, x->dtype, error);
  if (waves != NULL)
    wide = x->rank == 3 && !batch_first ? tl_unsqueeze (waves, 1, error) : tl_tensor_ref (waves);
  self->out[0] = wide != NULL ? tl_add (self->in[0], wide, error) : NULL;
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "3,2,4" },
  { "2,3,4", "batch_first = true" },
  { "5,6", "base = 100" },
  { NULL },
};

const TlLayerClass tl_layer_SinusoidalPositionalEncoding = {
  .name = "SinusoidalPositionalEncoding",
  .group = "transformer",
  .doc = "Adds waves of many lengths to a sequence, by which positions can be told.",
  .formula = "y[p, 2 i] = x[p, 2 i] + sin (p base^(-2 i / size)), y[p, 2 i + 1] = x[p, 2 i + 1] + cos (p base^(-2 i / size))",
  .source = "Vaswani et al. 2017, arXiv:1706.03762",
  .in = ports,
  .attrs = attrs,
  .forward = forward,
  .samples = samples,
  .torch = "(lambda a: x0 + (a if batch_first or x0.dim() == 2 else a[:, None]))((lambda t: torch.stack([t.sin(), t.cos()], -1).flatten(-2))("
           "torch.arange(x0.shape[1 if batch_first else 0], dtype=x0.dtype)[:, None] / base ** (torch.arange(0, x0.shape[-1], 2, dtype=x0.dtype) / x0.shape[-1])))",
};
