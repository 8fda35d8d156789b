/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * FFTW 3, opened when the first Fourier row is used, and its plans.
 *
 * FFTW is free software under the GNU General Public License, version 2 or later, and no part of Trellis, which is under Apache-2.0: it is
 * the system's, opened when the program runs.
 *
 * Making a plan takes as long as some transforms, so plans are kept for those who ask again, up to a number of points; the least recently
 * used go first.  Plans are estimated, never measured: which one is made depends on what it is for and on FFTW's build alone.
 *
 * Thread rule: any thread.
 */

#include "core/base/arena.h"
#include "core/kernels/fft.h"

G_BEGIN_DECLS

#define TL_FFTW_MAX_POINTS 67108864

gboolean         tl_fftw_check (TlDType  dtype,
                                GError **error);
const TlFftPlan *tl_fftw_plan (TlArena  *arena,
                               TlFftKind kind,
                               TlDType   dtype,
                               int       sign,
                               gint64    n,
                               gint64    lines,
                               GError  **error);

G_END_DECLS
