/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What stft and istft share: the window, as long as a transform.
 *
 * Thread rule: any thread.
 */

#include "core/op/fft-common.h"

G_BEGIN_DECLS

enum {
  TL_STFT_N_FFT,
  TL_STFT_HOP,
  TL_STFT_WIN,
  TL_STFT_CENTER,
  TL_STFT_NORMALIZED,
  TL_STFT_ONESIDED,
  TL_STFT_REST,
};

#define TL_STFT_ATTRS                                                                                                                                            \
  { "n_fft", "points of a transform", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 1, .max = 1e9 },                                                  \
    { "hop_length", "distance of windows; -1 for a quarter of n_fft", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -1, .max = 1e9 },               \
    { "win_length", "elements of the window, in the middle of n_fft; -1 for n_fft", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -1, .max = 1e9 }, \
    { "center", "whether windows stand around their place, not behind it", TL_ATTR_BOOL, .def = { .i = TRUE } },                                                 \
    { "normalized", "whether transforms are divided by the root of n_fft", TL_ATTR_BOOL },                                                                       \
  {                                                                                                                                                              \
    "onesided", "whether only the first half of the transform of real numbers is kept", TL_ATTR_BOOL, .def = {.i = TRUE }                                        \
  }

gint64    tl_stft_get_hop (const TlAttrValue *attrs);
gboolean  tl_stft_check (TlInfer *self,
                         GError **error);
TlTensor *tl_stft_window (TlFormula        *f,
                          const TlGradient *self,
                          TlDType           dtype);

G_END_DECLS
