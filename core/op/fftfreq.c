/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_fft_infer_frequencies (self, FALSE, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint64               n = self->attrs[0].i;
  TlDType              dtype = (TlDType)self->attrs[2].i;
  double               whole = (double)n * self->attrs[1].d;
  g_autoptr (TlTensor) numbers = NULL;
  TlTensor            *parts[2];

  parts[0] = tl_arange (0, (double)((n + 1) / 2), 1, dtype, error);
  parts[1] = parts[0] != NULL ? tl_arange (-(double)(n / 2), 0, 1, dtype, error) : NULL;
  numbers = parts[1] != NULL ? tl_concat (parts, 2, 0, error) : NULL;
  g_clear_pointer (&parts[0], tl_tensor_unref);
  g_clear_pointer (&parts[1], tl_tensor_unref);
  self->dx[0] = numbers != NULL ? tl_map_numbers ("a / b", &numbers, 1, &whole, 1, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "", "n = 8" }, { "", "n = 5, d = 0.25, dtype = f64" }, { "", "n = 1" }, { NULL } };

const TlOpClass tl_op_fftfreq = {
  .name = "fftfreq",
  .group = "fourier",
  .doc = "Frequencies of the results of fft.",
  .formula = "y = (0, 1, ..., -2, -1) / (n d)",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = tl_fft_frequencies_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.fft.fftfreq(n, d, dtype=dtype)",
};
