/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/canvas/graph-info-app.h"

#include "app/catalog/catalog.h"
#include "app/check/graph-cell.h"
#include "core/base/error.h"
#include "core/graph/attr.h"
#include "core/graph/context.h"

/* The other graph cells of the document, by which a node's row may be another cell. */
typedef struct _Others Others;
struct _Others {
  const char *const *ids;
  const char *const *texts;
  const char        *name; /* the cell that is read now, for the sake of the one before */
  const Others      *before;
};

static TlModel *
find_model (const char *name,
            gpointer    user_data,
            GError    **error)
{
  const Others *others = user_data;
  Others        below = { others->ids, others->texts, name, others };

  for (const Others *i = others; i != NULL; i = i->before)
    if (g_strcmp0 (i->name, name) == 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "the cells %s and %s contain each other", name, others->name);
      return NULL;
    }
  for (guint i = 0; others->ids[i] != NULL; i++)
    if (g_str_equal (others->ids[i], name)) {
      g_autoptr (TlGraphCell) cell = tl_graph_cell_new (name, others->texts[i], find_model, &below);

      return tl_model_ref (tl_graph_cell_get_model (cell));
    }
  return NULL;
}

static TlNodeReport *
ensure_node (TlGraphReport *report,
             const char    *node)
{
  TlNodeReport *found = (TlNodeReport *)tl_graph_report_find (report, node);

  return found != NULL ? found : tl_graph_report_add (report, node);
}

static void
report_shapes (TlGraphReport     *report,
               TlGraphCell       *cell,
               const TlGraphNode *node)
{
  g_autoptr (GStrvBuilder) shapes = g_strv_builder_new ();
  TlNodeReport            *entry = ensure_node (report, node->name);
  TlModelCost              cost;

  for (guint i = 0; i < node->n_outputs; i++) {
    g_autofree char *shape = tl_graph_cell_get_shape_text (cell, node->name, i);

    g_strv_builder_add (shapes, shape != NULL ? shape : "");
  }
  entry->shapes = g_strv_builder_end (shapes);
  if (tl_model_get_node_cost (tl_graph_cell_get_model (cell), node->name, &cost))
    entry->n_parameters = cost.n_parameters;
}

static void
report_problems (TlGraphReport *report,
                 TlGraphCell   *cell)
{
  for (guint i = 0; i < tl_graph_cell_get_n_problems (cell); i++) {
    const TlGraphProblem *problem = tl_graph_cell_get_problem (cell, i);

    /* Errors of the syntax are shown from the text itself. */
    if (problem->node != NULL && *problem->node != '\0') {
      g_auto (GStrv) path = g_strsplit (problem->node, ".", 2);
      TlNodeReport  *entry = ensure_node (report, path[0]);

      if (entry->error == NULL)
        entry->error = g_strdup (problem->message);
    } else if (problem->line == 0 && report->error == NULL) {
      report->error = g_strdup (problem->message);
    }
  }
}

static TlGraphReport *
check (const char        *text,
       const char *const *other_ids,
       const char *const *other_texts)
{
  Others                  others = { other_ids, other_texts, NULL, NULL };
  g_autoptr (TlGraphCell) cell = NULL;
  const TlGraphText      *graph;
  TlGraphReport          *report = tl_graph_report_new ();
  gboolean                before;
  TlModelCost             total;
  TlForecast              forecast;

  /* Nothing is computed: the thread's context needs no others, and lives as long as the thread. */
  if (tl_context_peek () == NULL)
    tl_context_make_current (tl_context_new (1));
  before = tl_tensor_set_described (TRUE);
  cell = tl_graph_cell_new ("graph", text, find_model, &others);
  graph = tl_graph_cell_get_text (cell);

  /* Costs first: they are computed for one sample, every other symbolic size being one, too. */
  if (tl_graph_cell_get_n_problems (cell) == 0) {
    g_autofree TlBinding *sizes = g_new0 (TlBinding, MAX (graph->n_symbols, 1));

    for (guint i = 0; i < graph->n_symbols; i++)
      sizes[i] = (TlBinding){ tl_dim_symbol (graph->symbols[i]), 1 };
    if (tl_model_measure (tl_graph_cell_get_model (cell), sizes, graph->n_symbols, &total, NULL)) {
      report->n_parameters = total.n_parameters;
      report->flops = total.flops;
    }
    report->memory_sizes = report->n_parameters > 0 ? tl_graph_cell_forecast (cell, &forecast, NULL) : NULL;
    if (report->memory_sizes != NULL)
      report->memory = (double)forecast.n_total;
  }
  tl_tensor_set_described (before);
  for (guint i = 0; i < graph->n_nodes; i++)
    report_shapes (report, cell, &graph->nodes[i]);
  report_problems (report, cell);
  return report;
}

static TlAttrKind
kind_of (const TlAttrSpec *spec)
{
  switch (spec->type) {
  case TL_ATTR_BOOL:
    return TL_ATTR_KIND_BOOL;
  case TL_ATTR_INT:
    return TL_ATTR_KIND_INTEGER;
  case TL_ATTR_FLOAT:
    return TL_ATTR_KIND_NUMBER;
  case TL_ATTR_ENUM:
    return TL_ATTR_KIND_CHOICE;
  default:
    return TL_ATTR_KIND_TEXT;
  }
}

static void
add_attrs (TlRow            *row,
           const TlAttrSpec *specs)
{
  for (const TlAttrSpec *spec = specs; spec != NULL && spec->name != NULL; spec++) {
    g_autofree char *text = spec->required ? NULL : tl_catalog_default_text (spec);
    TlRowAttr       *attr = tl_row_add_attr (row, spec->name, kind_of (spec), text, spec->doc);

    attr->required = spec->required;
    if (spec->type == TL_ATTR_ENUM && spec->names != NULL)
      attr->choices = g_strdupv ((char **)spec->names);
  }
}

static void
add_ports (TlRow                *row,
           const TlCatalogEntry *entry)
{
  g_autoptr (GStrvBuilder) types = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < entry->n_in; i++) {
    const TlCatalogPort *port = &entry->in[i];

    g_strv_builder_add (types, tl_link_type_name (port->type));
    if (port->is_variadic)
      row->takes_more = TRUE;
    else if (!port->is_optional || port->type != TL_LINK_TENSOR)
      row->n_inputs++;
  }
  for (guint i = 0; i < entry->n_out && entry->n_out > 1; i++)
    g_strv_builder_add (names, entry->out[i].name);
  row->input_types = g_strv_builder_end (types);
  if (entry->n_out > 1)
    row->output_names = g_strv_builder_end (names);
  row->output_type = g_strdup (tl_link_type_name (entry->out[0].type));
}

/* Operations are for those who know their names; the palette shows what has a layer's comfort. */
static GPtrArray *
rows (void)
{
  static GPtrArray *all;

  if (all != NULL)
    return all;
  all = g_ptr_array_new_with_free_func (tl_row_free);
  for (guint i = 0; i < tl_catalog_get_n_entries (); i++) {
    const TlCatalogEntry *entry = tl_catalog_get_entry (i);
    TlRow                *row = tl_row_new (entry->name, entry->group, entry->doc, 0);

    row->is_offered = entry->kind != TL_CATALOG_OP;
    row->others = g_strdup (entry->others);
    add_ports (row, entry);
    add_attrs (row, entry->attrs);
    g_ptr_array_add (all, row);
  }
  return all;
}

void
tl_graph_info_use_app (void)
{
  static const TlGraphInfo info = { check, rows };

  tl_graph_info_set_default (&info);
}
