/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The desktop program: one process, its windows, what is common to them.
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

G_BEGIN_DECLS

#define TL_TYPE_APPLICATION (tl_application_get_type ())
G_DECLARE_FINAL_TYPE (TlApplication, tl_application, TL, APPLICATION, AdwApplication)

TlApplication *tl_application_new (void);

/**
 * tl_ui_init:
 *
 * Registers resources, styles of the source views and the default icon.  Called by the application, and by tests that show
 * widgets without one.
 */
void tl_ui_init (void);

G_END_DECLS
