/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fftw.h"

#include <string.h>

#include "core/base/error.h"
#include "core/op/library.h"

/* Of fftw3.h, whose interface has been the same since 2003.  Arrays are of f32 or f64; a complex number is two of them. */
#define FFTW_ESTIMATE (1u << 6)

typedef struct {
  gpointer (*plan_many_dft) (int rank, const int *n, int howmany, gpointer in, const int *inembed, int istride, int idist, gpointer out, const int *onembed, int ostride, int odist, int sign, unsigned flags);
  gpointer (*plan_many_dft_r2c) (int rank, const int *n, int howmany, gpointer in, const int *inembed, int istride, int idist, gpointer out, const int *onembed, int ostride, int odist, unsigned flags);
  gpointer (*plan_many_dft_c2r) (int rank, const int *n, int howmany, gpointer in, const int *inembed, int istride, int idist, gpointer out, const int *onembed, int ostride, int odist, unsigned flags);
  void (*execute_dft) (gconstpointer plan, gpointer in, gpointer out);
  void (*execute_dft_r2c) (gconstpointer plan, gpointer in, gpointer out);
  void (*execute_dft_c2r) (gconstpointer plan, gpointer in, gpointer out);
  void (*destroy_plan) (gpointer plan);
} Fftw;

static const TlLibraryFunction functions[] = {
  { "plan_many_dft", G_STRUCT_OFFSET (Fftw, plan_many_dft) },
  { "plan_many_dft_r2c", G_STRUCT_OFFSET (Fftw, plan_many_dft_r2c) },
  { "plan_many_dft_c2r", G_STRUCT_OFFSET (Fftw, plan_many_dft_c2r) },
  { "execute_dft", G_STRUCT_OFFSET (Fftw, execute_dft) },
  { "execute_dft_r2c", G_STRUCT_OFFSET (Fftw, execute_dft_r2c) },
  { "execute_dft_c2r", G_STRUCT_OFFSET (Fftw, execute_dft_c2r) },
  { "destroy_plan", G_STRUCT_OFFSET (Fftw, destroy_plan) },
};

#define FFTW_LIBRARY(dtype_name, debian, environment, file, prefix)                                                                                   \
  {                                                                                                                                                   \
    .name = "FFTW for " dtype_name, .package = debian, .variable = environment, .files = (const char *const[]){ file, NULL },                         \
    .prefixes = (const char *const[]){ prefix, NULL }, .functions = functions, .n_functions = G_N_ELEMENTS (functions), .table_bytes = sizeof (Fftw), \
  }

static const TlLibrary libraries[] = {
  FFTW_LIBRARY ("f32", "libfftw3-single3", "TL_FFTW_F32", "libfftw3f.so.3", "fftwf_"),
  FFTW_LIBRARY ("f64", "libfftw3-double3", "TL_FFTW_F64", "libfftw3.so.3", "fftw_"),
};

typedef struct {
  Fftw  fftw;
  char *problem;
} Loaded;

/* What a plan is for; compared as bytes. */
typedef struct {
  gint64 n, lines;
  gint32 kind, is_f64, sign, zero;
} Key;

typedef struct {
  TlFftPlan   plan;
  Key         key;
  guint       n_refs; /* under the lock */
  const Fftw *fftw;
  GList       link; /* in used */
} Entry;

/* FFTW makes and frees plans on one thread at a time, and executes them on any. */
static GMutex      lock;
static GHashTable *entries; /* Key of Entry -> Entry, a reference for each */
static GQueue      used = G_QUEUE_INIT;
static gint64      n_points; /* of all entries */

#define MAX_KEPT_POINTS (1 << 22)
#define MAX_KEPT_PLANS 256
#define TRIED_POINTS (1 << 20) /* from here on it is tried whether there is memory, for lack of which FFTW would end the program */

static gpointer
load (gpointer library)
{
  Loaded *self = g_new0 (Loaded, 1);

  tl_library_open (library, &self->fftw, &self->problem);
  return self;
}

static const Fftw *
get_fftw (TlDType  dtype,
          GError **error)
{
  static GOnce  once[] = { G_ONCE_INIT, G_ONCE_INIT };
  guint         i = dtype == TL_DTYPE_F64;
  const Loaded *loaded = g_once (&once[i], load, (gpointer)&libraries[i]);

  if (loaded->problem == NULL)
    return &loaded->fftw;
  g_set_error_literal (error, TL_ERROR, TL_ERROR_UNSUPPORTED, loaded->problem);
  return NULL;
}

/**
 * tl_fftw_check:
 * @dtype: f32 or f64
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_UNSUPPORTED where FFTW is not there for @dtype
 *
 * Returns: whether there will be plans
 */
gboolean
tl_fftw_check (TlDType  dtype,
               GError **error)
{
  return get_fftw (dtype, error) != NULL;
}

static guint
hash_key (gconstpointer key_)
{
  const Key *key = key_;

  return (guint)(key->n * 31 + key->lines) * 31u + (guint)(key->kind * 4 + key->is_f64 * 2 + key->sign);
}

static gboolean
equal_keys (gconstpointer a,
            gconstpointer b)
{
  return memcmp (a, b, sizeof (Key)) == 0;
}

/* The memory that plan and tables may take. */
static gboolean
has_memory (gint64 n)
{
  gpointer block = n < TRIED_POINTS ? NULL : g_try_malloc ((gsize)n * 64);

  g_free (block);
  return n < TRIED_POINTS || block != NULL;
}

/* An estimate reads no arrays: only how they are aligned, and that they are not the same. */
static Entry *
make_entry (const Fftw *fftw,
            const Key  *key)
{
  static _Alignas(64) char x[64], y[64];

  Entry *self = g_new0 (Entry, 1);
  int    n = (int)key->n, lines = (int)key->lines, half = n / 2 + 1;

  self->key = *key;
  self->fftw = fftw;
  self->link.data = self;
  if (key->kind == TL_FFT_COMPLEX) {
    self->plan.plan = fftw->plan_many_dft (1, &n, lines, x, NULL, 1, n, y, NULL, 1, n, key->sign, FFTW_ESTIMATE);
    self->plan.execute = fftw->execute_dft;
  } else if (key->kind == TL_FFT_REAL) {
    self->plan.plan = fftw->plan_many_dft_r2c (1, &n, lines, x, NULL, 1, n, y, NULL, 1, half, FFTW_ESTIMATE);
    self->plan.execute = fftw->execute_dft_r2c;
  } else {
    self->plan.plan = fftw->plan_many_dft_c2r (1, &n, lines, x, NULL, 1, half, y, NULL, 1, n, FFTW_ESTIMATE);
    self->plan.execute = fftw->execute_dft_c2r;
  }
  return self;
}

static void
unref_locked (Entry *self)
{
  if (--self->n_refs > 0)
    return;
  if (self->plan.plan != NULL)
    self->fftw->destroy_plan (self->plan.plan);
  g_free (self);
}

static void
release (gpointer plan)
{
  g_mutex_lock (&lock);
  unref_locked (plan);
  g_mutex_unlock (&lock);
}

static void
forget_locked (Entry *self)
{
  g_queue_unlink (&used, &self->link);
  g_hash_table_remove (entries, &self->key);
  n_points -= self->key.n;
  unref_locked (self);
}

/* Keeps the newest, however large. */
static void
keep_locked (Entry *self)
{
  self->n_refs++;
  g_hash_table_insert (entries, &self->key, self);
  g_queue_push_head_link (&used, &self->link);
  n_points += self->key.n;
  while (used.length > 1 && (n_points > MAX_KEPT_POINTS || used.length > MAX_KEPT_PLANS))
    forget_locked (g_queue_peek_tail (&used));
}

static Entry *
find_locked (const Fftw *fftw,
             const Key  *key)
{
  Entry *self;

  if (entries == NULL)
    entries = g_hash_table_new (hash_key, equal_keys);
  self = g_hash_table_lookup (entries, key);
  if (self != NULL) {
    g_queue_unlink (&used, &self->link);
    g_queue_push_head_link (&used, &self->link);
    self->n_refs++;
    return self;
  }
  if (!has_memory (key->n))
    return NULL;
  self = make_entry (fftw, key);
  self->n_refs = 1;
  if (self->plan.plan == NULL) {
    unref_locked (self);
    return NULL;
  }
  keep_locked (self);
  return self;
}

/**
 * tl_fftw_plan:
 * @arena: keeps the plan as long as its blocks
 * @kind: what is transformed to what
 * @dtype: f32 or f64
 * @sign: of the exponent; of kinds that know real numbers only that counts which FFTW has: -1 of real, 1 of half
 * @n: points, from 1 to %TL_FFTW_MAX_POINTS
 * @lines: how many lines
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_UNSUPPORTED where FFTW is not there; %TL_ERROR_MEMORY
 *
 * Returns: (transfer none): the plan, or %NULL
 */
const TlFftPlan *
tl_fftw_plan (TlArena  *arena,
              TlFftKind kind,
              TlDType   dtype,
              int       sign,
              gint64    n,
              gint64    lines,
              GError  **error)
{
  const Fftw *fftw = get_fftw (dtype, error);
  Key         key = { .n = n, .lines = lines, .kind = (gint32)kind, .is_f64 = dtype == TL_DTYPE_F64, .sign = kind == TL_FFT_COMPLEX ? sign : 0 };
  Entry      *entry;

  if (fftw == NULL)
    return NULL;
  g_mutex_lock (&lock);
  entry = find_locked (fftw, &key);
  g_mutex_unlock (&lock);
  if (entry == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "FFTW has no memory for a transform of %" G_GINT64_FORMAT " points", n);
    return NULL;
  }
  tl_arena_keep (arena, release, entry);
  return &entry->plan;
}
