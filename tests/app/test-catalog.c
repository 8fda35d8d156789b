/* SPDX-License-Identifier: Apache-2.0 */
#include "app/catalog/reference.h"
#include "core/data/datasets.h"
#include "core/data/transforms.h"
#include "core/graph/names.h"
#include "core/nn/layer.h"
#include "core/optim/optimizer.h"
#include "core/optim/schedule.h"
#include "core/train/metrics.h"

static void
expect_row (TlCatalogKind kind,
            const char   *name,
            gconstpointer row)
{
  const TlCatalogEntry *entry = tl_catalog_find (name);

  if (entry == NULL)
    g_error ("the row %s is not in the catalog", name);
  g_assert_cmpint (entry->kind, ==, kind);
  g_assert_true (entry->row == row);
}

static void
test_every_row (void)
{
  guint n = 2; /* Batch and Train */

  for (guint i = 0; i < tl_layer_get_n_rows (); i++, n++) {
    const TlLayerClass *row = tl_layer_get_row (i);

    expect_row ((row->flags & TL_LAYER_LOSS) != 0 ? TL_CATALOG_LOSS : TL_CATALOG_LAYER, row->name, row);
  }
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *row = tl_op_get_row (i);

    if ((row->flags & (TL_OP_INTERNAL | TL_OP_UPDATE)) != 0) {
      g_assert_null (tl_catalog_find (row->name));
      continue;
    }
    expect_row (TL_CATALOG_OP, row->name, row);
    n++;
  }
  for (guint i = 0; i < tl_dataset_class_get_n_rows (); i++, n++)
    expect_row (TL_CATALOG_DATASET, tl_dataset_class_get_row (i)->title, tl_dataset_class_get_row (i));
  for (guint i = 0; i < tl_transform_class_get_n_rows (); i++, n++)
    expect_row (TL_CATALOG_TRANSFORM, tl_transform_class_get_row (i)->title, tl_transform_class_get_row (i));
  for (guint i = 0; i < tl_optimizer_get_n_rows (); i++, n++)
    expect_row (TL_CATALOG_OPTIMIZER, tl_optimizer_get_row (i)->name, tl_optimizer_get_row (i));
  for (guint i = 0; i < tl_schedule_get_n_rows (); i++, n++)
    expect_row (TL_CATALOG_SCHEDULE, tl_schedule_get_row (i)->title, tl_schedule_get_row (i));
  for (guint i = 0; i < tl_metric_class_get_n_rows (); i++, n++)
    expect_row (TL_CATALOG_METRIC, tl_metric_class_get_row (i)->title, tl_metric_class_get_row (i));
  expect_row (TL_CATALOG_BATCH, "Batch", NULL);
  expect_row (TL_CATALOG_TRAIN, "Train", NULL);
  g_assert_cmpuint (tl_catalog_get_n_entries (), ==, n);
}

static void
expect_text (const TlCatalogEntry *entry,
             const char           *of,
             const char           *text)
{
  if (text == NULL || *text == '\0')
    g_error ("%s: %s has no text", entry->name, of);
}

static void
test_documented (void)
{
  for (guint i = 0; i < tl_catalog_get_n_entries (); i++) {
    const TlCatalogEntry *entry = tl_catalog_get_entry (i);

    expect_text (entry, "the entry", entry->doc);
    expect_text (entry, "the group", entry->group);
    expect_text (entry, "Lua", entry->lua);
    g_assert_cmpuint (entry->n_out, >, 0);
    for (guint k = 0; k < entry->n_in; k++)
      expect_text (entry, "an input", entry->in[k].name);
    for (guint k = 0; k < entry->n_out; k++)
      expect_text (entry, "an output", entry->out[k].name);
    for (const TlAttrSpec *spec = entry->attrs; spec != NULL && spec->name != NULL; spec++)
      expect_text (entry, spec->name, spec->doc);
    /* A name twice would hide one of the two. */
    g_assert_true (tl_catalog_find (entry->name) == entry);
  }
}

static void
test_ports (void)
{
  const TlCatalogEntry *train = tl_catalog_find ("Train");
  const TlCatalogEntry *conv = tl_catalog_find ("Conv2d");

  g_assert_cmpint (tl_catalog_entry_get_port (train, TRUE, 0)->type, ==, TL_LINK_LOSS);
  g_assert_cmpint (tl_catalog_entry_get_port (train, TRUE, 9)->type, ==, TL_LINK_METRIC);
  g_assert_null (tl_catalog_entry_get_port (conv, TRUE, 1));
  g_assert_true (tl_link_type_fits (TL_LINK_LOSS, TL_LINK_TENSOR));
  g_assert_false (tl_link_type_fits (TL_LINK_TENSOR, TL_LINK_LOSS));
  g_assert_cmpstr (tl_link_type_name (TL_LINK_OPTIMIZER), ==, "optimizer");
  g_assert_cmpstr (tl_catalog_get_entry (0)->group, ==, "data");
}

static void
test_hint (void)
{
  static const char *const cases[][2] = {
    { "Acuracy", "; did you mean Accuracy?" },
    { "Dense", "; here it is Linear" },
    { "CosineAnnealingLR", "; here it is CosineLR" },
    { "auroc", "; here it is AUCROC" },
    { "rescale", "; here it is Scale" },
    { "xyzzy", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *hint = tl_catalog_hint (cases[i][0]);

    g_assert_cmpstr (hint, ==, cases[i][1]);
  }
  g_assert_true (tl_name_is_among ("dense", tl_catalog_find ("Linear")->others));
}

/* What the pages of the reference are made of is there. */
static void
test_reference (void)
{
  for (guint i = 0; i < tl_catalog_get_n_entries (); i++) {
    const TlCatalogEntry *entry = tl_catalog_get_entry (i);
    g_autofree char      *page = tl_reference_page (entry);
    g_autofree char      *heading = g_strdup_printf ("## %s\n\n%s\n", entry->name, entry->doc);
    gboolean              computes = entry->kind != TL_CATALOG_DATASET && entry->kind != TL_CATALOG_BATCH && entry->kind != TL_CATALOG_TRAIN;
    const TlSample       *samples = entry->kind == TL_CATALOG_OP ? ((const TlOpClass *)entry->row)->samples
                                    : entry->kind == TL_CATALOG_LAYER || entry->kind == TL_CATALOG_LOSS
                                      ? ((const TlLayerClass *)entry->row)->samples
                                      : NULL;

    g_assert_true (g_str_has_prefix (page, heading));
    if (computes)
      expect_text (entry, "formula", entry->formula);
    if (entry->kind == TL_CATALOG_OP || entry->kind == TL_CATALOG_LAYER || entry->kind == TL_CATALOG_LOSS) {
      expect_text (entry, "source", entry->source);
      if ((samples == NULL || samples[0].shapes == NULL) && strcmp (entry->name, "Input") != 0)
        g_error ("%s has no sample", entry->name);
    }
    if (entry->kind == TL_CATALOG_OPTIMIZER || entry->kind == TL_CATALOG_SCHEDULE)
      expect_text (entry, "source", entry->source);
    for (const TlAttrSpec *spec = entry->attrs; spec != NULL && spec->name != NULL; spec++)
      if (strstr (page, spec->doc) == NULL)
        g_error ("the page of %s does not tell of %s", entry->name, spec->name);
  }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/catalog/every-row", test_every_row);
  g_test_add_func ("/app/catalog/documented", test_documented);
  g_test_add_func ("/app/catalog/ports", test_ports);
  g_test_add_func ("/app/catalog/hint", test_hint);
  g_test_add_func ("/app/catalog/reference", test_reference);
  return g_test_run ();
}
