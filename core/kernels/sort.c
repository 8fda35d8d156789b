/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/sort.h"

#include <string.h>

typedef struct {
  uint64_t key;
  int64_t  at;
} Pair;

#define TILE 32768
#define SMALL 32

static int64_t
min_i64 (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static int64_t
max_i64 (int64_t a, int64_t b)
{
  return a > b ? a : b;
}

/* The unsigned order of keys is that of elements: without branches, because nobody can guess the signs of data.  Adding 0 makes 0 of -0. */
static inline uint64_t
make_key (TlDType dtype, const void *x, int64_t i)
{
  uint64_t u64;
  uint32_t u32;
  double   d;
  float    f;

  switch (dtype) {
  case TL_DTYPE_F32:
    f = ((const float *)x)[i] + 0.0f;
    memcpy (&u32, &f, sizeof u32);
    return (u32 ^ (-(u32 >> 31) | 0x80000000u)) | -(uint32_t)(f != f);
  case TL_DTYPE_F64:
    d = ((const double *)x)[i] + 0.0;
    memcpy (&u64, &d, sizeof u64);
    return (u64 ^ (-(u64 >> 63) | 0x8000000000000000u)) | -(uint64_t)(d != d);
  case TL_DTYPE_I64:
    return (uint64_t)((const int64_t *)x)[i] ^ 0x8000000000000000u;
  case TL_DTYPE_I32:
    return (uint32_t)((const int32_t *)x)[i] ^ 0x80000000u;
  case TL_DTYPE_I8:
    return (uint8_t)((const int8_t *)x)[i] ^ 0x80u;
  default:
    return ((const uint8_t *)x)[i];
  }
}

static void
sort_small (Pair *pairs, int64_t n)
{
  for (int64_t i = 1; i < n; i++) {
    Pair    pair = pairs[i];
    int64_t j = i;

    for (; j > 0 && pairs[j - 1].key > pair.key; j--)
      pairs[j] = pairs[j - 1];
    pairs[j] = pair;
  }
}

/* By the lowest byte first; bytes that are the same in all keys are passed over.  @other has room for as many. */
static void
sort_pairs (Pair *pairs, Pair *other, int64_t n, unsigned n_bytes)
{
  Pair *from = pairs, *to = other;

  if (n <= SMALL) {
    sort_small (pairs, n);
    return;
  }
  for (unsigned byte = 0; byte < n_bytes; byte++) {
    int64_t start[257] = { 0 };
    Pair   *before = from;

    for (int64_t i = 0; i < n; i++)
      start[(from[i].key >> (8 * byte) & 255) + 1]++;
    if (start[(from[0].key >> (8 * byte) & 255) + 1] == n)
      continue;
    for (int v = 0; v < 256; v++)
      start[v + 1] += start[v];
    for (int64_t i = 0; i < n; i++)
      to[start[from[i].key >> (8 * byte) & 255]++] = from[i];
    from = to;
    to = before;
  }
  if (from != pairs)
    memcpy (pairs, from, (size_t)n * sizeof *pairs);
}

static void
copy_elements (size_t size, const void *x, const Pair *pairs, int64_t n, void *values, int64_t *positions)
{
  for (int64_t i = 0; i < n; i++)
    positions[i] = pairs[i].at;
  if (size == 4)
    for (int64_t i = 0; i < n; i++)
      ((uint32_t *)values)[i] = ((const uint32_t *)x)[pairs[i].at];
  else if (size == 8)
    for (int64_t i = 0; i < n; i++)
      ((uint64_t *)values)[i] = ((const uint64_t *)x)[pairs[i].at];
  else
    for (int64_t i = 0; i < n; i++)
      ((uint8_t *)values)[i] = ((const uint8_t *)x)[pairs[i].at];
}

static int64_t
n_blocks (const TlSortArgs *args)
{
  return (args->n + TL_SORT_BLOCK - 1) / TL_SORT_BLOCK;
}

static int64_t
rows_per_tile (const TlSortArgs *args)
{
  return max_i64 (1, TILE / max_i64 (1, args->n));
}

static void
sort_measure (const void *args_, TlWork *work)
{
  const TlSortArgs *args = args_;
  int64_t           blocks = n_blocks (args), per = rows_per_tile (args);

  *work = (TlWork){ .n_phases = 1 };
  if (args->rows == 0 || args->n == 0)
    return;
  if (blocks == 1) {
    work->n_tiles[0] = (size_t)((args->rows + per - 1) / per);
    work->scratch = 2 * (size_t)args->n * sizeof (Pair);
    return;
  }
  work->n_phases = 2;
  work->n_tiles[0] = work->n_tiles[1] = (size_t)(args->rows * blocks);
  work->workspace = (size_t)(args->rows * args->n) * sizeof (Pair);
  work->scratch = (size_t)max_i64 (TL_SORT_BLOCK * (int64_t)sizeof (Pair), blocks * 2 * (int64_t)sizeof (int64_t) + TL_SORT_BLOCK * (int64_t)sizeof (Pair));
}

static void
load_pairs (const TlSortArgs *args, const void *row, int64_t first, int64_t n, Pair *pairs)
{
  uint64_t flip = args->descending ? UINT64_MAX : 0;

  for (int64_t i = 0; i < n; i++)
    pairs[i] = (Pair){ make_key (args->dtype, row, first + i) ^ flip, first + i };
}

/* How many keys of a sorted block are below @key. */
static int64_t
count_below (const Pair *pairs, int64_t n, uint64_t key)
{
  int64_t low = 0;

  while (n > 0) {
    int64_t half = n / 2;

    if (pairs[low + half].key < key) {
      low += half + 1;
      n -= half + 1;
    } else {
      n = half;
    }
  }
  return low;
}

/* For each block, how many of its elements are among the first @rank of all; equal ones are taken from the first blocks. */
static void
split_blocks (const Pair *pairs, int64_t n, int64_t blocks, int64_t rank, int64_t *split)
{
  uint64_t low = 0, high = UINT64_MAX;
  int64_t  taken = 0;

  /* The largest key with at most @rank keys below it. */
  while (low < high) {
    uint64_t middle = low + (high - low) / 2 + 1;
    int64_t  below = 0;

    for (int64_t b = 0; b < blocks; b++)
      below += count_below (pairs + b * TL_SORT_BLOCK, min_i64 (TL_SORT_BLOCK, n - b * TL_SORT_BLOCK), middle);
    if (below <= rank)
      low = middle;
    else
      high = middle - 1;
  }
  for (int64_t b = 0; b < blocks; b++)
    taken += split[b] = count_below (pairs + b * TL_SORT_BLOCK, min_i64 (TL_SORT_BLOCK, n - b * TL_SORT_BLOCK), low);
  for (int64_t b = 0; b < blocks; b++)
    for (; taken < rank && b * TL_SORT_BLOCK + split[b] < n && split[b] < TL_SORT_BLOCK &&
           pairs[b * TL_SORT_BLOCK + split[b]].key == low;
         taken++)
      split[b]++;
}

/* A heap of blocks by their next key; of equal keys the first block counts. */
static int
comes_before (const Pair *pairs, const int64_t *next, int64_t a, int64_t b)
{
  uint64_t ka = pairs[a * TL_SORT_BLOCK + next[a]].key, kb = pairs[b * TL_SORT_BLOCK + next[b]].key;

  return ka < kb || (ka == kb && a < b);
}

static void
sink (const Pair *pairs, const int64_t *next, int64_t *heap, int64_t n, int64_t i)
{
  for (;;) {
    int64_t child = 2 * i + 1, block = heap[i];

    if (child >= n)
      return;
    if (child + 1 < n && comes_before (pairs, next, heap[child + 1], heap[child]))
      child++;
    if (!comes_before (pairs, next, heap[child], block))
      return;
    heap[i] = heap[child];
    heap[child] = block;
    i = child;
  }
}

static void
merge_part (const Pair *pairs, int64_t n, int64_t blocks, int64_t first, int64_t count, Pair *result, int64_t *next, int64_t *heap)
{
  int64_t n_heap = 0;

  split_blocks (pairs, n, blocks, first, next);
  for (int64_t b = 0; b < blocks; b++)
    if (next[b] < min_i64 (TL_SORT_BLOCK, n - b * TL_SORT_BLOCK))
      heap[n_heap++] = b;
  for (int64_t i = n_heap; i-- > 0;)
    sink (pairs, next, heap, n_heap, i);
  for (int64_t i = 0; i < count; i++) {
    int64_t b = heap[0];

    result[i] = pairs[b * TL_SORT_BLOCK + next[b]++];
    if (next[b] == min_i64 (TL_SORT_BLOCK, n - b * TL_SORT_BLOCK))
      heap[0] = heap[--n_heap];
    sink (pairs, next, heap, n_heap, 0);
  }
}

static void
sort_rows (const TlSortArgs *args, void *const *data, int64_t first, int64_t end, Pair *scratch)
{
  size_t size = tl_dtype_size (args->dtype);

  for (int64_t r = first; r < end; r++) {
    size_t      offset = (size_t)(r * args->n) * size;
    const char *row = (const char *)data[0] + offset;

    load_pairs (args, row, 0, args->n, scratch);
    sort_pairs (scratch, scratch + args->n, args->n, (unsigned)size);
    copy_elements (size, row, scratch, args->n, (char *)data[1] + offset, (int64_t *)data[2] + r * args->n);
  }
}

static void
sort_run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlSortArgs *args = args_;
  int64_t           blocks = n_blocks (args), per = rows_per_tile (args);
  int64_t           r = (int64_t)tile / blocks, first = (int64_t)tile % blocks * TL_SORT_BLOCK;
  int64_t           count = min_i64 (TL_SORT_BLOCK, args->n - first);
  size_t            size = tl_dtype_size (args->dtype), offset = (size_t)(r * args->n) * size;
  Pair             *pairs = (Pair *)workspace + r * args->n;
  int64_t          *next = scratch;
  Pair             *result = (Pair *)(next + 2 * blocks);

  if (blocks == 1) {
    sort_rows (args, data, (int64_t)tile * per, min_i64 (args->rows, ((int64_t)tile + 1) * per), scratch);
  } else if (phase == 0) {
    load_pairs (args, (const char *)data[0] + offset, first, count, pairs + first);
    sort_pairs (pairs + first, scratch, count, (unsigned)size);
  } else {
    merge_part (pairs, args->n, blocks, first, count, result, next, next + blocks);
    copy_elements (size, (const char *)data[0] + offset, result, count, (char *)data[1] + offset + (size_t)first * size,
                   (int64_t *)data[2] + r * args->n + first);
  }
}

const TlKernel tl_sort_kernel = { sort_measure, sort_run };

/* Bits that keys are counted by at once: of short rows fewer, because the counts have to be cleared. */
#define MAX_BITS 11

static unsigned
bits_of (int64_t n)
{
  return n < 8192 ? 8 : MAX_BITS;
}

/* Where a part lies: it begins at rank @first of the elements from bucket @low to bucket @high. */
typedef struct {
  int64_t first, count;
  int64_t low, high;
  int64_t n; /* elements of those buckets */
} Window;

static void
find_buckets (Window *window, const int64_t *counts)
{
  int64_t below = 0, last = window->first + window->count - 1, b = 0;

  for (; below + counts[b] <= window->first; b++)
    below += counts[b];
  window->low = b;
  window->n = counts[b];
  while (below + window->n <= last)
    window->n += counts[++b];
  window->high = b;
  window->first -= below;
}

/* Which bits of a key count now. */
typedef struct {
  unsigned shift, bits;
} Digit;

static inline int64_t
bucket_of (uint64_t key, Digit digit)
{
  return (int64_t)(key >> digit.shift & (((uint64_t)1 << digit.bits) - 1));
}

/* Of @n pairs those between the buckets stay, in their order. */
static void
keep_window (Pair *pairs, int64_t n, Digit digit, const Window *window)
{
  int64_t kept = 0;

  for (int64_t i = 0; i < n; i++) {
    int64_t b = bucket_of (pairs[i].key, digit);

    pairs[kept] = pairs[i];
    kept += b >= window->low && b <= window->high;
  }
}

/* Loops over the elements of a row, compiled for each dtype. */
static inline __attribute__ ((always_inline)) void
count_keys (TlDType dtype, const void *row, int64_t n, uint64_t flip, Digit digit, int64_t *counts)
{
  for (int64_t i = 0; i < n; i++)
    counts[bucket_of (make_key (dtype, row, i) ^ flip, digit)]++;
}

static inline __attribute__ ((always_inline)) void
load_keys (TlDType dtype, const void *row, int64_t n, uint64_t flip, Digit digit, const Window *window, Pair *pairs)
{
  int64_t kept = 0;

  for (int64_t i = 0; i < n && kept < window->n; i++) {
    uint64_t key = make_key (dtype, row, i) ^ flip;
    int64_t  b = bucket_of (key, digit);

    pairs[kept] = (Pair){ key, i };
    kept += b >= window->low && b <= window->high;
  }
}

/* Loads what may belong to the part. */
static inline __attribute__ ((always_inline)) void
load_window (TlDType dtype, const TlSelectArgs *args, const void *row, Digit digit, Window *window, int64_t *counts, Pair *pairs)
{
  uint64_t flip = args->sort.descending ? UINT64_MAX : 0;

  count_keys (dtype, row, args->sort.n, flip, digit, counts);
  find_buckets (window, counts);
  load_keys (dtype, row, args->sort.n, flip, digit, window, pairs);
}

static void
load_part (const TlSelectArgs *args, const void *row, Digit digit, Window *window, int64_t *counts, Pair *pairs)
{
  memset (counts, 0, sizeof *counts << digit.bits);
  switch (args->sort.dtype) {
  case TL_DTYPE_F32:
    load_window (TL_DTYPE_F32, args, row, digit, window, counts, pairs);
    break;
  case TL_DTYPE_F64:
    load_window (TL_DTYPE_F64, args, row, digit, window, counts, pairs);
    break;
  default:
    load_window (args->sort.dtype, args, row, digit, window, counts, pairs);
    break;
  }
}

static int
is_behind (const Pair *a, const Pair *b)
{
  return a->key > b->key || (a->key == b->key && a->at > b->at);
}

static void
sift (Pair *pairs, int64_t n, int64_t i)
{
  Pair pair = pairs[i];

  for (int64_t child; (child = 2 * i + 1) < n; i = child) {
    child += child + 1 < n && is_behind (&pairs[child + 1], &pairs[child]);
    if (!is_behind (&pairs[child], &pair))
      break;
    pairs[i] = pairs[child];
  }
  pairs[i] = pair;
}

/* In place; positions tell equal keys apart. */
static void
sort_in_place (Pair *pairs, int64_t n)
{
  for (int64_t i = n / 2; i-- > 0;)
    sift (pairs, n, i);
  for (int64_t end = n - 1; end > 0; end--) {
    Pair last = pairs[end];

    pairs[end] = pairs[0];
    pairs[0] = last;
    sift (pairs, end, 0);
  }
}

static void
select_row (const TlSelectArgs *args, const void *row, void *values, int64_t *positions, int64_t *counts, Pair *pairs)
{
  size_t   size = tl_dtype_size (args->sort.dtype);
  unsigned bits = size == 1 ? 8 : bits_of (args->sort.n);
  Digit    digit = { (unsigned)size * 8 - bits, bits };
  Window   window = { .first = args->first, .count = args->count };

  load_part (args, row, digit, &window, counts, pairs);
  /* One bucket holds the part: its elements are told apart by the bits below. */
  while (window.n > SMALL && window.low == window.high && digit.shift > 0) {
    int64_t n = window.n;

    digit.shift = digit.shift > bits ? digit.shift - bits : 0;
    memset (counts, 0, sizeof *counts << bits);
    for (int64_t i = 0; i < n; i++)
      counts[bucket_of (pairs[i].key, digit)]++;
    find_buckets (&window, counts);
    keep_window (pairs, n, digit, &window);
  }
  if (window.low == window.high && digit.shift == 0)
    ; /* all are equal, and in the order of their positions */
  else if (2 * window.n <= args->sort.n || window.n <= SMALL)
    sort_pairs (pairs, pairs + window.n, window.n, (unsigned)size);
  else
    sort_in_place (pairs, window.n);
  copy_elements (size, row, pairs + window.first, args->count, values, positions);
}

static void
select_measure (const void *args_, TlWork *work)
{
  const TlSelectArgs *args = args_;
  int64_t             per = rows_per_tile (&args->sort);
  size_t              room = (size_t)args->sort.n * sizeof (Pair);

  *work = (TlWork){ .n_phases = 1 };
  if (args->sort.rows == 0 || args->count == 0)
    return;
  work->n_tiles[0] = (size_t)((args->sort.rows + per - 1) / per);
  work->scratch = (sizeof (int64_t) << MAX_BITS) + (args->sort.rows > 1 ? room : 0);
  work->workspace = args->sort.rows > 1 ? 0 : room;
}

static void
select_run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlSelectArgs *args = args_;
  int64_t             per = rows_per_tile (&args->sort), n = args->sort.n;
  size_t              size = tl_dtype_size (args->sort.dtype);

  for (int64_t r = (int64_t)tile * per; r < min_i64 (args->sort.rows, ((int64_t)tile + 1) * per); r++)
    select_row (args, (const char *)data[0] + (size_t)(r * n) * size, (char *)data[1] + (size_t)(r * args->count) * size,
                (int64_t *)data[2] + r * args->count, scratch,
                args->sort.rows > 1 ? (Pair *)((int64_t *)scratch + (1 << MAX_BITS)) : workspace);
}

const TlKernel tl_select_kernel = { select_measure, select_run };

static void
search_measure (const void *args_, TlWork *work)
{
  const TlSearchArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)((args->rows * args->m + TILE - 1) / TILE) } };
}

static void
search_run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlSearchArgs *args = args_;
  int64_t             end = min_i64 (args->rows * args->m, ((int64_t)tile + 1) * TILE);

  for (int64_t i = (int64_t)tile * TILE; i < end; i++) {
    int64_t     row = args->shared ? 0 : i / args->m, low = 0, n = args->n;
    const char *sorted = (const char *)data[0] + (size_t)(row * args->n) * tl_dtype_size (args->dtype);
    uint64_t    key = make_key (args->dtype, data[1], i);

    while (n > 0) {
      int64_t  half = n / 2;
      uint64_t other = make_key (args->dtype, sorted, low + half);

      if (args->right ? other <= key : other < key) {
        low += half + 1;
        n -= half + 1;
      } else {
        n = half;
      }
    }
    ((int64_t *)data[2])[i] = low;
  }
}

const TlKernel tl_search_kernel = { search_measure, search_run };
