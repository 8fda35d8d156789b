/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "repeats", "how often each axis is repeated; more numbers than axes make new ones in front", TL_ATTR_INTS, .required = TRUE, .alias = "sizes" },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         n = (guint)self->attrs[0].n, rank = MAX (n, x->rank);

  if (n < x->rank)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%u numbers given for %u axes", n, x->rank);
  for (guint i = 0; i < rank; i++) {
    TlDim size = i + x->rank < rank ? 1 : x->shape[i + x->rank - rank];
    TlDim times = i + n < rank ? 1 : self->attrs[0].v[i + n - rank];

    shape[i] = tl_dim_mul (size, times);
  }
  tl_infer_out (self, 0, x->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_repeat (self->in[0], (guint)self->attrs[0].n, self->attrs[0].v, error);
  return self->dx[0] != NULL;
}

/**
 * tl_repeat:
 * @x: any tensor
 * @n: number of @times
 * @times: (array length=n): how often the last @n axes are repeated
 * @error: return location for an error
 *
 * Returns: (transfer full): @x many times over, or %NULL
 */
TlTensor *
tl_repeat (TlTensor    *x,
           guint        n,
           const TlDim *times,
           GError     **error)
{
  guint                rank = MAX (n, x->meta.rank);
  TlDim                shape[TL_TENSOR_MAX_RANK] = { 1 };
  g_autoptr (TlTensor) y = NULL;

  for (guint i = 0; i < rank; i++)
    shape[i] = i + x->meta.rank < rank ? 1 : x->meta.shape[i + x->meta.rank - rank];
  y = tl_reshape (x, rank, shape, error);
  /* One axis after the other: a new axis in front of it, repeated, then merged with it. */
  for (guint i = rank - n; i < rank && y != NULL; i++) {
    TlDim                time = times[i + n - rank], wide[TL_TENSOR_MAX_RANK + 1];
    g_autoptr (TlTensor) before = g_steal_pointer (&y);
    g_autoptr (TlTensor) open = NULL;
    g_autoptr (TlTensor) many = NULL;

    if (time == 1) {
      y = g_steal_pointer (&before);
      continue;
    }
    wide[0] = 1;
    wide[1] = 1;
    wide[2] = 1;
    for (guint j = 0; j < i; j++)
      wide[0] = tl_dim_mul (wide[0], shape[j]);
    for (guint j = i; j < rank; j++)
      wide[2] = tl_dim_mul (wide[2], shape[j]);
    open = tl_reshape (before, 3, wide, error);
    wide[1] = time;
    many = open != NULL ? tl_expand (open, 3, wide, error) : NULL;
    shape[i] = tl_dim_mul (shape[i], time);
    y = many != NULL ? tl_reshape (many, rank, shape, error) : NULL;
  }
  return g_steal_pointer (&y);
}

static const TlSample samples[] = {
  { "3", "repeats = {2}" },
  { "2,3", "repeats = {2, 1}" },
  { "2,3", "repeats = {2, 1, 3}" },
  { "", "repeats = {3}" },
  { "2", "repeats = {0}" },
  { NULL },
};

const TlOpClass tl_op_repeat = {
  .name = "repeat",
  .group = "shape",
  .doc = "The tensor many times over along each axis.",
  .formula = "y[i] = x[i mod n] along each axis",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Tile", 6 },
  .torch = "x0.repeat(repeats)",
};
