/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The folder beside a document: `NAME.trellis.d/`, with `outputs/` and `runs/<id>/`.
 *
 * It carries its own ignore file for version control and can be deleted at any time.  Where it cannot be made, a folder in
 * the user's data folder stands in for it, whose name is made of the document's name and a check sum of its path.
 *
 * Thread rule: any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

/**
 * tl_document_folder_path:
 * @document_path: (nullable): a document; %NULL for one without a name
 *
 * Returns: (transfer full): the folder beside it ("a.trellis" and "a.trellis.md" both have "a.trellis.d"), or, where that
 * does not exist and its parent cannot be written, the folder that stands in for it
 */
char *tl_document_folder_path (const char *document_path);

/**
 * tl_document_folder_ensure:
 * @document_path: (nullable): a document
 * @sub: (nullable): a folder in it, such as "outputs"
 * @error: return location for an error
 *
 * Makes the folder and its ignore file.
 *
 * Returns: (transfer full): its path, or %NULL with @error set
 */
char *tl_document_folder_ensure (const char *document_path,
                                 const char *sub,
                                 GError    **error);

/**
 * tl_document_folder_new_run:
 * @document_path: (nullable): a document
 * @id: (out) (transfer full) (optional): the run's id, such as "20260131-142501" or "20260131-142501-2"
 * @error: return location for an error
 *
 * Makes a new folder for a run; two processes never get the same one.
 *
 * Returns: (transfer full): its path, or %NULL with @error set
 */
char *tl_document_folder_new_run (const char *document_path,
                                  char      **id,
                                  GError    **error);

/**
 * tl_document_folder_new_run_in:
 * @runs: a folder, which is made if it is not there
 * @id: (out) (optional) (transfer full): the run's id
 * @error: return location for an error
 *
 * Returns: (transfer full): the new folder of a run in it, or %NULL with @error set
 */
char *tl_document_folder_new_run_in (const char *runs,
                                     char      **id,
                                     GError    **error);

/**
 * tl_document_folder_list_runs:
 * @document_path: (nullable): a document
 *
 * Returns: (transfer full): ids of the runs, newest first
 */
GStrv tl_document_folder_list_runs (const char *document_path);

G_END_DECLS
