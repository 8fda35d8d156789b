/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Attention: gradients.  With p the weights and D[i] = sum (dy[i] y[i]):
 *
 *     dp = dy value^T,  ds = p (dp - D),  dvalue = p^T dy,  dkey = ds^T query scale,  dquery = ds key scale
 *
 * A head whose work fits one tile computes all three at once.  Else tiles of keys and tiles of queries each compute the blocks
 * they need.
 */

#include "core/kernels/attention-private.h"

void TL_NAME (tl_attention_backward_measure) (const void *args, TlWork *work);
void TL_NAME (tl_attention_backward_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

#define TILE_FLOPS (1.5e7 * VL)
#define DROP_FLOPS 256 /* what it costs to decide about a weight */
#define SMALL_FLOPS 4e6
#define TILE_ROWS (2 * ROWS)
#define WHOLE_ROWS 1024 /* most queries of a head that is one tile */
#define WHOLE_ELEMENTS 131072

enum { DY,
       QUERY,
       KEY,
       VALUE,
       MASK,
       Y,
       LOGSUMEXP,
       DQUERY,
       DKEY,
       DVALUE,
       CALL };
enum { WANT_QUERY = 1,
       WANT_KEY = 2,
       WANT_VALUE = 4 };

typedef struct {
  bool    whole;
  int64_t n_items;             /* heads of keys */
  int64_t items_tile, n_tiles; /* whole heads */
  int64_t keys_tile, n_key_tiles, rows_tile, n_row_tiles;
  int64_t dp, ep;
  int64_t n_rows; /* in scratch */
  size_t  q, dy, dq, dot, low, kt, vt, k, s, ds, dk, dv, n;
} Plan;

typedef struct {
  const TlAttentionArgs *args;
  const Plan            *plan;
  void *const           *data;
  int                    wanted;
  Dropout               *dropout; /* or NULL */
  int64_t                item;    /* head of queries */
  int64_t                row0, n_rows;
  int64_t                key0, n_keys;
  real                  *q, *dy, *dq, *dot, *low, *kt, *vt, *k, *s, *ds, *dk, *dv;
} Tile;

static void
make_plan (const TlAttentionArgs *args, Plan *plan)
{
  double  per_pair = 2.0 * (3.0 * (double)args->d + 2.0 * (double)args->e) + (args->has_dropout ? DROP_FLOPS : 0) + 1;
  double  per_item = per_pair * (double)args->group * (double)args->l * (double)args->s + 1;
  int64_t wide;

  *plan = (Plan){ .n_items = n_queries_of (args) / args->group, .dp = whole_vectors (args->d), .ep = whole_vectors (args->e) };
  wide = tl_max_i64 (1, tl_max_i64 (plan->dp, plan->ep));
  plan->whole = per_item <= TILE_FLOPS && args->l <= tl_min_i64 (WHOLE_ROWS, WHOLE_ELEMENTS / wide);
  plan->items_tile = tl_max_i64 (1, tl_min_i64 (plan->n_items, (int64_t)(SMALL_FLOPS / per_item)));
  plan->n_tiles = tl_ceil_div (plan->n_items, plan->items_tile);
  plan->keys_tile = KEYS;
  while (plan->keys_tile > VL && per_pair * (double)args->group * (double)args->l * (double)plan->keys_tile > TILE_FLOPS)
    plan->keys_tile /= 2;
  plan->n_key_tiles = tl_ceil_div (args->s, plan->keys_tile);
  plan->rows_tile = tl_min_i64 (TILE_ROWS, (int64_t)(TILE_FLOPS / (per_pair * (double)args->s + 1)) / MR * MR);
  plan->rows_tile = tl_max_i64 (1, tl_min_i64 (tl_max_i64 (plan->rows_tile, ROWS / 2), args->l));
  plan->n_row_tiles = tl_ceil_div (args->l, plan->rows_tile);
  plan->n_rows = plan->whole ? args->l : TILE_ROWS;

  plan->q = take (&plan->n, plan->n_rows * plan->dp);
  plan->dy = take (&plan->n, plan->n_rows * plan->ep);
  plan->dq = take (&plan->n, plan->n_rows * plan->dp);
  plan->dot = take (&plan->n, plan->n_rows);
  plan->low = take (&plan->n, plan->n_rows);
  plan->kt = take (&plan->n, args->d * KEYS);
  plan->vt = take (&plan->n, args->e * KEYS);
  plan->k = take (&plan->n, tl_ceil_div (args->d, NR) * NR * KEYS);
  plan->s = take (&plan->n, ROWS * LDS);
  plan->ds = take (&plan->n, ROWS * LDS);
  plan->dk = take (&plan->n, KEYS * plan->dp);
  plan->dv = take (&plan->n, KEYS * plan->ep);
}

void
TL_NAME (tl_attention_backward_measure) (const void *args_, TlWork *work)
{
  const TlAttentionArgs *args = args_;
  Plan                   plan;

  make_plan (args, &plan);
  *work = (TlWork){ .n_phases = 1, .scratch = plan.n * sizeof (real) };
  if (plan.whole)
    work->n_tiles[0] = (size_t)plan.n_tiles;
  else
    work->n_tiles[0] = (size_t)(plan.n_items * (plan.n_key_tiles + args->group * plan.n_row_tiles));
}

/* Queries, gradients of their results and what belongs to each: rows @first to @first + @n of the head, to the head of scratch. */
static void
load_queries (Tile *tile, int64_t first, int64_t n)
{
  const TlAttentionArgs *args = tile->args;
  const real            *query = (const real *)tile->data[QUERY] + offset_of (args, &args->query, tile->item, 1);
  const real            *dy = (const real *)tile->data[DY] + offset_of (args, &args->dy, tile->item, 1);
  const real            *y = (const real *)tile->data[Y] + offset_of (args, &args->y, tile->item, 1);
  const real            *logsumexp = (const real *)tile->data[LOGSUMEXP] + tile->item * args->l;

  tile->row0 = first;
  tile->n_rows = n;
  load_rows (query + first * args->query.row, args->query.row, args->query.col, n, args->d, (real)args->scale, tile->q, tile->plan->dp);
  load_rows (dy + first * args->dy.row, args->dy.row, args->dy.col, n, args->e, 1, tile->dy, tile->plan->ep);
  for (int64_t r = 0; r < n; r++) {
    const real *a = tile->dy + r * tile->plan->ep, *b = y + (first + r) * args->y.row;
    const real  low = logsumexp[first + r];
    real        dot;

    TL_ROW_SUM (dot, args->e, a[i] * b[i * args->y.col]);
    tile->dot[r] = dot;
    /* Of a row that sees nothing all weights are 0. */
    tile->low[r] = low == (real)-__builtin_inf () ? (real)__builtin_inf () : low;
  }
}

static void
load_keys (Tile *tile, int64_t first, int64_t n)
{
  const TlAttentionArgs *args = tile->args;
  const real            *key = (const real *)tile->data[KEY] + offset_of (args, &args->key, tile->item, args->group) + first * args->key.row;
  const real            *value = (const real *)tile->data[VALUE] + offset_of (args, &args->value, tile->item, args->group) + first * args->value.row;

  tile->key0 = first;
  tile->n_keys = n;
  pack_columns (key, args->key.col, args->key.row, args->d, n, tile->kt);
  pack_columns (value, args->value.col, args->value.row, args->e, n, tile->vt);
  if ((tile->wanted & WANT_QUERY) != 0)
    pack_columns (key, args->key.row, args->key.col, n, args->d, tile->k);
}

/* s = exp (s - low), the weights; ds = s (ds - dot). */
static void
weigh_row (const Tile *tile, int64_t row, real *s, real *ds, int64_t n)
{
  const real low = tile->low[row], dot = tile->dot[row];

  TL_VECTOR_LOOP
  for (int64_t j = 0; j < n; j++) {
    real p = weight_exp (s[j] - low);

    s[j] = p;
    ds[j] = p * (ds[j] - dot);
  }
}

/* The same where weights are dropped: s are those that stay, enlarged. */
static void
weigh_dropped (const Tile *tile, int64_t row, real *s, real *ds, int64_t n)
{
  const real     low = tile->low[row], dot = tile->dot[row];
  const uint64_t at = (uint64_t)((tile->item * tile->args->l + tile->row0 + row) * tile->args->s + tile->key0);
  const real    *factors = drop_positions (tile->dropout, at, n);

  TL_VECTOR_LOOP
  for (int64_t j = 0; j < n; j++) {
    real p = weight_exp (s[j] - low), factor = factors[j];

    s[j] = factor != 0 ? p * factor : 0;
    ds[j] = p * ((factor != 0 ? ds[j] * factor : 0) - dot);
  }
}

/* Rows from @first of those loaded against the keys loaded. */
static void
run_block (const Tile *tile, int64_t first)
{
  const TlAttentionArgs *args = tile->args;
  const Plan            *plan = tile->plan;
  int64_t                n_rows = tl_min_i64 (ROWS, tile->n_rows - first), n_keys = tile->n_keys;
  int64_t                visible = visible_from (args, tile->row0 + first, tile->key0);
  const real            *q = tile->q + first * plan->dp, *dy = tile->dy + first * plan->ep;
  const Product          scores = { q, plan->dp, 1, tile->kt, args->d * NR, NR, tile->s, LDS, n_rows, n_keys, args->d };
  const Product          means = { dy, plan->ep, 1, tile->vt, args->e * NR, NR, tile->ds, LDS, n_rows, n_keys, args->e };
  const Product          dvalue = { tile->s, 1, LDS, dy, NR, plan->ep, tile->dv, plan->ep, n_keys, args->e, n_rows };
  const Product          dkey = { tile->ds, 1, LDS, q, NR, plan->dp, tile->dk, plan->dp, n_keys, args->d, n_rows };
  const Product          dquery = { tile->ds, LDS, 1, tile->k, n_keys * NR, NR, tile->dq + first * plan->dp, plan->dp, n_rows, args->d, n_keys };
  int64_t                mask_at = args->has_mask ? offset_of (args, &args->mask, tile->item, 1) : 0;

  if (visible + n_rows - 1 <= 0)
    return;
  multiply_scores (&scores, visible);
  multiply_scores (&means, visible);
  for (int64_t i = 0; i < n_rows; i++) {
    real   *s = tile->s + i * LDS;
    int64_t n = clamp_visible (visible + i, n_keys);

    if (args->has_mask)
      mask_row (args, tile->data[MASK], mask_at + (tile->row0 + first + i) * args->mask.row + tile->key0 * args->mask.col, n, s);
    (tile->dropout != NULL ? weigh_dropped : weigh_row) (tile, first + i, s, tile->ds + i * LDS, n);
    clear_unseen (s, n, n_keys);
    clear_unseen (tile->ds + i * LDS, n, n_keys);
  }
  if ((tile->wanted & WANT_VALUE) != 0)
    multiply_turned (&dvalue, visible);
  if ((tile->wanted & WANT_KEY) != 0)
    multiply_turned (&dkey, visible);
  if ((tile->wanted & WANT_QUERY) != 0)
    multiply_weights (&dquery, visible);
}

static void
clear (real *x, int64_t n)
{
  for (int64_t i = 0; i < n; i++)
    x[i] = 0;
}

/* The sums of the keys loaded: begun, gone on with or written. */
static void
begin_keys (const Tile *tile, bool anew)
{
  const TlAttentionArgs *args = tile->args;
  const Plan            *plan = tile->plan;

  if (anew || (tile->wanted & WANT_KEY) == 0)
    clear (tile->dk, tile->n_keys * plan->dp);
  else
    load_rows ((const real *)tile->data[DKEY] + offset_of (args, &args->dkey, tile->item, args->group) + tile->key0 * args->dkey.row,
               args->dkey.row, args->dkey.col, tile->n_keys, args->d, 1, tile->dk, plan->dp);
  if (anew || (tile->wanted & WANT_VALUE) == 0)
    clear (tile->dv, tile->n_keys * plan->ep);
  else
    load_rows ((const real *)tile->data[DVALUE] + offset_of (args, &args->dvalue, tile->item, args->group) + tile->key0 * args->dvalue.row,
               args->dvalue.row, args->dvalue.col, tile->n_keys, args->e, 1, tile->dv, plan->ep);
}

static void
end_keys (const Tile *tile)
{
  const TlAttentionArgs *args = tile->args;
  const Plan            *plan = tile->plan;

  if ((tile->wanted & WANT_KEY) != 0)
    store_rows (tile->dk, plan->dp, tile->n_keys, args->d, 1,
                (real *)tile->data[DKEY] + offset_of (args, &args->dkey, tile->item, args->group) + tile->key0 * args->dkey.row,
                args->dkey.row, args->dkey.col);
  if ((tile->wanted & WANT_VALUE) != 0)
    store_rows (tile->dv, plan->ep, tile->n_keys, args->e, 1,
                (real *)tile->data[DVALUE] + offset_of (args, &args->dvalue, tile->item, args->group) + tile->key0 * args->dvalue.row,
                args->dvalue.row, args->dvalue.col);
}

/* Rows of one head against all its keys; @with_keys: their sums too. */
static void
run_queries (Tile *tile, int64_t item, int64_t first, int64_t n, bool with_keys)
{
  const TlAttentionArgs *args = tile->args;
  const Plan            *plan = tile->plan;

  tile->item = item;
  load_queries (tile, first, n);
  clear (tile->dq, n * plan->dp);
  for (int64_t j = 0; j < args->s && (with_keys || visible_from (args, first + n - 1, j) > 0); j += KEYS) {
    load_keys (tile, j, tl_min_i64 (KEYS, args->s - j));
    if (with_keys)
      begin_keys (tile, item % args->group == 0);
    for (int64_t i = 0; i < n; i += ROWS)
      run_block (tile, i);
    if (with_keys)
      end_keys (tile);
  }
  if ((tile->wanted & WANT_QUERY) != 0)
    store_rows (tile->dq, plan->dp, n, args->d, (real)args->scale,
                (real *)tile->data[DQUERY] + offset_of (args, &args->dquery, item, 1) + first * args->dquery.row, args->dquery.row,
                args->dquery.col);
}

/* Some keys of one head against all queries of the heads that share them. */
static void
run_keys (Tile *tile, int64_t item, int64_t first, int64_t n)
{
  const TlAttentionArgs *args = tile->args;

  tile->item = item * args->group;
  load_keys (tile, first, n);
  begin_keys (tile, true);
  for (int64_t g = 0; g < args->group; g++) {
    tile->item = item * args->group + g;
    for (int64_t i = 0; i < args->l; i += ROWS) {
      int64_t n_rows = tl_min_i64 (ROWS, args->l - i);

      if (visible_from (args, i + n_rows - 1, first) <= 0)
        continue;
      load_queries (tile, i, n_rows);
      run_block (tile, 0);
    }
  }
  end_keys (tile);
}

static void
run_part (Tile *tile, int64_t index)
{
  const TlAttentionArgs *args = tile->args;
  const Plan            *plan = tile->plan;
  int                    wanted = tile->wanted;

  if (index < plan->n_items * plan->n_key_tiles) {
    int64_t key = index % plan->n_key_tiles * plan->keys_tile;

    tile->wanted = wanted & (WANT_KEY | WANT_VALUE);
    if (tile->wanted != 0)
      run_keys (tile, index / plan->n_key_tiles, key, tl_min_i64 (plan->keys_tile, args->s - key));
  } else {
    int64_t row;

    index -= plan->n_items * plan->n_key_tiles;
    row = index % plan->n_row_tiles * plan->rows_tile;
    tile->wanted = wanted & WANT_QUERY;
    if (tile->wanted != 0)
      run_queries (tile, index / plan->n_row_tiles, row, tl_min_i64 (plan->rows_tile, args->l - row), false);
  }
}

void
TL_NAME (tl_attention_backward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t index, void *scratch_)
{
  const TlAttentionArgs *args = args_;
  Plan                   plan;
  real                  *scratch = scratch_;
  Dropout                dropout;
  Tile                   tile = { .args = args, .plan = &plan, .data = data, .wanted = args->wanted };
  int64_t                first, end;

  make_plan (args, &plan);
  tile.dropout = args->has_dropout && begin_dropout (args, data[CALL], &dropout) ? &dropout : NULL;
  tile.q = scratch + plan.q;
  tile.dy = scratch + plan.dy;
  tile.dq = scratch + plan.dq;
  tile.dot = scratch + plan.dot;
  tile.low = scratch + plan.low;
  tile.kt = scratch + plan.kt;
  tile.vt = scratch + plan.vt;
  tile.k = scratch + plan.k;
  tile.s = scratch + plan.s;
  tile.ds = scratch + plan.ds;
  tile.dk = scratch + plan.dk;
  tile.dv = scratch + plan.dv;
  if (!plan.whole) {
    run_part (&tile, (int64_t)index);
    return;
  }
  first = (int64_t)index * plan.items_tile * args->group;
  end = tl_min_i64 (first + plan.items_tile * args->group, plan.n_items * args->group);
  for (int64_t item = first; item < end; item++)
    run_queries (&tile, item, 0, args->l, true);
}
