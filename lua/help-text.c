/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/data/datasets.h"
#include "core/nn/layer.h"
#include "core/optim/optimizer.h"
#include "core/train/training.h"
#include "lua/help-private.h"
#include "lua/lua-private.h"

static gboolean
foreach_function (const char          *module,
                  const TlLuaFunction *functions,
                  TlHelpFunc           func,
                  gpointer             user_data)
{
  for (; functions->name != NULL; functions++) {
    TlHelpEntry entry = { .module = module, .name = functions->name, .kind = "function", .doc = functions->doc, .signature = functions->signature };

    if (strcmp (functions->name, "fit") == 0) {
      entry.attrs = tl_training_attrs;
      entry.tables = tl_lua_fit_tables;
    }
    if (strcmp (functions->name, "loader") == 0)
      entry.attrs = tl_lua_loader_options;
    if (!func (&entry, user_data))
      return FALSE;
  }
  return TRUE;
}

static gboolean
foreach_op (TlHelpFunc func,
            gpointer   user_data)
{
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *op = tl_op_get_row (i);
    TlHelpEntry      entry = { "tl", op->name, "function", op->doc, op->formula, op->source, op->in, op->attrs, NULL, op };

    if ((op->flags & (TL_OP_INTERNAL | TL_OP_UPDATE)) != 0)
      continue;
    if (!func (&entry, user_data))
      return FALSE;
    if (tl_op_get_n_ports (op->in) == 0 || strcmp (op->in[0].name, "call") == 0)
      continue;
    entry.module = "x";
    if (!func (&entry, user_data))
      return FALSE;
  }
  return TRUE;
}

static gboolean
foreach_row (TlHelpFunc func,
             gpointer   user_data)
{
  for (guint i = 0; i < tl_layer_get_n_rows (); i++) {
    const TlLayerClass *row = tl_layer_get_row (i);
    TlHelpEntry         entry = { "nn", row->name, "layer", row->doc, row->formula, row->source, NULL, row->attrs };

    if ((row->flags & TL_LAYER_INPUT) == 0 && !func (&entry, user_data))
      return FALSE;
  }
  for (guint i = 0; i < tl_optimizer_get_n_rows (); i++) {
    const TlOptimizerClass *row = tl_optimizer_get_row (i);
    TlHelpEntry             entry = { "optim", row->name, "optimizer", row->doc, row->formula, row->source, NULL, row->attrs };

    if (!func (&entry, user_data))
      return FALSE;
  }
  for (guint i = 0; i < tl_schedule_get_n_rows (); i++) {
    const TlScheduleClass *row = tl_schedule_get_row (i);
    TlHelpEntry            entry = { "optim", row->title, "schedule", row->doc, row->formula, row->source, NULL, row->attrs };

    if (!func (&entry, user_data))
      return FALSE;
  }
  for (guint i = 0; i < tl_metric_class_get_n_rows (); i++) {
    const TlMetricClass *row = tl_metric_class_get_row (i);
    TlHelpEntry          entry = { "metric", row->title, "metric", row->doc, row->formula, NULL, NULL, row->attrs };

    if (!func (&entry, user_data))
      return FALSE;
  }
  for (guint i = 0; i < tl_dataset_class_get_n_rows (); i++) {
    const TlDatasetClass *row = tl_dataset_class_get_row (i);
    TlHelpEntry           entry = { "data", row->name, "dataset", row->doc, NULL, row->source, NULL, row->attrs };

    if (!func (&entry, user_data))
      return FALSE;
  }
  for (guint i = 0; i < tl_transform_class_get_n_rows (); i++) {
    const TlTransformClass *row = tl_transform_class_get_row (i);
    TlHelpEntry             entry = { "data", row->name, "transform", row->doc, row->formula, row->source, NULL, row->attrs };

    if (!func (&entry, user_data))
      return FALSE;
  }
  return TRUE;
}

/*
 * Calls @func with everything there is, until it returns %FALSE.
 */
gboolean
tl_help_foreach (TlHelpFunc func,
                 gpointer   user_data)
{
  return foreach_function (NULL, tl_lua_base_functions, func, user_data) &&
         foreach_function ("tl", tl_lua_tl_functions, func, user_data) &&
         foreach_function ("tl", tl_lua_autodiff_functions, func, user_data) && foreach_op (func, user_data) &&
         foreach_function ("x", tl_lua_tensor_methods, func, user_data) &&
         foreach_function ("nn", tl_lua_nn_functions, func, user_data) &&
         foreach_function ("nn.init", tl_lua_init_functions, func, user_data) &&
         foreach_function ("data", tl_lua_data_functions, func, user_data) && foreach_row (func, user_data) &&
         foreach_function ("x", tl_lua_module_methods, func, user_data) &&
         foreach_function ("x", tl_lua_optimizer_methods, func, user_data) &&
         foreach_function ("x", tl_lua_schedule_methods, func, user_data) &&
         foreach_function ("x", tl_lua_metric_methods, func, user_data) &&
         foreach_function ("x", tl_lua_dataset_methods, func, user_data);
}

static gboolean
is_shown (const TlHelpEntry *entry,
          const TlAttrSpec  *spec)
{
  return entry->op == NULL || !tl_lua_is_hidden_attr (entry->op, spec->name);
}

/*
 * Returns: (transfer full): "tl.sum (x, { dim = {}, keepdim = false })"
 */
char *
tl_help_signature (const TlHelpEntry *entry)
{
  GString    *text;
  const char *between = "";
  gboolean    is_method = entry->module != NULL && strcmp (entry->module, "x") == 0, has_options = FALSE;

  if (entry->signature != NULL)
    return g_strdup (entry->signature);
  text = g_string_new (NULL);
  g_string_append_printf (text, "%s%s%s (", entry->module != NULL ? entry->module : "", is_method ? ":" : entry->module != NULL ? "."
                                                                                                                                : "",
                          entry->name);
  for (const TlPort *port = entry->in; port != NULL && port->name != NULL; port++) {
    if ((is_method && port == entry->in) || strcmp (port->name, "call") == 0)
      continue;
    g_string_append_printf (text, "%s%s%s", between, port->name, (port->flags & TL_PORT_VARIADIC) != 0 ? "..." : "");
    between = ", ";
  }
  for (const TlAttrSpec *spec = entry->attrs; spec != NULL && spec->name != NULL; spec++) {
    g_autofree char *value = tl_attr_to_string (spec, &spec->def);

    if (!is_shown (entry, spec))
      continue;
    g_string_append (text, between);
    if (!has_options)
      g_string_append (text, "{ ");
    has_options = TRUE;
    if (spec->required)
      g_string_append (text, spec->name);
    else
      g_string_append_printf (text, "%s = %s", spec->name, value);
    between = ", ";
  }
  g_string_append (text, has_options ? " })" : ")");
  return g_string_free (text, FALSE);
}

/*
 * Returns: (transfer full): everything about an entry, as plain text
 */
char *
tl_help_text (const TlHelpEntry *entry)
{
  g_autofree char *signature = tl_help_signature (entry);
  GString         *text = g_string_new (signature);

  g_string_append_printf (text, "\n%s\n", entry->doc != NULL ? entry->doc : "");
  if (entry->formula != NULL)
    g_string_append_printf (text, "  %s\n", entry->formula);
  for (const TlPort *port = entry->in; port != NULL && port->name != NULL; port++)
    if (strcmp (port->name, "call") != 0)
      g_string_append_printf (text, "  %s: %s\n", port->name, port->doc);
  for (const TlAttrSpec *spec = entry->tables; spec != NULL && spec->name != NULL; spec++)
    g_string_append_printf (text, "  %s: %s\n", spec->name, spec->doc);
  for (const TlAttrSpec *spec = entry->attrs; spec != NULL && spec->name != NULL; spec++) {
    g_autofree char *value = tl_attr_to_string (spec, &spec->def);

    if (!is_shown (entry, spec))
      continue;
    if (spec->required)
      g_string_append_printf (text, "  %s: %s\n", spec->name, spec->doc);
    else
      g_string_append_printf (text, "  %s = %s: %s\n", spec->name, value, spec->doc);
  }
  if (entry->source != NULL)
    g_string_append_printf (text, "  Source: %s\n", entry->source);
  return g_string_free (text, FALSE);
}
