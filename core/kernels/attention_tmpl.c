/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Attention: the weighted means of values.
 */

#include "core/kernels/attention-private.h"

void TL_NAME (tl_attention_forward_measure) (const void *args, TlWork *work);
void TL_NAME (tl_attention_forward_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

enum { QUERY,
       KEY,
       VALUE,
       MASK,
       Y,
       LOGSUMEXP,
       CALL };

#define TILE_FLOPS (1e7 * VL) /* at most, about 3 ms */
#define DROP_FLOPS 256        /* what it costs to decide about a weight */
#define SMALL_FLOPS 4e6       /* less is done several heads at a time */
#define TILE_ROWS 256
#define TILE_ELEMENTS 32768 /* of queries */

typedef struct {
  int64_t n_items, items_tile, n_item_tiles;
  int64_t rows_tile, n_row_tiles;
  int64_t dp, ep;
  size_t  q, kt, v, s, o, max, sum, n;
} Plan;

/* Where the running sums of a tile stand. */
typedef struct {
  const TlAttentionArgs *args;
  const Plan            *plan;
  const void            *mask;
  int64_t                mask_at; /* of the first row of the tile, key 0 */
  int64_t                row0, n_rows;
  uint64_t               position; /* of the first weight of the head, for dropout */
  Dropout               *dropout;  /* or NULL */
  real                  *q, *kt, *v, *s, *o, *max, *sum;
} Tile;

static void
make_plan (const TlAttentionArgs *args, Plan *plan)
{
  double per_row = (double)args->s * (2.0 * (double)(args->d + args->e) + (args->has_dropout ? DROP_FLOPS : 0)) + 1;

  *plan = (Plan){ .n_items = n_queries_of (args), .dp = whole_vectors (args->d), .ep = whole_vectors (args->e) };
  plan->rows_tile = tl_min_i64 (TILE_ROWS, TILE_ELEMENTS / tl_max_i64 (1, tl_max_i64 (plan->dp, plan->ep)));
  plan->rows_tile = tl_min_i64 (plan->rows_tile, (int64_t)(TILE_FLOPS / per_row));
  plan->rows_tile = plan->rows_tile > ROWS ? plan->rows_tile / ROWS * ROWS : ROWS / 2;
  plan->rows_tile = tl_min_i64 (plan->rows_tile, tl_max_i64 (args->l, 1));
  plan->n_row_tiles = tl_ceil_div (args->l, plan->rows_tile);
  plan->items_tile = 1;
  if (plan->n_row_tiles == 1)
    plan->items_tile = tl_max_i64 (1, tl_min_i64 (plan->n_items, (int64_t)(SMALL_FLOPS / (per_row * (double)args->l))));
  plan->n_item_tiles = tl_ceil_div (plan->n_items, plan->items_tile);

  plan->q = take (&plan->n, plan->rows_tile * plan->dp);
  plan->kt = take (&plan->n, args->d * KEYS);
  plan->v = take (&plan->n, tl_ceil_div (args->e, NR) * NR * KEYS);
  plan->s = take (&plan->n, ROWS * LDS);
  plan->o = take (&plan->n, plan->rows_tile * plan->ep);
  plan->max = take (&plan->n, plan->rows_tile);
  plan->sum = take (&plan->n, plan->rows_tile);
}

void
TL_NAME (tl_attention_forward_measure) (const void *args, TlWork *work)
{
  Plan plan;

  make_plan (args, &plan);
  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)(plan.n_item_tiles * plan.n_row_tiles) }, .scratch = plan.n * sizeof (real) };
}

/* The largest of whole panels that is a number. */
static inline real
panel_max (const real *s, int64_t n, real max)
{
  real lanes[NR];

  for (int l = 0; l < NR; l++)
    lanes[l] = max;
  for (int64_t j = 0; j < n; j += NR)
    for (int l = 0; l < NR; l++)
      lanes[l] = s[j + l] > lanes[l] ? s[j + l] : lanes[l];
#pragma GCC unroll 6
  for (int w = NR / 2; w > 0; w /= 2)
    for (int l = 0; l < w; l++)
      lanes[l] = lanes[l + w] > lanes[l] ? lanes[l + w] : lanes[l];
  return lanes[0];
}

static bool
has_nan (const real *s, int64_t n)
{
  bool found = false;

  for (int64_t j = 0; j < n; j++)
    found |= s[j] != s[j];
  return found;
}

/* s = exp (s - max); their sum. */
static inline real
panel_exp (real *s, int64_t n, real max)
{
  real lanes[NR] = { 0 };

  for (int64_t j = 0; j < n; j += NR)
    for (int l = 0; l < NR; l++) {
      real p = weight_exp (s[j + l] - max);

      s[j + l] = p;
      lanes[l] += p;
    }
#pragma GCC unroll 6
  for (int w = NR / 2; w > 0; w /= 2)
    for (int l = 0; l < w; l++)
      lanes[l] += lanes[l + w];
  return lanes[0];
}

/* Scores of a row become weights; what was summed before is corrected if they exceed the maximum so far. */
static void
weigh_row (const Tile *tile, int64_t row, real *s, int64_t n, int64_t n_keys)
{
  const real low = (real)-__builtin_inf ();
  int64_t    whole = (n + NR - 1) / NR * NR;
  real      *o = tile->o + row * tile->plan->ep, before = tile->max[row], max;

  for (int64_t j = n; j < whole; j++)
    s[j] = low;
  max = panel_max (s, whole, before);
  if (max == low && has_nan (s, n))
    max = 0;
  if (max == low) {
    for (int64_t j = 0; j < n; j++)
      s[j] = 0;
    clear_unseen (s, n, n_keys);
    return;
  }
  if (max != before && before != low) {
    real factor = weight_exp (before - max);

    tile->sum[row] *= factor;
    for (int64_t j = 0; j < tile->plan->ep; j++)
      o[j] *= factor;
  }
  tile->sum[row] += panel_exp (s, whole, max);
  tile->max[row] = max;
  clear_unseen (s, n, n_keys);
}

/* The sums count weights that are dropped: what stays is divided by them too. */
static void
drop_weights (const Tile *tile, int64_t row, int64_t key, real *s, int64_t n)
{
  const real *factors = drop_positions (tile->dropout, tile->position + (uint64_t)((tile->row0 + row) * tile->args->s + key), n);

  TL_VECTOR_LOOP
  for (int64_t j = 0; j < n; j++)
    s[j] = factors[j] != 0 ? s[j] * factors[j] : 0;
}

/* Rows from @first of the tile against the packed keys from @key. */
static void
run_block (const Tile *tile, int64_t first, int64_t key, int64_t n_keys)
{
  const TlAttentionArgs *args = tile->args;
  const Plan            *plan = tile->plan;
  int64_t                n_rows = tl_min_i64 (ROWS, tile->n_rows - first);
  int64_t                visible = visible_from (args, tile->row0 + first, key);
  const Product          scores = { tile->q + first * plan->dp, plan->dp, 1, tile->kt, args->d * NR, NR, tile->s, LDS, n_rows, n_keys, args->d };
  const Product          means = { tile->s, LDS, 1, tile->v, n_keys * NR, NR, tile->o + first * plan->ep, plan->ep, n_rows, args->e, n_keys };

  if (visible + n_rows - 1 <= 0)
    return;
  multiply_scores (&scores, visible);
  for (int64_t i = 0; i < n_rows; i++) {
    real   *s = tile->s + i * LDS;
    int64_t n = clamp_visible (visible + i, n_keys);

    if (args->has_mask)
      mask_row (args, tile->mask, tile->mask_at + (first + i) * args->mask.row + key * args->mask.col, n, s);
    weigh_row (tile, first + i, s, n, n_keys);
    if (tile->dropout != NULL)
      drop_weights (tile, first + i, key, s, n);
  }
  multiply_weights (&means, visible);
}

static void
run_tile (Tile *tile, void *const *data, int64_t item)
{
  const TlAttentionArgs *args = tile->args;
  const Plan            *plan = tile->plan;
  const real            *query = (const real *)data[QUERY] + offset_of (args, &args->query, item, 1) + tile->row0 * args->query.row;
  const real            *key = (const real *)data[KEY] + offset_of (args, &args->key, item, args->group);
  const real            *value = (const real *)data[VALUE] + offset_of (args, &args->value, item, args->group);
  real                  *y = (real *)data[Y] + offset_of (args, &args->y, item, 1) + tile->row0 * args->y.row;
  real                  *logsumexp = (real *)data[LOGSUMEXP] + item * args->l + tile->row0;

  tile->mask = data[MASK];
  tile->position = (uint64_t)(item * args->l * args->s);
  tile->mask_at = args->has_mask ? offset_of (args, &args->mask, item, 1) + tile->row0 * args->mask.row : 0;
  load_rows (query, args->query.row, args->query.col, tile->n_rows, args->d, (real)args->scale, tile->q, plan->dp);
  for (int64_t i = 0; i < tile->n_rows; i++) {
    tile->max[i] = (real)-__builtin_inf ();
    tile->sum[i] = 0;
  }
  for (int64_t i = 0; i < tile->n_rows * plan->ep; i++)
    tile->o[i] = 0;
  for (int64_t j = 0; j < args->s && visible_from (args, tile->row0 + tile->n_rows - 1, j) > 0; j += KEYS) {
    int64_t n = tl_min_i64 (KEYS, args->s - j);

    pack_columns (key + j * args->key.row, args->key.col, args->key.row, args->d, n, tile->kt);
    pack_columns (value + j * args->value.row, args->value.row, args->value.col, n, args->e, tile->v);
    for (int64_t i = 0; i < tile->n_rows; i += ROWS)
      run_block (tile, i, j, n);
  }
  for (int64_t i = 0; i < tile->n_rows; i++) {
    store_rows (tile->o + i * plan->ep, plan->ep, 1, args->e, tile->sum[i] == 0 ? 0 : 1 / tile->sum[i], y + i * args->y.row, 0,
                args->y.col);
    logsumexp[i] = tile->max[i] + FN (log) (tile->sum[i]);
  }
}

void
TL_NAME (tl_attention_forward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t index, void *scratch_)
{
  const TlAttentionArgs *args = args_;
  Plan                   plan;
  real                  *scratch = scratch_;
  Dropout                dropout;
  Tile                   tile = { .args = args, .plan = &plan };
  int64_t                first, end;

  make_plan (args, &plan);
  tile.dropout = args->has_dropout && begin_dropout (args, data[CALL], &dropout) ? &dropout : NULL;
  tile.row0 = (int64_t)index % plan.n_row_tiles * plan.rows_tile;
  tile.n_rows = tl_min_i64 (plan.rows_tile, args->l - tile.row0);
  tile.q = scratch + plan.q;
  tile.kt = scratch + plan.kt;
  tile.v = scratch + plan.v;
  tile.s = scratch + plan.s;
  tile.o = scratch + plan.o;
  tile.max = scratch + plan.max;
  tile.sum = scratch + plan.sum;
  first = (int64_t)index / plan.n_row_tiles * plan.items_tile;
  end = tl_min_i64 (first + plan.items_tile, plan.n_items);
  for (int64_t item = first; item < end; item++)
    run_tile (&tile, data, item);
}
