/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * All names that cells may write, from the tables.
 */

#include "lua/help.h"

G_BEGIN_DECLS

/**
 * TlHelpEntry:
 * @module: (nullable): "tl", "nn", "optim", "metric", "data"; "x" for methods of tensors; %NULL for globals
 * @name: its name
 * @kind: of a #TlLuaCompletion
 * @doc: (nullable): one sentence
 * @formula: (nullable): what it computes
 * @source: (nullable): where it is described
 * @in: (nullable): ports that are arguments
 * @attrs: (nullable): attributes
 * @signature: (nullable): how it is called, of what is no row
 * @op: (nullable): the operation, some of whose attributes may be the engine's
 * @tables: (nullable): options whose values are no plain attributes
 */
typedef struct {
  const char       *module;
  const char       *name;
  const char       *kind;
  const char       *doc;
  const char       *formula;
  const char       *source;
  const TlPort     *in;
  const TlAttrSpec *attrs;
  const char       *signature;
  const TlOpClass  *op;
  const TlAttrSpec *tables;
} TlHelpEntry;

typedef gboolean (*TlHelpFunc) (const TlHelpEntry *entry,
                                gpointer           user_data);

gboolean tl_help_foreach (TlHelpFunc func,
                          gpointer   user_data);
char    *tl_help_signature (const TlHelpEntry *entry);
char    *tl_help_text (const TlHelpEntry *entry);

G_END_DECLS
