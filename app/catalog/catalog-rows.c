/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function for each table: what its rows are in a graph.
 */
#include "app/catalog/catalog-private.h"
#include "core/data/datasets.h"
#include "core/data/transforms.h"
#include "core/graph/attr.h"
#include "core/nn/layer.h"
#include "core/optim/optimizer.h"
#include "core/optim/schedule.h"
#include "core/train/metrics.h"
#include "core/train/training.h"

#define PORTS(ports) (ports), G_N_ELEMENTS (ports)

// clang-format off
static const TlCatalogPort one_tensor[] = { { "y", "the result", TL_LINK_TENSOR } };
static const TlCatalogPort one_loss[] = { { "loss", "one number, which is to become small", TL_LINK_LOSS } };
static const TlCatalogPort one_data[] = { { "data", "a data set: what is learnt from, and what it is tested with", TL_LINK_DATA } };
static const TlCatalogPort one_optimizer[] = { { "optimizer", "how parameters follow their gradients", TL_LINK_OPTIMIZER } };
static const TlCatalogPort one_metric[] = { { "metric", "what is measured in every epoch", TL_LINK_METRIC } };

static const TlCatalogPort metric_in[] = {
  { "prediction", "what the model gives", TL_LINK_TENSOR },
  { "target", "what it should have been", TL_LINK_TENSOR },
};

static const TlCatalogPort batch_in[] = {
  { "data", "a data set; its second part, if it has one, is what the model is tested with", TL_LINK_DATA },
  { "validation", "another data set to test with; it goes through the same transforms", TL_LINK_DATA, .is_optional = TRUE },
};
static const TlCatalogPort batch_out[] = {
  { "input", "the first field", TL_LINK_TENSOR },
  { "target", "the next field, and so on", TL_LINK_TENSOR, .is_variadic = TRUE },
};

static const TlCatalogPort train_in[] = {
  { "loss", "what is to become small", TL_LINK_LOSS },
  { "optimizer", "how parameters follow their gradients; Adam if it is left open", TL_LINK_OPTIMIZER, .is_optional = TRUE },
  { "metrics", "what is measured besides the loss", TL_LINK_METRIC, .is_variadic = TRUE },
};
static const TlCatalogPort train_out[] = { { "run", "the training", TL_LINK_RUN } };

static const TlCatalogEntry own_entries[] = {
  {
    .kind = TL_CATALOG_BATCH, .name = "Batch", .lua = "data.loader", .group = "data",
    .doc = "The fields of a data set, batch by batch: inputs of the model first, then its target.",
    .in = PORTS (batch_in), .out = PORTS (batch_out),
  },
  {
    .kind = TL_CATALOG_TRAIN, .name = "Train", .lua = "fit", .group = "training",
    .doc = "Changes the parameters behind a loss so that it becomes small; a cell that has it trains when it runs.",
    .in = PORTS (train_in), .out = PORTS (train_out), .attrs = tl_training_attrs,
  },
};
// clang-format on

/* Ports of a row of the engine; without any, one of tensors. */
static const TlCatalogPort *
copy_ports (const TlPort *ports,
            guint        *n)
{
  TlCatalogPort *made;

  *n = tl_op_get_n_ports (ports);
  made = g_new0 (TlCatalogPort, *n + 1);
  for (guint i = 0; i < *n; i++)
    made[i] = (TlCatalogPort){ ports[i].name, ports[i].doc, TL_LINK_TENSOR, (ports[i].flags & TL_PORT_OPTIONAL) != 0,
                               (ports[i].flags & TL_PORT_VARIADIC) != 0 };
  return made;
}

static void
set_tensor_ports (TlCatalogEntry *entry,
                  const TlPort   *in,
                  const TlPort   *out)
{
  entry->in = copy_ports (in, &entry->n_in);
  if (out != NULL) {
    entry->out = copy_ports (out, &entry->n_out);
    return;
  }
  entry->out = one_tensor;
  entry->n_out = G_N_ELEMENTS (one_tensor);
}

static const char *
lua_name (const char *module,
          const char *name)
{
  g_autofree char *text = g_strdup_printf ("%s.%s", module, name);

  return g_intern_string (text);
}

static void
add_layers (GArray *entries)
{
  for (guint i = 0; i < tl_layer_get_n_rows (); i++) {
    const TlLayerClass *row = tl_layer_get_row (i);
    TlCatalogEntry      entry = { TL_CATALOG_LAYER, row->name, lua_name ("nn", row->name), row->group, row->doc, row->formula,
                                  row->source, .attrs = row->attrs, .row = row };

    set_tensor_ports (&entry, row->in, row->out);
    if ((row->flags & TL_LAYER_LOSS) != 0) {
      entry.kind = TL_CATALOG_LOSS;
      entry.out = one_loss;
      entry.n_out = G_N_ELEMENTS (one_loss);
    }
    g_array_append_val (entries, entry);
  }
}

static void
add_ops (GArray *entries)
{
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *row = tl_op_get_row (i);
    TlCatalogEntry   entry = { TL_CATALOG_OP, row->name, lua_name ("tl", row->name), row->group, row->doc, row->formula,
                               row->source, .attrs = row->attrs, .row = row };

    if ((row->flags & (TL_OP_INTERNAL | TL_OP_UPDATE)) != 0)
      continue;
    set_tensor_ports (&entry, row->in, row->out);
    g_array_append_val (entries, entry);
  }
}

static void
add_datasets (GArray *entries)
{
  for (guint i = 0; i < tl_dataset_class_get_n_rows (); i++) {
    const TlDatasetClass *row = tl_dataset_class_get_row (i);
    TlCatalogEntry        entry = { TL_CATALOG_DATASET, row->title, lua_name ("data", row->name), "data", row->doc, NULL, row->source,
                                    .out = PORTS (one_data), .attrs = row->attrs, row };

    g_array_append_val (entries, entry);
  }
}

/* Their attributes, and the field to which they apply. */
static const TlAttrSpec *
transform_attrs (const TlTransformClass *row)
{
  guint       n = tl_attr_count (row->attrs);
  TlAttrSpec *attrs = g_new0 (TlAttrSpec, n + 2);

  for (guint i = 0; i < n; i++)
    attrs[i] = row->attrs[i];
  attrs[n] = (TlAttrSpec){ "field", "the field it is done to; the first if not given", TL_ATTR_STRING };
  return attrs;
}

static void
add_transforms (GArray *entries)
{
  for (guint i = 0; i < tl_transform_class_get_n_rows (); i++) {
    const TlTransformClass *row = tl_transform_class_get_row (i);
    TlCatalogEntry          entry = { TL_CATALOG_TRANSFORM, row->title, lua_name ("data", row->name), "transform", row->doc, row->formula,
                                      row->source, PORTS (one_data), PORTS (one_data), transform_attrs (row), row };

    g_array_append_val (entries, entry);
  }
}

static void
add_optimizers (GArray *entries)
{
  for (guint i = 0; i < tl_optimizer_get_n_rows (); i++) {
    const TlOptimizerClass *row = tl_optimizer_get_row (i);
    TlCatalogEntry          entry = { TL_CATALOG_OPTIMIZER, row->name, lua_name ("optim", row->name), "optimizer", row->doc, row->formula,
                                      row->source, .out = PORTS (one_optimizer), .attrs = row->attrs, .row = row };

    g_array_append_val (entries, entry);
  }
}

static void
add_schedules (GArray *entries)
{
  for (guint i = 0; i < tl_schedule_get_n_rows (); i++) {
    const TlScheduleClass *row = tl_schedule_get_row (i);
    TlCatalogEntry         entry = { TL_CATALOG_SCHEDULE, row->title, row->name, "schedule", row->doc, row->formula, row->source,
                                     PORTS (one_optimizer), PORTS (one_optimizer), row->attrs, row };

    g_array_append_val (entries, entry);
  }
}

static void
add_metrics (GArray *entries)
{
  for (guint i = 0; i < tl_metric_class_get_n_rows (); i++) {
    const TlMetricClass *row = tl_metric_class_get_row (i);
    TlCatalogEntry       entry = { TL_CATALOG_METRIC, row->title, row->name, "metric", row->doc, row->formula, NULL,
                                   PORTS (metric_in), PORTS (one_metric), row->attrs, row };

    g_array_append_val (entries, entry);
  }
}

void
tl_catalog_add_rows (GArray *entries)
{
  g_array_append_vals (entries, own_entries, G_N_ELEMENTS (own_entries));
  add_datasets (entries);
  add_transforms (entries);
  add_layers (entries);
  add_optimizers (entries);
  add_schedules (entries);
  add_metrics (entries);
  add_ops (entries);
}
