/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Numbers as people read them.
 *
 * Thread rule: any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

/**
 * tl_number_group:
 * @value: a number
 *
 * Returns: (transfer full): "421,642", with the separator of the person's language; a comma where that has none
 */
char *tl_number_group (gint64 value);

/**
 * tl_number_bytes:
 * @n_bytes: a size
 *
 * Returns: (transfer full): "47.0 MB"
 */
char *tl_number_bytes (guint64 n_bytes);

G_END_DECLS
