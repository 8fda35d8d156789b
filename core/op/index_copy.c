/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/gather-common.h"

static const TlPort ports[] = {
  { "x", "any tensor of one axis at least" },
  { "index", "positions `[n]`, i64, i32 or u8", TL_PORT_NODIFF },
  { "source", "slices, n along dim, same dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0], *source = self->in[2];
  gboolean      fits;
  guint         axis;

  if (!tl_index_check (self, &axis, error) || !tl_infer_need_same_dtype (self, 0, 2, error))
    return FALSE;
  fits = source->rank == x->rank;
  for (guint i = 0; i < x->rank && fits; i++)
    fits = source->shape[i] == (i == axis ? self->in[1]->shape[0] : x->shape[i]);
  if (!fits) {
    g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *b = tl_shape_to_string (source->shape, source->rank);
    g_autofree char *n = tl_dim_to_string (self->in[1]->shape[0]);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "source %s does not fit x %s and %s positions along axis %u", b, a, n, axis);
  }
  return tl_infer_same (self, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlFormula f;

  tl_formula_init (&f, error);
  return tl_index_scatter (self, &f, self->in[2]);
}

static const TlSample samples[] = {
  { "50; i64:2<50; 2", "dim = 0" },
  { "3,4; i64:1<4; 3,1", "dim = 1" },
  { "2,3,4; i32:1<3; 2,1,4", "dim = -2" },
  { "3,2; i64:0<3; 0,2", "dim = 0" },
  { NULL },
};

const TlOpClass tl_op_index_copy = {
  .name = "index_copy",
  .group = "index",
  .doc = "Slices of a tensor put at positions along an axis; of equal positions the last one counts.",
  .formula = "y = x, then y[index[j]] = source[j] along dim",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.index_copy(x0, dim, x1.long(), x2)",
};
