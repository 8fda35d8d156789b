/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * As much of JSON as a safetensors header needs: a cursor over text, with one function for each thing that may come next.
 *
 * Every function skips blanks first, and on failure sets an error that names the byte.  There is no tree and no recursion,
 * so hostile text costs neither memory nor stack.
 *
 * Ownership: the cursor borrows the text, which need not end with a NUL.
 * Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *source; /* for messages */
  const char *start;
  const char *at;
  const char *end;
} TlJsonText;

gboolean tl_json_text_expect (TlJsonText *self,
                              char        byte,
                              GError    **error);
gboolean tl_json_text_accept (TlJsonText *self,
                              char        byte);
char    *tl_json_text_read_string (TlJsonText *self,
                                   GError    **error);
gboolean tl_json_text_read_size (TlJsonText *self,
                                 guint64    *value,
                                 GError    **error);
gboolean tl_json_text_expect_end (TlJsonText *self,
                                  GError    **error);
gboolean tl_json_text_fail (TlJsonText *self,
                            const char *what,
                            GError    **error);
void     tl_json_text_append_string (GString    *text,
                                     const char *value);

G_END_DECLS
