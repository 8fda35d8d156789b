/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the Fourier rows share.  A complex number is a pair on the last axis, as PyTorch's view_as_real() has it; "dim" counts the axes without
 * that one.  Each row is a sequence of transforms along one axis, the internal row fourier.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/fft.h"
#include "core/op/formula.h"

G_BEGIN_DECLS

typedef enum {
  TL_FFT_FORWARD,
  TL_FFT_INVERSE,
  TL_FFT_FROM_REAL,
  TL_FFT_TO_REAL,
} TlFftRow;

typedef enum {
  TL_FFT_BY_NOTHING,
  TL_FFT_BY_ROOT,
  TL_FFT_BY_POINTS,
} TlFftNorm;

extern const TlPort     tl_fft_complex_ports[];
extern const TlPort     tl_fft_real_ports[];
extern const TlAttrSpec tl_fft_frequencies_attrs[];
extern const TlAttrSpec tl_fft_shift_attrs[];
extern const TlSample   tl_fft_shift_samples[];
extern const TlAttrSpec tl_fft_attrs[];    /* along one axis: n, dim, norm */
extern const TlAttrSpec tl_fft_nd_attrs[]; /* along several: s, dim, norm */
extern const TlAttrSpec tl_fft_2d_attrs[]; /* the same, the last two by default */

gboolean tl_fft_infer (TlInfer *self,
                       TlFftRow row,
                       GError **error);
gboolean tl_fft_decompose (TlGradient *self,
                           TlFftRow    row,
                           GError    **error);

TlTensor *tl_fourier (TlFormula *f,
                      TlTensor  *x,
                      TlFftKind  kind,
                      guint      axis,
                      TlDim      n,
                      TlDim      length,
                      gint       sign,
                      TlFftNorm  norm,
                      double     half);

/* Frequencies of the bins of n points, and the middle of an axis. */
gboolean tl_fft_infer_frequencies (TlInfer *self,
                                   gboolean half,
                                   GError **error);
gboolean tl_fft_shift_infer (TlInfer *self,
                             GError **error);
gboolean tl_fft_shift (TlGradient *self,
                       gboolean    inverse,
                       GError    **error);

G_END_DECLS
