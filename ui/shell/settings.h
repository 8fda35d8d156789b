/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The person's settings, or their defaults where no schema is installed (a program started from its build folder).
 *
 * Thread rule: main thread only.
 */

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * tl_settings_get:
 *
 * Returns: (nullable) (transfer none): the settings, or %NULL where their schema is not installed
 */
GSettings *tl_settings_get (void);

/**
 * tl_settings_bind:
 * @key: a key of the schema
 * @object: an object
 * @property: one of its properties
 *
 * Binds both ways; does nothing without a schema.
 */
void tl_settings_bind (const char *key,
                       gpointer    object,
                       const char *property);

/**
 * tl_settings_add_recent:
 * @path: a document that was opened or saved
 */
void tl_settings_add_recent (const char *path);

/**
 * tl_settings_get_recent:
 *
 * Returns: (transfer full): paths of the documents opened last that are still there, newest first
 */
GStrv tl_settings_get_recent (void);

/**
 * tl_settings_data_folder:
 *
 * Returns: (transfer full): the folder that holds `examples`: `TL_DATADIR` of the environment, or where it is installed
 */
char *tl_settings_data_folder (void);

G_END_DECLS
