/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Curves of a training, in the colours of the theme.
 *
 * Thread rule: main thread only.
 */

#include <gtk/gtk.h>

#include "ui/notebook/training.h"

G_BEGIN_DECLS

#define TL_TYPE_PLOT_VIEW (tl_plot_view_get_type ())
G_DECLARE_FINAL_TYPE (TlPlotView, tl_plot_view, TL, PLOT_VIEW, GtkWidget)

/**
 * tl_plot_view_new:
 * @title: what it shows
 * @empty: what is said where there is no curve yet
 * @is_loss: show the curves named "loss"; else all others
 */
GtkWidget *tl_plot_view_new (const char *title,
                             const char *empty,
                             gboolean    is_loss);

/**
 * tl_plot_view_update:
 * @self: a plot
 * @training: (nullable): what to show; must live until the next update
 */
void tl_plot_view_update (TlPlotView       *self,
                          const TlTraining *training);

G_END_DECLS
