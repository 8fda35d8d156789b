/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"

#define MAX_ORDER 4

enum { IGNORE_INDEX };

static const TlAttrSpec attrs[] = {
  { "ignore_index", "token at which a sequence ends, such as that for padding", TL_ATTR_INT, .def = { .i = -100 } },
  { NULL },
};

/* Cells. */
typedef struct {
  double hits[MAX_ORDER];
  double total[MAX_ORDER];
  double length, wanted_length;
} Counts;

static gboolean
check (const TlMetric *self,
       const TlMeta   *output,
       const TlMeta   *target,
       GError        **error)
{
  if (target != NULL && target->rank == 2 && tl_meta_same_shape (output, target))
    return TRUE;
  if (!tl_metric_need_classes (self, output, target, error))
    return FALSE;
  if (target->rank == 2)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: tokens [items, length] or their scores [items, tokens, length] are wanted", self->klass->name);
  return FALSE;
}

static gsize
get_n_cells (const TlMetric *self,
             const TlMeta   *output,
             const TlMeta   *target)
{
  return sizeof (Counts) / sizeof (double);
}

/* The token with the highest score, or what stands there where @scores is %NULL. */
static gint64
token_at (const TlTensor       *tensor,
          const TlMetricScores *scores,
          gsize                 at)
{
  gboolean      is_plain = tl_metric_is_plain_f32 (tensor);
  gconstpointer data = tl_tensor_peek_data (tensor);
  gsize         best = 0;

  if (scores == NULL)
    return (gint64)tl_metric_element (tensor, is_plain, data, at);
  for (gsize i = 1; i < (gsize)scores->n; i++)
    if (tl_metric_element (tensor, is_plain, data, tl_metric_score_at (scores, at, i)) >
        tl_metric_element (tensor, is_plain, data, tl_metric_score_at (scores, at, best)))
      best = i;
  return (gint64)best;
}

static gsize
length_of (const gint64 *tokens,
           gsize         n,
           gint64        end)
{
  for (gsize i = 0; i < n; i++)
    if (tokens[i] == end)
      return i;
  return n;
}

/* How often the tokens from @at on occur before @end. */
static gsize
occurrences (const gint64 *tokens,
             gsize         n,
             const gint64 *words,
             gsize         order,
             gsize        *first)
{
  gsize count = 0;

  for (gsize i = 0; i + order <= n; i++)
    if (memcmp (tokens + i, words, order * sizeof *words) == 0 && count++ == 0 && first != NULL)
      *first = i;
  return count;
}

static void
add_item (Counts       *counts,
          const gint64 *got,
          gsize         n_got,
          const gint64 *want,
          gsize         n_want)
{
  counts->length += (double)n_got;
  counts->wanted_length += (double)n_want;
  for (gsize order = 1; order <= MAX_ORDER; order++)
    for (gsize i = 0; i + order <= n_got; i++) {
      gsize first = i, mine = occurrences (got, n_got, got + i, order, &first);

      counts->total[order - 1]++;
      if (first == i) /* each group of words once */
        counts->hits[order - 1] += (double)MIN (mine, occurrences (want, n_want, got + i, order, NULL));
    }
}

static void
update (TlMetric            *self,
        const TlMetricBatch *batch)
{
  const TlMeta  *meta = tl_tensor_get_meta (batch->target);
  gsize          n = (gsize)meta->shape[0], length = (gsize)meta->shape[1];
  gboolean       has_scores = tl_tensor_get_rank (batch->output) == 3;
  gint64         few[1024], *tokens = 2 * length > G_N_ELEMENTS (few) ? g_new (gint64, 2 * length) : few;
  gint64         end = self->attrs[IGNORE_INDEX].i;
  TlMetricScores scores;

  has_scores = has_scores && tl_metric_get_scores (tl_tensor_get_meta (batch->output), meta, &scores);
  for (gsize item = 0; item < n; item++) {
    for (gsize i = 0; i < length; i++) {
      tokens[i] = token_at (batch->output, has_scores ? &scores : NULL, item * length + i);
      tokens[length + i] = token_at (batch->target, NULL, item * length + i);
    }
    add_item ((Counts *)self->state.cells, tokens, length_of (tokens, length, end), tokens + length, length_of (tokens + length, length, end));
    self->state.n++;
  }
  if (tokens != few)
    g_free (tokens);
}

static double
value (const TlMetric *self)
{
  const Counts *counts = (const Counts *)self->state.cells;
  double        sum = 0;

  if (self->state.n == 0)
    return NAN;
  for (guint i = 0; i < MAX_ORDER; i++) {
    if (counts->hits[i] == 0)
      return 0;
    sum += log (counts->hits[i] / counts->total[i]) / MAX_ORDER;
  }
  return exp (sum + MIN (0, 1 - counts->wanted_length / counts->length));
}

const TlMetricClass tl_metric_bleu = {
  .name = "bleu",
  .title = "BLEU",
  .doc = "How many groups of one to four tokens the sequences share with those wanted, over the whole corpus. Source: Papineni et al. 2002, doi:10.3115/1073083.1073135",
  .formula = "min (1, e^(1 - wanted / length)) (p1 p2 p3 p4)^(1/4)",
  .attrs = attrs,
  .higher_is_better = TRUE,
  .check = check,
  .get_n_cells = get_n_cells,
  .update = update,
  .value = value,
};
