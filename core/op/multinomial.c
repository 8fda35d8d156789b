/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

enum { NUM_SAMPLES,
       REPLACEMENT,
       SEED,
       STREAM };

static const TlPort ports[] = {
  { "x", "weights `[..., n]`, not negative, floating", TL_PORT_NODIFF },
  { "call", "number of the call, i64 without axes", TL_PORT_NODIFF },
  { NULL },
};
static const TlPort out_ports[] = { { "indices", "`[..., num_samples]`, i64", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "num_samples", "how many positions are drawn from each row", TL_ATTR_INT, .required = TRUE, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 1e15 },
  { "replacement", "whether a position can be drawn again", TL_ATTR_BOOL },
  { "seed", "of the document", TL_ATTR_INT },
  { "stream", "of the owner of the counter", TL_ATTR_INT },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 1, 2, error) || !tl_random_infer_call (self, 1, error))
    return FALSE;
  if (self->attrs[REPLACEMENT].i == 0 && !tl_dim_is_symbolic (x->shape[x->rank - 1]) && self->attrs[NUM_SAMPLES].i > x->shape[x->rank - 1])
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " positions cannot be drawn without replacement",
                          self->attrs[NUM_SAMPLES].i, x->shape[x->rank - 1]);
  shape[0] = x->shape[0];
  shape[x->rank - 1] = self->attrs[NUM_SAMPLES].i;
  tl_infer_out (self, 0, TL_DTYPE_I64, x->rank, shape);
  return TRUE;
}

/* The largest of u^(1 / weight), by their logarithms. */
static TlTensor *
draw_without (TlGradient *self,
              GError    **error)
{
  const TlAttrValue    values[] = { self->attrs[NUM_SAMPLES], TL_INT (-1), TL_INT (TRUE) };
  g_autoptr (TlTensor) u = tl_random_of_shape (&tl_op_rand, &self->in[0]->meta, self->in[1], self->attrs + SEED, error);
  g_autoptr (TlTensor) keys = tl_map_text ("select (b > 0, log1p (-a) / b, log (0))", error, 2, u, self->in[0]);
  TlTensor            *out[2] = { NULL };

  if (keys == NULL || !tl_op_apply (&tl_op_topk, &keys, 1, values, out, 2, error))
    return NULL;
  tl_tensor_unref (out[0]);
  return out[1];
}

/* Where u times the sum falls among the running sums. */
static TlTensor *
draw_with (TlGradient *self,
           GError    **error)
{
  TlMeta               out;
  gint                 last = -1;
  const TlAttrValue    right[] = { TL_INT (TRUE) };
  g_autoptr (TlTensor) sums = tl_cumsum (self->in[0], -1, error);
  g_autoptr (TlTensor) total = sums != NULL ? tl_amax (sums, &last, 1, TRUE, error) : NULL;
  g_autoptr (TlTensor) u = NULL;
  g_autoptr (TlTensor) place = NULL;
  g_autoptr (TlTensor) most = tl_tensor_new_number ((double)self->in[0]->meta.shape[self->in[0]->meta.rank - 1] - 1, TRUE);
  g_autoptr (TlTensor) found = NULL;

  if (total == NULL || !tl_decompose_infer (self, &out, error))
    return NULL;
  out.dtype = self->in[0]->meta.dtype;
  u = tl_random_of_shape (&tl_op_rand, &out, self->in[1], self->attrs + SEED, error);
  place = tl_map_text ("a * b", error, 2, u, total);
  found = place != NULL ? tl_op_apply1 (&tl_op_searchsorted, (TlTensor *[]){ sums, place }, 2, right, error) : NULL;
  return found != NULL ? tl_minimum (found, most, error) : NULL;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = self->attrs[REPLACEMENT].i != 0 ? draw_with (self, error) : draw_without (self, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "5; i64:<9", "num_samples = 3", .low = 0.1, .high = 1 },
  { "4,6; i64:<9", "num_samples = 6, seed = 5, stream = 2", .low = 0.1, .high = 1 },
  { "4,6; i64:<9", "num_samples = 20, replacement = true", .low = 0.1, .high = 1 },
  { NULL },
};

const TlOpClass tl_op_multinomial = {
  .name = "multinomial",
  .group = "random",
  .doc = "Positions drawn from rows with probabilities in proportion to weights.",
  .formula = "P (y = i) = x[i] / sum of x",
  .source = "Efraimidis & Spirakis 2006, doi:10.1016/j.ipl.2005.11.003",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .flags = TL_OP_RANDOM,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Multinomial", 7 },
};
