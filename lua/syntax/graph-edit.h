/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Changes of a graph as changes of its text.
 *
 * Each function takes a graph and the text it was parsed from, and says which bytes to replace.  It changes nothing
 * itself, and touches only lines of the node, link or parameter it speaks of.  A change that would leave the cell
 * meaningless (a name twice, a cycle) is refused with an error.  Apply the result, parse again, then ask for the next.
 *
 * Errors of all functions: %TL_ERROR_NAME (no such node, name taken or not valid), %TL_ERROR_CODE (a value that is no
 * expression), %TL_ERROR_VALUE (a cycle, an input out of range).
 *
 * Thread rule: any thread.
 */

#include "lua/syntax/graph-text.h"
#include "lua/syntax/text-edit.h"

G_BEGIN_DECLS

/** TL_GRAPH_MAX_INPUTS: how many inputs a node may have */
#define TL_GRAPH_MAX_INPUTS 256

/**
 * TlGraphSource:
 * @graph: a graph
 * @text: the text it was parsed from
 * @length: its length in bytes
 */
typedef struct {
  const TlGraphText *graph;
  const char        *text;
  gsize              length;
} TlGraphSource;

/**
 * TlGraphPlace:
 * @name: a node
 * @x: its place, in grid units
 * @y: its place, in grid units
 */
typedef struct {
  const char *name;
  double      x;
  double      y;
} TlGraphPlace;

/**
 * tl_graph_edit_add_node:
 * @source: a graph
 * @names: (array zero-terminated=1): names of the outputs, at least one
 * @row: the row
 * @inputs: (nullable) (array zero-terminated=1): names of outputs it is linked to
 * @attributes: (nullable): text between the braces, such as "out = 32, kernel = 3"
 * @place: (nullable): where it stands on the canvas; its name is not read
 * @error: return location for an error
 *
 * Returns: (transfer full): the changes, or %NULL with @error set
 */
TlTextEdits *tl_graph_edit_add_node (const TlGraphSource *source,
                                     const char *const   *names,
                                     const char          *row,
                                     const char *const   *inputs,
                                     const char          *attributes,
                                     const TlGraphPlace  *place,
                                     GError             **error);

/**
 * tl_graph_edit_remove_nodes:
 * @source: a graph
 * @names: (array zero-terminated=1): nodes
 * @error: return location for an error
 *
 * Removes nodes, their positions and the links to them (the inputs become `nil`, or go where they are the last).
 *
 * Returns: (transfer full): the changes, or %NULL with @error set
 */
TlTextEdits *tl_graph_edit_remove_nodes (const TlGraphSource *source,
                                         const char *const   *names,
                                         GError             **error);

/**
 * tl_graph_edit_rename:
 * @source: a graph
 * @name: an output, a parameter or a symbolic size
 * @new_name: its new name
 * @error: return location for an error
 *
 * Renames it wherever it stands.
 *
 * Returns: (transfer full): the changes, or %NULL with @error set
 */
TlTextEdits *tl_graph_edit_rename (const TlGraphSource *source,
                                   const char          *name,
                                   const char          *new_name,
                                   GError             **error);

/**
 * tl_graph_edit_set_row:
 * @source: a graph
 * @node: a node
 * @row: its new row
 * @error: return location for an error
 *
 * Returns: (transfer full): the changes, or %NULL with @error set
 */
TlTextEdits *tl_graph_edit_set_row (const TlGraphSource *source,
                                    const char          *node,
                                    const char          *row,
                                    GError             **error);

/**
 * tl_graph_edit_connect:
 * @source: a graph
 * @node: a node
 * @input: which input, from 0
 * @output: (nullable): the output it shall be linked to, or %NULL to disconnect it
 * @error: return location for an error
 *
 * Links or unlinks an input.  Where the output is defined behind the node, the node and those that need it move behind
 * the output; a link that would close a circle is refused.
 *
 * Returns: (transfer full): the changes, or %NULL with @error set
 */
TlTextEdits *tl_graph_edit_connect (const TlGraphSource *source,
                                    const char          *node,
                                    guint                input,
                                    const char          *output,
                                    GError             **error);

/**
 * tl_graph_edit_set_attr:
 * @source: a graph
 * @node: a node
 * @attr: an attribute
 * @value: (nullable): text of its value, or %NULL to unset it
 * @error: return location for an error
 *
 * Returns: (transfer full): the changes, or %NULL with @error set
 */
TlTextEdits *tl_graph_edit_set_attr (const TlGraphSource *source,
                                     const char          *node,
                                     const char          *attr,
                                     const char          *value,
                                     GError             **error);

/**
 * tl_graph_edit_set_param:
 * @source: a graph
 * @name: a parameter; it is added before the first node when there is none of that name
 * @value: (nullable): text of its value, or %NULL to remove it
 * @error: return location for an error
 *
 * Returns: (transfer full): the changes, or %NULL with @error set
 */
TlTextEdits *tl_graph_edit_set_param (const TlGraphSource *source,
                                      const char          *name,
                                      const char          *value,
                                      GError             **error);

/**
 * tl_graph_edit_move:
 * @source: a graph
 * @places: (array length=n_places): nodes and where they go
 * @n_places: their number
 * @error: return location for an error
 *
 * Moves nodes on the canvas: changes `--@` lines only.
 *
 * Returns: (transfer full): the changes, or %NULL with @error set
 */
TlTextEdits *tl_graph_edit_move (const TlGraphSource *source,
                                 const TlGraphPlace  *places,
                                 gsize                n_places,
                                 GError             **error);

G_END_DECLS
