/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Names that were looked for and are not there: what they are called here, and which ones are near.
 *
 * Ownership: rows are constant.  Thread rule: any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

/**
 * TlOtherName:
 * @module: "nn", "nn.init", "tl", "optim", "metric", "data", "x" (a value and its methods), "fit" or "globals"
 * @name: what it is called here
 * @others: words separated by blanks: what others call it
 * @how: (nullable): what to write besides
 *
 * A row of other-names.def.
 */
typedef struct {
  const char *module;
  const char *name;
  const char *others;
  const char *how;
} TlOtherName;

guint              tl_other_name_get_n_rows (void);
const TlOtherName *tl_other_name_get_row (guint row);

gboolean    tl_name_is_among (const char *name,
                              const char *words);
const char *tl_name_find_prefix (const char *prefix,
                                 gsize       n_prefix,
                                 const char *words,
                                 gsize      *n_bytes);

char *tl_name_hint (const char        *module,
                    const char        *name,
                    const char *const *names,
                    guint              n_names,
                    guint              max);

G_END_DECLS
