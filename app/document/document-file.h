/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Documents and files.
 *
 * Saving writes a temporary file in the same folder, syncs it and renames it over the old one, so that at any moment the
 * old or the new document is there, whole.  Permissions are kept, symbolic links followed.  A file that somebody else
 * changed since it was read or saved is not overwritten unless told to (@TL_SAVE_FORCE).
 *
 * Errors: %TL_ERROR_IO with the path and the system's reason; %TL_ERROR_FORMAT for what is no document.
 *
 * Thread rule: main thread only; the asynchronous forms read and write on another thread and answer on this one.
 */

#include "app/document/document.h"

G_BEGIN_DECLS

typedef enum {
  TL_SAVE_NONE = 0,
  TL_SAVE_FORCE = 1 << 0, /* write even if the file has changed on disk */
  TL_SAVE_COPY = 1 << 1,  /* write a copy: path, modified mark and journal stay */
} TlSaveFlags;

typedef enum {
  TL_DISK_UNNAMED, /* has never been saved */
  TL_DISK_SAME,    /* the file is as it was read or saved */
  TL_DISK_CHANGED, /* somebody else has changed it */
  TL_DISK_MISSING, /* it is gone */
} TlDiskState;

/**
 * tl_document_load:
 * @path: a file
 * @error: return location for an error
 *
 * Returns: (transfer full): the document, or %NULL with @error set
 */
TlDocument *tl_document_load (const char *path,
                              GError    **error);

void        tl_document_load_async (const char         *path,
                                    GCancellable       *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer            user_data);
TlDocument *tl_document_load_finish (GAsyncResult *result,
                                     GError      **error);

/**
 * tl_document_save:
 * @self: a document
 * @path: (nullable): where; %NULL for where it was read or saved last
 * @flags: how
 * @error: return location for an error
 *
 * Returns: %FALSE with @error set; the old file is then untouched
 */
gboolean tl_document_save (TlDocument *self,
                           const char *path,
                           TlSaveFlags flags,
                           GError    **error);

/**
 * tl_document_save_async:
 *
 * Writes the present state; edits made meanwhile are not in the file and keep the document modified.
 */
void     tl_document_save_async (TlDocument         *self,
                                 const char         *path,
                                 TlSaveFlags         flags,
                                 GCancellable       *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer            user_data);
gboolean tl_document_save_finish (TlDocument   *self,
                                  GAsyncResult *result,
                                  GError      **error);

/**
 * tl_document_get_path:
 *
 * Returns: (nullable): the file, or %NULL while it has none
 */
const char *tl_document_get_path (TlDocument *self);

/**
 * tl_document_get_disk_state:
 *
 * Looks at the file: by time and size first, by content where these differ.
 */
TlDiskState tl_document_get_disk_state (TlDocument *self);

/**
 * tl_file_replace:
 * @path: a file, or a link to one
 * @data: what it shall contain
 * @n_bytes: length of @data
 * @error: return location for an error
 *
 * Replaces a file atomically, keeping its permissions.  Any thread.
 *
 * Returns: %FALSE with @error set
 */
gboolean tl_file_replace (const char *path,
                          const void *data,
                          gsize       n_bytes,
                          GError    **error);

G_END_DECLS
