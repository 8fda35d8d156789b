/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Curves of a run, drawn by Cairo: loss per step, and each epoch's results.
 *
 * A series is append-only; drawing 1,000,000 points takes a few milliseconds, because each column of pixels shows its smallest and
 * largest value.
 *
 * Ownership: the caller owns the series.  Thread rule: any thread, while nobody appends.
 */

#include <glib.h>

G_BEGIN_DECLS

/**
 * TlCurve:
 * @name: as the legend shows it
 * @x: double: steps
 * @y: double: values; NaN leaves a gap
 * @is_score: belongs to the lower panel, scores between 0 and 1, not to the loss
 * @is_dashed: drawn dashed: of the validation set
 */
typedef struct {
  char    *name;
  GArray  *x;
  GArray  *y;
  gboolean is_score;
  gboolean is_dashed;
} TlCurve;

TlCurve *tl_curve_new (const char *name,
                       gboolean    is_score,
                       gboolean    is_dashed);
void     tl_curve_free (TlCurve *self);
void     tl_curve_add (TlCurve *self,
                       double   x,
                       double   y);
gboolean tl_curves_write (GPtrArray  *curves,
                          const char *title,
                          const char *path,
                          GError    **error);

G_END_DECLS
