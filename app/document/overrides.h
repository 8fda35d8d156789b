/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `--set CELL.NAME=VALUE` and `--set CELL.NODE.ATTRIBUTE=VALUE`.
 *
 * The first replaces the first top-level literal of that name in a cell, the second an attribute of a node in a graph cell
 * (added where it is not set).  The value must have the type of what it replaces; a string needs no quotes where a string
 * is expected.  Overrides change a snapshot, never the document.
 *
 * Errors name cell and name, and the nearest one there is: %TL_ERROR_NAME, %TL_ERROR_VALUE, %TL_ERROR_CODE.
 *
 * Thread rule: any thread.
 */

#include "app/document/snapshot.h"

G_BEGIN_DECLS

/**
 * TlOverride:
 * @cell: id of the cell
 * @node: (nullable): the node, or %NULL for a parameter
 * @name: the variable, parameter or attribute
 * @value: the value as it was given
 */
typedef struct {
  char *cell;
  char *node;
  char *name;
  char *value;
} TlOverride;

/**
 * tl_override_parse:
 * @spec: "CELL.NAME=VALUE" or "CELL.NODE.ATTRIBUTE=VALUE"
 * @error: return location for an error
 *
 * Returns: (transfer full): the override, or %NULL with @error set
 */
TlOverride *tl_override_parse (const char *spec,
                               GError    **error);

/**
 * tl_override_to_string:
 *
 * Returns: (transfer full): text that tl_override_parse() reads
 */
char *tl_override_to_string (const TlOverride *self);

void tl_override_free (TlOverride *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlOverride, tl_override_free)

/**
 * tl_overrides_parse:
 * @specs: (nullable) (array zero-terminated=1): what was given with `--set`
 * @error: return location for an error
 *
 * Returns: (transfer full) (element-type TlOverride): the overrides, or %NULL with @error set
 */
GPtrArray *tl_overrides_parse (const char *const *specs,
                               GError           **error);

/**
 * tl_overrides_apply:
 * @overrides: (element-type TlOverride): overrides; later ones go over earlier ones
 * @snapshot: a document
 * @error: return location for an error
 *
 * Returns: (transfer full): the snapshot with changed texts, or %NULL with @error set
 */
TlSnapshot *tl_overrides_apply (GPtrArray        *overrides,
                                const TlSnapshot *snapshot,
                                GError          **error);

G_END_DECLS
