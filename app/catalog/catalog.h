/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a graph cell can be made of: every row of every table, in one list.
 *
 *     core/nn layers, losses     core/op operations      core/data data sets, transforms
 *     core/optim optimizers, schedules                    core/train metrics, trainings
 *
 * An entry says how a node of that row is written, what goes in and comes out, which attributes it has and what it is for.  The palette, the
 * inspector, help, completion and app/check take it from here; nothing of it is written a second time.
 *
 *     digits --data--> Scale --data--> Batch --tensor--> Linear ... --tensor--> CrossEntropyLoss --loss--> Train
 *                                                                    Adam --optimizer--> StepLR --optimizer--^
 *
 * Ownership: entries are constant and live as long as the process.  Thread rule: any thread.
 */

#include "core/graph/op.h"

G_BEGIN_DECLS

typedef enum {
  TL_CATALOG_LAYER,
  TL_CATALOG_LOSS,
  TL_CATALOG_OP,
  TL_CATALOG_DATASET,
  TL_CATALOG_TRANSFORM,
  TL_CATALOG_BATCH,
  TL_CATALOG_OPTIMIZER,
  TL_CATALOG_SCHEDULE,
  TL_CATALOG_METRIC,
  TL_CATALOG_TRAIN,
} TlCatalogKind;

/**
 * TlLinkType:
 * @TL_LINK_TENSOR: numbers of a batch
 * @TL_LINK_LOSS: a tensor that is to become small
 * @TL_LINK_DATA: a data set with all its parts, and what is done to its items
 * @TL_LINK_OPTIMIZER: an optimizer, with its schedule
 * @TL_LINK_METRIC: something that is measured
 * @TL_LINK_RUN: a training
 *
 * What a link carries.
 */
typedef enum {
  TL_LINK_TENSOR,
  TL_LINK_LOSS,
  TL_LINK_DATA,
  TL_LINK_OPTIMIZER,
  TL_LINK_METRIC,
  TL_LINK_RUN,
} TlLinkType;

/**
 * TlCatalogPort:
 * @name: its name
 * @doc: (nullable): one sentence
 * @type: what a link there carries
 * @is_optional: whether it may be left open
 * @is_variadic: the last port: zero or more
 */
typedef struct {
  const char *name;
  const char *doc;
  TlLinkType  type;
  gboolean    is_optional;
  gboolean    is_variadic;
} TlCatalogPort;

/**
 * TlCatalogEntry:
 * @kind: which table it is from
 * @name: as graph cells write it: "Conv2d", "Digits", "StepLR"; unique
 * @lua: as Lua cells write it: "nn.Conv2d", "data.digits"
 * @group: heading in the palette and the reference
 * @doc: one sentence
 * @formula: (nullable): what it computes
 * @source: (nullable): where it is described
 * @in: (array length=n_in): what goes in
 * @n_in: number of @in
 * @out: (array length=n_out): what comes out
 * @n_out: number of @out
 * @attrs: (nullable): attributes, ended by a nameless one
 * @row: the row of the table: a TlLayerClass, TlOpClass, TlDatasetClass...; %NULL for Batch and Train
 * @others: (nullable): what others call it, words separated by blanks
 */
typedef struct {
  TlCatalogKind        kind;
  const char          *name;
  const char          *lua;
  const char          *group;
  const char          *doc;
  const char          *formula;
  const char          *source;
  const TlCatalogPort *in;
  guint                n_in;
  const TlCatalogPort *out;
  guint                n_out;
  const TlAttrSpec    *attrs;
  gconstpointer        row;
  const char          *others;
} TlCatalogEntry;

guint                 tl_catalog_get_n_entries (void);
const TlCatalogEntry *tl_catalog_get_entry (guint entry);
const TlCatalogEntry *tl_catalog_find (const char *name);
char                 *tl_catalog_hint (const char *name);

const char          *tl_catalog_kind_name (TlCatalogKind kind);
const char          *tl_link_type_name (TlLinkType type);
gboolean             tl_link_type_fits (TlLinkType have,
                                        TlLinkType want);
const TlCatalogPort *tl_catalog_entry_get_port (const TlCatalogEntry *self,
                                                gboolean              is_input,
                                                guint                 port);
char                *tl_catalog_default_text (const TlAttrSpec *spec);

G_END_DECLS
