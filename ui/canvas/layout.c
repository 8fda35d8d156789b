/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/canvas/layout.h"

#include <math.h>

#define SWEEPS 4
#define ROW_GAP 1.5 /* grid units between two rows of layers */

/* The layer of each node: the longest way to it.  Links of circles stop mattering after as many rounds as there are nodes. */
static guint
assign_layers (guint               n_nodes,
               const TlLayoutLink *links,
               guint               n_links,
               guint              *layers)
{
  guint    n_layers = 1;
  gboolean changed = TRUE;

  for (guint round = 0; changed && round < n_nodes; round++) {
    changed = FALSE;
    for (guint i = 0; i < n_links; i++) {
      guint wanted = layers[links[i].from] + 1;

      if (links[i].from == links[i].to || layers[links[i].to] >= wanted || wanted >= n_nodes)
        continue;
      layers[links[i].to] = wanted;
      changed = TRUE;
    }
  }
  for (guint i = 0; i < n_nodes; i++)
    n_layers = MAX (n_layers, layers[i] + 1);
  return n_layers;
}

typedef struct {
  guint  node;
  double key;
} Entry;

static int
compare_entries (gconstpointer a,
                 gconstpointer b)
{
  const Entry *x = a;
  const Entry *y = b;

  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return x->node < y->node ? -1 : x->node > y->node;
}

/* Orders one layer by the mean place of what its nodes are linked to on one side. */
static void
order_layer (GArray             *layer,
             const guint        *layers,
             const double       *slots,
             const TlLayoutLink *links,
             guint               n_links,
             gboolean            backwards)
{
  for (guint k = 0; k < layer->len; k++) {
    Entry *entry = &g_array_index (layer, Entry, k);
    double sum = 0;
    guint  n = 0;

    for (guint i = 0; i < n_links; i++) {
      guint here = backwards ? links[i].from : links[i].to;
      guint there = backwards ? links[i].to : links[i].from;

      if (here != entry->node || layers[there] == layers[here])
        continue;
      sum += slots[there];
      n++;
    }
    entry->key = n > 0 ? sum / n : slots[entry->node];
  }
  g_array_sort (layer, compare_entries);
}

static void
assign_slots (GArray *layer,
              double *slots)
{
  for (guint k = 0; k < layer->len; k++)
    slots[g_array_index (layer, Entry, k).node] = k - (layer->len - 1) / 2.0;
}

void
tl_layout_place (guint               n_nodes,
                 const TlLayoutLink *links,
                 guint               n_links,
                 guint               max_layers,
                 TlPoint            *places)
{
  g_autofree guint     *layers = g_new0 (guint, MAX (n_nodes, 1));
  g_autofree double    *slots = g_new0 (double, MAX (n_nodes, 1));
  g_autoptr (GPtrArray) columns = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  double                row_top = 0;
  guint                 n_layers;

  if (n_nodes == 0)
    return;
  n_layers = assign_layers (n_nodes, links, n_links, layers);
  for (guint k = 0; k < n_layers; k++)
    g_ptr_array_add (columns, g_array_new (FALSE, FALSE, sizeof (Entry)));
  for (guint i = 0; i < n_nodes; i++) {
    Entry entry = { i, 0 };

    g_array_append_val (columns->pdata[layers[i]], entry);
  }
  for (guint k = 0; k < n_layers; k++)
    assign_slots (columns->pdata[k], slots);
  for (guint sweep = 0; sweep < SWEEPS; sweep++) {
    gboolean backwards = sweep % 2 == 1;

    for (guint k = 1; k < n_layers; k++) {
      GArray *layer = columns->pdata[backwards ? n_layers - 1 - k : k];

      order_layer (layer, layers, slots, links, n_links, backwards);
      assign_slots (layer, slots);
    }
  }
  max_layers = MAX (max_layers, 1);
  for (guint first = 0; first < n_layers; first += max_layers) {
    guint last = MIN (first + max_layers, n_layers);
    guint tallest = 1;

    for (guint k = first; k < last; k++)
      tallest = MAX (tallest, ((GArray *)columns->pdata[k])->len);
    for (guint i = 0; i < n_nodes; i++) {
      if (layers[i] < first || layers[i] >= last)
        continue;
      places[i].x = (layers[i] - first) * TL_LAYOUT_STEP_X;
      places[i].y = row_top + (slots[i] + (tallest - 1) / 2.0) * TL_LAYOUT_STEP_Y;
    }
    row_top += tallest * TL_LAYOUT_STEP_Y + ROW_GAP - 1;
  }
}
