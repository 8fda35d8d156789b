/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A graph cell that holds a whole training.
 *
 *     digits = Digits()                                    data set
 *     scaled = Scale(digits) { factor = 1 / 16 }           transforms, one behind the other
 *     image, label = Batch(scaled)                         its fields: inputs of the model, then the target
 *     fc = Linear(...) ...                                 the model
 *     loss = CrossEntropyLoss(fc, label)                   loss
 *     adam = Adam { lr = 0.005 }                           optimizer, perhaps with a schedule behind it
 *     accuracy = Accuracy(fc, label)                       metrics
 *     run = Train(loss, adam, accuracy) { epochs = 10 }    what puts them together
 *
 * A pipeline is what such a cell says, node by node, with checked attributes; whoever runs it makes a trainer of it.
 *
 * Ownership: a pipeline belongs to its TlGraphCell.  Thread rule: one thread at a time.
 */

#include "app/catalog/catalog.h"
#include "core/train/training.h"
#include "core/data/transforms.h"
#include "core/nn/layer.h"
#include "lua/syntax/graph-text.h"

G_BEGIN_DECLS

/**
 * TlPipelineNode:
 * @node: the node in the text
 * @entry: its row
 * @values: values of its attributes, in the order of the row's specs
 * @given: bit i: attribute i was set
 *
 * A node that is no part of the model.
 */
typedef struct {
  const TlGraphNode    *node;
  const TlCatalogEntry *entry;
  TlAttrValue           values[TL_TRAINING_MAX_ATTRS];
  guint32               given;
} TlPipelineNode;

/**
 * TlPipeline:
 * @dataset: what is learnt from
 * @validation: (nullable): another data set to test with
 * @transforms: (element-type TlPipelineNode): what is done to both, in order
 * @batch: the node that gives the fields
 * @loss: the node of the loss
 * @loss_layer: (nullable): the loss; %NULL as long as it is not known what the data are, see tl_graph_cell_set_data()
 * @optimizer: (nullable): the optimizer
 * @schedule: (nullable): of the learning rate
 * @metrics: (element-type TlPipelineNode): what is measured
 * @train: the node that trains
 *
 * Read only.
 */
typedef struct {
  const TlPipelineNode *dataset;
  const TlPipelineNode *validation;
  GPtrArray            *transforms;
  const TlPipelineNode *batch;
  const TlGraphNode    *loss;
  TlLayer              *loss_layer;
  const TlPipelineNode *optimizer;
  const TlPipelineNode *schedule;
  GPtrArray            *metrics;
  const TlPipelineNode *train;
} TlPipeline;

TlTransforms *tl_pipeline_make_transforms (GPtrArray             *nodes,
                                           guint                  n_nodes,
                                           TlDataset             *train,
                                           guint64                seed,
                                           const TlPipelineNode **wrong,
                                           GError               **error);

G_END_DECLS
