/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The pane below the notebook: progress and curves of the training that runs or ran last.
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

#include "ui/notebook/session.h"

G_BEGIN_DECLS

#define TL_TYPE_TRAINING_PANEL (tl_training_panel_get_type ())
G_DECLARE_FINAL_TYPE (TlTrainingPanel, tl_training_panel, TL, TRAINING_PANEL, GtkWidget)

GtkWidget *tl_training_panel_new (TlSession *session);

G_END_DECLS
