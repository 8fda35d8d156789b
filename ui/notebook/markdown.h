/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Prose for reading: Markdown as a column of labels.
 *
 * Thread rule: tl_markdown_to_markup() any thread; widgets main thread only.
 */

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * tl_markdown_new_view:
 * @text: Markdown
 *
 * Returns: (transfer floating): a box with one child for each block
 */
GtkWidget *tl_markdown_new_view (const char *text);

/**
 * tl_markdown_to_markup:
 * @text: Markdown, one paragraph of it
 *
 * Returns: (transfer full): the first block's text as Pango markup
 */
char *tl_markdown_to_markup (const char *text);

/**
 * tl_markdown_headings:
 * @text: Markdown
 * @levels: (out) (transfer full) (element-type guint): level of each heading
 *
 * Returns: (transfer full): plain text of the headings
 */
GStrv tl_markdown_headings (const char *text,
                            GArray    **levels);

G_END_DECLS
