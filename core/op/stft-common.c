/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/stft-common.h"

gint64
tl_stft_get_hop (const TlAttrValue *attrs)
{
  return attrs[TL_STFT_HOP].i > 0 ? attrs[TL_STFT_HOP].i : MAX (attrs[TL_STFT_N_FFT].i / 4, 1);
}

static gint64
get_win (const TlAttrValue *attrs)
{
  return attrs[TL_STFT_WIN].i > 0 ? attrs[TL_STFT_WIN].i : attrs[TL_STFT_N_FFT].i;
}

/* Lengths, and the window that is input 1. */
gboolean
tl_stft_check (TlInfer *self,
               GError **error)
{
  gint64 n_fft = self->attrs[TL_STFT_N_FFT].i, win = get_win (self->attrs);

  if (!tl_infer_need_float (self, 0, error))
    return FALSE;
  if (self->attrs[TL_STFT_HOP].i == 0 || self->attrs[TL_STFT_WIN].i == 0)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "hop_length and win_length must not be 0");
  if (win > n_fft)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "win_length = %" G_GINT64_FORMAT " is larger than n_fft = %" G_GINT64_FORMAT, win, n_fft);
  if (!tl_has_in (self, 1))
    return TRUE;
  if (!tl_infer_need_same_dtype (self, 0, 1, error) || !tl_infer_need_rank (self, 1, 1, 1, error))
    return FALSE;
  if (self->in[1]->shape[0] != win)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "the window has %" G_GINT64_FORMAT " elements, win_length is %" G_GINT64_FORMAT, self->in[1]->shape[0], win);
  return TRUE;
}

TlTensor *
tl_stft_window (TlFormula        *f,
                const TlGradient *self,
                TlDType           dtype)
{
  gint64            n_fft = self->attrs[TL_STFT_N_FFT].i, win = get_win (self->attrs), left = (n_fft - win) / 2;
  const TlAttrValue pad[] = { TL_INTS2 (left, n_fft - win - left), TL_INT (0), TL_FLOAT (0) };
  TlTensor         *window = tl_has_in (self, 1) ? self->in[1] : tl_formula_full (f, 1, &win, 1, dtype);

  return n_fft == win ? window : tl_formula_apply (f, &tl_op_pad, pad, 1, window);
}
