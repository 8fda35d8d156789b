/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "any tensor" },
  { "mask", "bool, broadcast against x", TL_PORT_NODIFF },
  { "source", "at least as many elements as are true, same dtype" },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         rank;

  if (!tl_infer_need_same_dtype (self, 0, 2, error))
    return FALSE;
  if (self->in[1]->dtype != TL_DTYPE_BOOL)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "mask must be bool, not %s", tl_dtype_name (self->in[1]->dtype));
  if (!tl_broadcast_shapes (self->in, 2, shape, &rank)) {
    g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *b = tl_shape_to_string (self->in[1]->shape, self->in[1]->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "shapes do not fit: %s and %s", a, b);
  }
  tl_infer_out (self, 0, x->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlAttrValue first[] = { TL_INT (0) };
  TlTensor         *mask, *place, *source = self->in[2];
  TlMeta            out;
  TlFormula         f;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  tl_formula_init (&f, error);
  mask = tl_formula_expand (&f, self->in[1], out.rank, out.shape);
  place = f.has_failed ? NULL : tl_formula_keep (&f, tl_flatten (mask, 0, error));
  place = tl_formula_apply (&f, &tl_op_cumsum, first, 1, tl_formula_cast (&f, place, TL_DTYPE_I64));
  place = tl_formula_map (&f, "max (a - 1, 0)", 1, tl_formula_reshape (&f, place, out.rank, out.shape));
  /* Where the mask is false any element will do; where there is none, one is made that must not be reached by others. */
  if (tl_meta_get_n_elements (&source->meta) == 0) {
    source = tl_formula_full (&f, 0, NULL, 0, out.dtype);
    place = tl_formula_map (&f, "a + 1", 1, place);
  }
  place = tl_formula_map (&f, "select (b, a, 0)", 2, place, mask);
  source = tl_formula_apply (&f, &tl_op_take, NULL, 2, source, place);
  return tl_formula_into (&f, tl_formula_apply (&f, &tl_op_where, NULL, 3, mask, source, self->in[0]), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,4; bool:3,4; 12" },
  { "3; bool:2,1; 4,2" },
  { "i64:4; bool:4; i64:2,3" },
  { "0; bool:0; 2" },
  { NULL },
};

const TlOpClass tl_op_masked_scatter = {
  .name = "masked_scatter",
  .group = "index",
  .doc = "Elements where a mask is true taken from another tensor, one after the other.",
  .formula = "y[i] = source[number of true before i] where mask[i], else x[i]",
  .source = "elementary",
  .in = ports,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.masked_scatter(x0.expand(torch.broadcast_shapes(x0.shape, x1.shape)), x1, x2)",
};
