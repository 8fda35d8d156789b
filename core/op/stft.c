/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/stft-common.h"

enum { PAD_MODE = TL_STFT_REST };

static const char *const modes[] = { "constant", "reflect", "replicate", "circular", NULL };

static const TlPort ports[] = {
  { "x", "signals `[..., time]`, real, floating" },
  { "window", "`[win_length]`, same dtype; ones if not given", TL_PORT_OPTIONAL },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_STFT_ATTRS,
  { "pad_mode", "what stands before the start and behind the end where center is true", TL_ATTR_ENUM, .def = { .i = 1 }, .names = modes },
  { NULL },
};

/* How the signal is padded: as pad wants it. */
static void
get_pad (const TlAttrValue *a,
         TlAttrValue       *pad)
{
  gint64 half = a[TL_STFT_CENTER].i ? a[TL_STFT_N_FFT].i / 2 : 0;

  pad[0] = TL_INTS2 (half, half);
  pad[1] = a[PAD_MODE];
  pad[2] = TL_FLOAT (0);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0], *in[] = { x };
  gint64        n_fft = self->attrs[TL_STFT_N_FFT].i;
  TlDim         n;
  TlAttrValue   values[3];
  TlMeta        padded;
  TlInfer       pad = { &tl_op_pad, 1, in, values, 1, &padded };
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         rank = x->rank - 1u;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK - 2, error) || !tl_stft_check (self, error))
    return FALSE;
  get_pad (self->attrs, values);
  if (!tl_op_pad.infer (&pad, error))
    return FALSE;
  n = padded.shape[rank];
  if (n >= 0 && n < n_fft)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "signals of %" G_GINT64_FORMAT " are shorter than n_fft = %" G_GINT64_FORMAT, n, n_fft);
  for (guint i = 0; i < rank; i++)
    shape[i] = x->shape[i];
  shape[rank++] = self->attrs[TL_STFT_ONESIDED].i ? n_fft / 2 + 1 : n_fft;
  shape[rank++] = tl_dim_add (tl_dim_floor_div (tl_dim_sub (n, n_fft), tl_stft_get_hop (self->attrs)), 1);
  shape[rank++] = 2;
  tl_infer_out (self, 0, x->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlAttrValue *a = self->attrs;
  gint64             n_fft = a[TL_STFT_N_FFT].i;
  const TlAttrValue  unfold[] = { TL_INT (-1), TL_INT (n_fft), TL_INT (tl_stft_get_hop (a)) };
  TlFftNorm          norm = a[TL_STFT_NORMALIZED].i ? TL_FFT_BY_ROOT : TL_FFT_BY_NOTHING;
  TlAttrValue        pad[3];
  TlTensor          *y = self->in[0];
  TlFormula          f;

  tl_formula_init (&f, error);
  get_pad (a, pad);
  if (a[TL_STFT_CENTER].i)
    y = tl_formula_apply (&f, &tl_op_pad, pad, 1, y);
  y = tl_formula_apply (&f, &tl_op_unfold, unfold, 1, y);
  y = tl_formula_map (&f, "a * b", 2, y, tl_stft_window (&f, self, self->in[0]->meta.dtype));
  y = f.has_failed ? NULL : tl_fourier (&f, y, TL_FFT_REAL, y->meta.rank - 1u, n_fft, n_fft / 2 + 1, -1, norm, 1);
  if (y != NULL && !a[TL_STFT_ONESIDED].i) {
    /* The other half is the first one backwards, conjugated. */
    TlTensor         *both = tl_formula_narrow (&f, y, -2, 1, (n_fft - 1) / 2), *parts[2], *halves[2];
    const TlAttrValue turn[] = { TL_INTS1 (-2) };

    both = tl_formula_apply (&f, &tl_op_flip, turn, 1, both);
    parts[0] = tl_formula_narrow (&f, both, -1, 0, 1);
    parts[1] = tl_formula_map (&f, "-a", 1, tl_formula_narrow (&f, both, -1, 1, 1));
    halves[0] = y;
    halves[1] = tl_formula_concat (&f, -1, 2, parts);
    y = tl_formula_concat (&f, -2, 2, halves);
  }
  y = f.has_failed ? NULL : tl_formula_keep (&f, tl_transpose (y, -3, -2, error));
  return tl_formula_into (&f, y, &self->dx[0]);
}

static const TlSample samples[] = {
  { "12; 4", "n_fft = 4" },
  { "2,14; 5", "n_fft = 8, hop_length = 3, win_length = 5, normalized = true" },
  { "10", "n_fft = 5, hop_length = 2, center = false, onesided = false" },
  { "9; 6", "n_fft = 6, pad_mode = constant, onesided = false" },
  { "1", "n_fft = 1, hop_length = 1" },
  { NULL },
};

const TlOpClass tl_op_stft = {
  .name = "stft",
  .group = "fourier",
  .doc = "Short-time Fourier transform: windows of a signal, each transformed. The result is `[..., frequency, window, 2]`, a complex number being a pair on the last axis.",
  .formula = "y[k, t] = sum over j of window[j] x[t hop + j] exp (-2 pi i j k / n_fft)",
  .source = "Allen & Rabiner 1977, doi:10.1109/PROC.1977.10770",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "STFT", 17 },
  .torch = "torch.view_as_real(torch.stft(x0, n_fft, hop_length if hop_length > 0 else None, win_length if win_length > 0 else None, "
           "x[1] if len(x) > 1 else torch.ones(win_length if win_length > 0 else n_fft, dtype=x0.dtype), center, pad_mode, normalized, onesided, return_complex=True))",
};
