/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

static const TlAttrSpec attrs[] = {
  { "dim", "axes, from the end if negative; none for all. That of pairs counts, and should not be among them", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  guint         axis;

  for (gint i = 0; i < self->attrs[0].n; i++)
    if (!tl_infer_axis (self, self->attrs[0].v[i], x->rank, &axis, error))
      return FALSE;
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_fft_shift (self, FALSE, error);
}

static const TlSample samples[] = { { "5" }, { "4,3" }, { "2,5,2", "dim = {1}" }, { "i64:4" }, { "1" }, { "0,3" }, { NULL } };

const TlOpClass tl_op_fftshift = {
  .name = "fftshift",
  .group = "fourier",
  .doc = "Frequency 0 moved to the middle of axes.",
  .formula = "y[i] = x[i + ceil (n / 2) mod n]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.fft.fftshift(x0, dim if len(dim) else None)",
};
