/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_fft_infer_frequencies (self, TRUE, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint64               n = self->attrs[0].i;
  TlDType              dtype = (TlDType)self->attrs[2].i;
  double               whole = (double)n * self->attrs[1].d;
  g_autoptr (TlTensor) numbers = NULL;

  numbers = tl_arange (0, (double)(n / 2 + 1), 1, dtype, error);
  self->dx[0] = numbers != NULL ? tl_map_numbers ("a / b", &numbers, 1, &whole, 1, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "", "n = 8" }, { "", "n = 5, d = 0.25, dtype = f64" }, { "", "n = 1" }, { NULL } };

const TlOpClass tl_op_rfftfreq = {
  .name = "rfftfreq",
  .group = "fourier",
  .doc = "Frequencies of the results of rfft.",
  .formula = "y[k] = k / (n d), k up to n / 2",
  .source = "elementary",
  .in = tl_ports_none,
  .attrs = tl_fft_frequencies_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.fft.rfftfreq(n, d, dtype=dtype)",
};
