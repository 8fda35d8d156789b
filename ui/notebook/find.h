/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Finding and replacing in the text of all cells.
 *
 * Thread rule: main thread only.
 */

#include "app/document/document.h"

G_BEGIN_DECLS

/**
 * TlFindMatch:
 * @cell: (transfer none): the cell; valid until the document changes
 * @start: first byte in its text
 * @n_bytes: bytes that match
 */
typedef struct {
  TlCell *cell;
  gsize   start;
  gsize   n_bytes;
} TlFindMatch;

/**
 * tl_find_all:
 * @document: a document
 * @needle: what to look for; nothing is found for ""
 * @match_case: whether large and small letters differ
 *
 * Returns: (transfer full) (element-type TlFindMatch): matches that do not overlap, in the order of the document
 */
GArray *tl_find_all (TlDocument *document,
                     const char *needle,
                     gboolean    match_case);

/**
 * tl_find_replace_all:
 * @document: a document
 * @needle: what to look for
 * @match_case: whether large and small letters differ
 * @replacement: what to write instead
 * @error: return location for an error
 *
 * One step of undo.
 *
 * Returns: how many were replaced
 */
guint tl_find_replace_all (TlDocument *document,
                           const char *needle,
                           gboolean    match_case,
                           const char *replacement,
                           GError    **error);

G_END_DECLS
