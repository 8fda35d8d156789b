/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the desktop asks about graphs and rows, as a small interface, so that canvas and inspector know nothing of the
 * engine and tests bring answers of their own.
 *
 * Thread rule: main thread only, but for TlGraphInfo.check().
 */

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
  TL_ATTR_KIND_TEXT, /* anything an expression may be */
  TL_ATTR_KIND_BOOL,
  TL_ATTR_KIND_INTEGER,
  TL_ATTR_KIND_NUMBER,
  TL_ATTR_KIND_CHOICE,
} TlAttrKind;

/**
 * TlRowAttr:
 * @name: the attribute
 * @kind: what its value is
 * @default_text: (nullable): the value it has when it is not set, as it would be written
 * @choices: (nullable) (array zero-terminated=1): values of %TL_ATTR_KIND_CHOICE
 * @required: whether it must be set
 * @doc: (nullable): one line
 */
typedef struct {
  char      *name;
  TlAttrKind kind;
  char      *default_text;
  GStrv      choices;
  gboolean   required;
  char      *doc;
} TlRowAttr;

/**
 * TlRow:
 * @name: as a graph cell writes it, "Conv2d"
 * @group: heading in the palette, "Layers"
 * @doc: (nullable): one line
 * @others: (nullable): what others call it, words separated by blanks
 * @is_offered: whether the palette shows it
 * @n_inputs: inputs a node has at least
 * @takes_more: whether links beyond @n_inputs may be added
 * @input_types: (nullable) (array zero-terminated=1): what the inputs take: "tensor", "data"...; the last goes on
 * @output_names: (nullable) (array zero-terminated=1): what a new node's outputs are called, if it has several
 * @output_type: (nullable): what its outputs give
 * @attrs: (element-type TlRowAttr): its attributes
 */
typedef struct {
  char      *name;
  char      *group;
  char      *doc;
  char      *others;
  gboolean   is_offered;
  guint      n_inputs;
  gboolean   takes_more;
  GStrv      input_types;
  GStrv      output_names;
  char      *output_type;
  GPtrArray *attrs;
} TlRow;

/**
 * TlNodeReport:
 * @node: its name
 * @shapes: (array zero-terminated=1): text of the shape of each output, "" where it is not known
 * @error: (nullable): what is wrong
 * @n_parameters: number of parameters, or -1
 */
typedef struct {
  char  *node;
  GStrv  shapes;
  char  *error;
  gint64 n_parameters;
} TlNodeReport;

/**
 * TlGraphReport:
 * @nodes: (element-type TlNodeReport): of the nodes something is known about
 * @n_parameters: parameters of the whole graph, or -1
 * @flops: operations for one sample, or less than 0
 * @memory: bytes that training it needs, or less than 0
 * @memory_sizes: (nullable): for which sizes: "N = 64"
 * @error: (nullable): what is wrong with the graph as a whole
 */
typedef struct {
  GPtrArray *nodes;
  gint64     n_parameters;
  double     flops;
  double     memory;
  char      *memory_sizes;
  char      *error;
} TlGraphReport;

/**
 * TlGraphInfo:
 * @check: (nullable): reports on the text of a graph cell, given the other graph cells, in order; it is called on a thread of
 *   its own, always the same
 * @rows: (nullable): all rows, (element-type TlRow), kept by the implementation
 */
typedef struct {
  TlGraphReport *(*check) (const char        *text,
                           const char *const *other_ids,
                           const char *const *other_texts);
  GPtrArray *(*rows) (void);
} TlGraphInfo;

TlGraphReport *tl_graph_report_new (void);
void           tl_graph_report_free (TlGraphReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlGraphReport, tl_graph_report_free)

/**
 * tl_graph_report_add:
 *
 * Returns: (transfer none): a new entry for @node
 */
TlNodeReport *tl_graph_report_add (TlGraphReport *self,
                                   const char    *node);

/**
 * tl_graph_report_find:
 *
 * Returns: (nullable) (transfer none): what is known of @node
 */
const TlNodeReport *tl_graph_report_find (const TlGraphReport *self,
                                          const char          *node);

TlRow     *tl_row_new (const char *name,
                       const char *group,
                       const char *doc,
                       guint       n_inputs);
void       tl_row_free (gpointer row);
TlRowAttr *tl_row_add_attr (TlRow      *self,
                            const char *name,
                            TlAttrKind  kind,
                            const char *default_text,
                            const char *doc);

/**
 * tl_graph_info_get_default:
 *
 * Returns: (transfer none): the answers of this program's tables
 */
const TlGraphInfo *tl_graph_info_get_default (void);

/**
 * tl_graph_info_set_default:
 * @info: (nullable): other answers, for tests
 */
void tl_graph_info_set_default (const TlGraphInfo *info);

/**
 * tl_graph_info_check_async:
 * @text: of a graph cell
 * @other_ids: (array zero-terminated=1): the other graph cells
 * @other_texts: (array zero-terminated=1): their texts
 * @cancellable: (nullable): for who no longer wants to know
 * @callback: called on the main thread
 *
 * Asks for a report without waiting for it: a deep network's takes longer than a frame.
 */
void tl_graph_info_check_async (const char         *text,
                                const char *const  *other_ids,
                                const char *const  *other_texts,
                                GCancellable       *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer            user_data);

/**
 * tl_graph_info_check_finish:
 *
 * Returns: (nullable) (transfer full): the report, or %NULL if it was cancelled
 */
TlGraphReport *tl_graph_info_check_finish (GAsyncResult *result,
                                           GError      **error);

/**
 * tl_row_takes:
 * @self: (nullable): a row
 * @input: number of an input
 * @from: (nullable): the row of a node
 *
 * Returns: whether a link from @from may go to that input, as far as is known
 */
gboolean tl_row_takes (const TlRow *self,
                       guint        input,
                       const TlRow *from);

/**
 * tl_graph_info_find_row:
 *
 * Returns: (nullable) (transfer none): the row of that name
 */
const TlRow *tl_graph_info_find_row (const char *name);

G_END_DECLS
