/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/plan-private.h"

#define ALIGNMENT 64

typedef struct {
  guint        n;
  const gsize *sizes;
  const guint *first;
  const guint *last;
} Blocks;

static int
compare_sizes (gconstpointer a,
               gconstpointer b,
               gpointer      data)
{
  const Blocks *blocks = data;
  guint         i = *(const guint *)a, j = *(const guint *)b;

  if (blocks->sizes[i] != blocks->sizes[j])
    return blocks->sizes[i] > blocks->sizes[j] ? -1 : 1;
  return i < j ? -1 : 1;
}

static int
compare_offsets (gconstpointer a,
                 gconstpointer b,
                 gpointer      data)
{
  const gsize *offsets = data;
  gsize        x = offsets[*(const guint *)a], y = offsets[*(const guint *)b];

  return x < y ? -1 : x > y;
}

/*
 * Places blocks in one arena so that those alive at the same time do not overlap: largest first, each into the smallest gap that
 * holds it (Pisarchyk & Lee 2020, arXiv:2001.03288).  A block lives from step @first to step @last, both included.  Returns the number of
 * blocks placed.
 */
guint
tl_plan_layout (const gsize *sizes,
                const guint *first,
                const guint *last,
                guint        n,
                gsize       *offsets,
                gsize       *n_total)
{
  g_autofree guint *order = g_new (guint, n + 1);
  g_autofree guint *near = g_new (guint, n + 1);
  Blocks            blocks = { n, sizes, first, last };
  guint             n_placed = 0;

  *n_total = 0;
  for (guint i = 0; i < n; i++)
    order[i] = i;
  g_qsort_with_data (order, (gint)n, sizeof (guint), compare_sizes, &blocks);
  for (guint k = 0; k < n; k++) {
    guint i = order[k];
    guint n_near = 0;
    gsize best = G_MAXSIZE, best_gap = G_MAXSIZE, end = 0;
    gsize size = (sizes[i] + ALIGNMENT - 1) & ~(gsize)(ALIGNMENT - 1);

    if (size == 0) {
      offsets[i] = 0;
      continue;
    }
    for (guint j = 0; j < k; j++)
      if (sizes[order[j]] > 0 && first[order[j]] <= last[i] && first[i] <= last[order[j]])
        near[n_near++] = order[j];
    g_qsort_with_data (near, (gint)n_near, sizeof (guint), compare_offsets, offsets);
    for (guint j = 0; j < n_near; j++) {
      gsize start = offsets[near[j]];
      gsize stop = start + ((sizes[near[j]] + ALIGNMENT - 1) & ~(gsize)(ALIGNMENT - 1));

      if (start >= end + size && start - end < best_gap) {
        best = end;
        best_gap = start - end;
      }
      end = MAX (end, stop);
    }
    offsets[i] = best != G_MAXSIZE ? best : end;
    *n_total = MAX (*n_total, offsets[i] + size);
    n_placed++;
  }
  return n_placed;
}
