/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A graph cell, read from its text.
 *
 *     width = 32                                              parameter: a literal, or an expression of parameters
 *     image = Input { shape = {N, 1, 28, 28} }                node: name = Row { attributes }; N is a symbolic size
 *     conv1 = Conv2d(image) { out = width, kernel = 3 }       node: name = Row(inputs) { attributes }
 *     y, state = LSTM(x) { hidden = 128 }                     several outputs
 *     block = encoder(x) { times = 6 }                        another graph cell as row, repeated
 *     --@ conv1 9,4                                           position of a node on the canvas
 *
 * An input is the name of an output, or `nil` where a port is left open.  A statement may go on over several lines; two
 * statements never share one.  What is not understood stays in the text and has an entry in @errors with its line.
 *
 * Parsing never fails and never runs anything; time is linear in the text.
 *
 * Ownership: a #TlGraphText owns everything it points to and keeps no reference to the text it was parsed from.
 * Thread rule: immutable; any thread.
 */

#include "lua/syntax/expr.h"

G_BEGIN_DECLS

/**
 * TlGraphName:
 * @name: the name
 * @start: first byte
 * @end: end
 */
typedef struct {
  char *name;
  gsize start;
  gsize end;
} TlGraphName;

/**
 * TlGraphInput:
 * @name: (nullable): the output it is linked to, or %NULL for `nil`
 * @start: first byte
 * @end: end
 * @node: index of the node that defines @name, or -1 when nothing in this cell does
 * @output: which of that node's outputs
 */
typedef struct {
  char *name;
  gsize start;
  gsize end;
  int   node;
  guint output;
} TlGraphInput;

/**
 * TlGraphAttr:
 * @name: the attribute
 * @name_start: first byte of the name
 * @start: first byte of the value
 * @end: end of the value
 * @text: the value as it is written
 * @value: the value as an expression
 * @line: line of the value, from 1
 */
typedef struct {
  char      *name;
  gsize      name_start;
  gsize      start;
  gsize      end;
  char      *text;
  TlLuaExpr *value;
  guint      line;
} TlGraphAttr;

/**
 * TlGraphNode:
 * @name: its name: that of its first output
 * @outputs: all outputs
 * @row: the layer, operation or graph cell it is an instance of
 * @row_start: first byte of @row
 * @row_end: end of @row
 * @inputs: its inputs in order
 * @attrs: its attributes in order
 * @line: first line, from 1
 * @end_line: last line
 * @start: first byte of the statement
 * @end: end of the statement (a comment behind it not included)
 * @has_position: whether a `--@` line places it
 * @x: its place, in grid units
 * @y: its place, in grid units
 */
typedef struct {
  const char   *name;
  TlGraphName  *outputs;
  guint         n_outputs;
  char         *row;
  gsize         row_start;
  gsize         row_end;
  TlGraphInput *inputs;
  guint         n_inputs;
  TlGraphAttr  *attrs;
  guint         n_attrs;
  guint         line;
  guint         end_line;
  gsize         start;
  gsize         end;
  gboolean      has_position;
  double        x;
  double        y;
  /*< private >*/
  gsize paren_start, paren_end; /* the parentheses and what is in them; both 0 when there are none */
  gsize brace_start, brace_end; /* the same for braces */
} TlGraphNode;

/**
 * TlGraphParam:
 * @name: the parameter
 * @name_start: first byte of the name
 * @start: first byte of the value
 * @end: end of the value
 * @text: the value as it is written
 * @value: the value as an expression; a literal, or an expression of parameters
 * @line: first line, from 1
 * @end_line: last line
 */
typedef struct {
  char      *name;
  gsize      name_start;
  gsize      start;
  gsize      end;
  char      *text;
  TlLuaExpr *value;
  guint      line;
  guint      end_line;
} TlGraphParam;

/**
 * TlGraphPosition:
 * @name: the node it speaks of (it need not exist)
 * @start: first byte of the name
 * @end: end of the name
 * @line: the line, from 1
 * @x: place, in grid units
 * @y: place, in grid units
 */
typedef struct {
  char  *name;
  gsize  start;
  gsize  end;
  guint  line;
  double x;
  double y;
} TlGraphPosition;

/**
 * TlGraphError:
 * @line: the line, from 1
 * @column: the column in characters, from 1
 * @start: first byte of what is wrong
 * @end: end of what is wrong
 * @is_syntax: whether the line was not understood; else it was, but a name in it is wrong
 * @message: what is wrong
 */
typedef struct {
  guint    line;
  guint    column;
  gsize    start;
  gsize    end;
  gboolean is_syntax;
  char    *message;
} TlGraphError;

/**
 * TlGraphText:
 * @nodes: the nodes in the order of the text; names of one are unique, except where @errors says otherwise
 * @params: the parameters in the order of the text
 * @positions: the `--@` lines in the order of the text
 * @symbols: (array zero-terminated=1): names in attributes and parameters that nothing in the cell defines: symbolic sizes (or names of Lua), each once
 * @errors: what is wrong, by line
 *
 * Read only.
 */
typedef struct {
  TlGraphNode     *nodes;
  guint            n_nodes;
  TlGraphParam    *params;
  guint            n_params;
  TlGraphPosition *positions;
  guint            n_positions;
  char           **symbols;
  guint            n_symbols;
  TlGraphError    *errors;
  guint            n_errors;
  /*< private >*/
  int         ref_count;
  GHashTable *names;  /* name -> where it is defined */
  GHashTable *values; /* parameter -> its value */
} TlGraphText;

/**
 * tl_graph_text_parse:
 * @text: the text of a graph cell
 * @length: its length in bytes, or -1
 *
 * Returns: (transfer full): what was understood; never %NULL
 */
TlGraphText *tl_graph_text_parse (const char *text,
                                  gssize      length);

TlGraphText *tl_graph_text_ref (TlGraphText *self);
void         tl_graph_text_unref (TlGraphText *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlGraphText, tl_graph_text_unref)

/**
 * tl_graph_text_find_node:
 * @self: a graph
 * @name: the name of any output
 * @output: (out) (optional): which output
 *
 * Returns: (nullable) (transfer none): the node, or %NULL
 */
const TlGraphNode *tl_graph_text_find_node (const TlGraphText *self,
                                            const char        *name,
                                            guint             *output);

/**
 * tl_graph_text_find_param:
 *
 * Returns: (nullable) (transfer none): the parameter of that name, or %NULL
 */
const TlGraphParam *tl_graph_text_find_param (const TlGraphText *self,
                                              const char        *name);

/**
 * tl_graph_node_find_attr:
 *
 * Returns: (nullable) (transfer none): the attribute of that name, or %NULL
 */
const TlGraphAttr *tl_graph_node_find_attr (const TlGraphNode *self,
                                            const char        *name);

/**
 * tl_graph_text_eval:
 * @self: a graph
 * @expr: an expression of it (an attribute's value)
 * @lookup: (nullable): values of names the cell does not define (symbolic sizes), and of parameters where they shall differ
 * @user_data: for @lookup
 * @error: return location for an error
 *
 * Evaluates with the values of the cell's parameters; what @lookup answers goes first.
 *
 * Returns: (transfer full): the value, in which names without a value are left, or %NULL with @error set
 */
TlLuaExpr *tl_graph_text_eval (const TlGraphText *self,
                               const TlLuaExpr   *expr,
                               TlLuaExprLookup    lookup,
                               gpointer           user_data,
                               GError           **error);

/**
 * tl_graph_text_unique_name:
 * @self: a graph
 * @row: a row's name, or any other start
 *
 * Returns: (transfer full): a name for a new node that nothing in the cell has: "Conv2d" gives "conv2d", "conv2d_2"…
 */
char *tl_graph_text_unique_name (const TlGraphText *self,
                                 const char        *row);

G_END_DECLS
