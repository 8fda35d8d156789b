/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>

#include "core/op/linalg-common.h"

/* The first that can be opened; TL_LAPACK names another one. */
static const char *const libraries[] = { "libopenblas.so.0", "liblapack.so.3", "libopenblas.so", "liblapack.so", NULL };

static const struct {
  const char *name;
  gsize       offset;
} functions[] = {
  { "getrf_", G_STRUCT_OFFSET (TlLapack, getrf) },
  { "getrs_", G_STRUCT_OFFSET (TlLapack, getrs) },
  { "potrf_", G_STRUCT_OFFSET (TlLapack, potrf) },
  { "gelqf_", G_STRUCT_OFFSET (TlLapack, gelqf) },
  { "orglq_", G_STRUCT_OFFSET (TlLapack, orglq) },
  { "gesdd_", G_STRUCT_OFFSET (TlLapack, gesdd) },
  { "syevd_", G_STRUCT_OFFSET (TlLapack, syevd) },
  { "trsm_", G_STRUCT_OFFSET (TlLapack, trsm) },
  { "gemm_", G_STRUCT_OFFSET (TlLapack, gemm) },
};

typedef struct {
  TlLapack of[2]; /* f32, f64 */
  char    *problem;
} Loaded;

static gboolean
find_functions (Loaded *self,
                void   *library)
{
  for (guint type = 0; type < 2; type++)
    for (guint i = 0; i < G_N_ELEMENTS (functions); i++) {
      g_autofree char *name = g_strdup_printf ("%c%s", "sd"[type], functions[i].name);
      void            *function = dlsym (library, name);

      if (function == NULL)
        return FALSE;
      *(void **)((char *)&self->of[type] + functions[i].offset) = function;
    }
  return TRUE;
}

static gboolean
try_library (Loaded     *self,
             const char *name)
{
  void *library = dlopen (name, RTLD_NOW | RTLD_LOCAL);
  void (*set_threads) (int);

  if (library == NULL)
    return FALSE;
  if (!find_functions (self, library)) {
    dlclose (library);
    return FALSE;
  }
  /* Threads are the engine's, which gives each of them another matrix. */
  *(void **)&set_threads = dlsym (library, "openblas_set_num_threads");
  if (set_threads != NULL)
    set_threads (1);
  return TRUE;
}

static gpointer
load (gpointer data)
{
  Loaded     *self = g_new0 (Loaded, 1);
  const char *chosen = g_getenv ("TL_LAPACK");

  if (chosen != NULL) {
    if (!try_library (self, chosen))
      self->problem = g_strdup_printf ("LAPACK cannot be opened: TL_LAPACK is %s", chosen);
    return self;
  }
  for (guint i = 0; libraries[i] != NULL; i++)
    if (try_library (self, libraries[i]))
      return self;
  self->problem = g_strdup_printf ("LAPACK is not installed: neither %s (Debian: libopenblas0) nor %s can be opened", libraries[0], libraries[1]);
  return self;
}

/**
 * tl_lapack_get:
 * @dtype: f32 or f64
 * @error: return location for an error
 *
 * Opens LAPACK at the first call.
 *
 * Errors: %TL_ERROR_UNSUPPORTED where there is none
 *
 * Returns: (transfer none): its functions, or %NULL
 */
const TlLapack *
tl_lapack_get (TlDType  dtype,
               GError **error)
{
  static GOnce  once = G_ONCE_INIT;
  const Loaded *loaded = g_once (&once, load, NULL);

  if (loaded->problem == NULL)
    return &loaded->of[dtype == TL_DTYPE_F64];
  g_set_error_literal (error, TL_ERROR, TL_ERROR_UNSUPPORTED, loaded->problem);
  return NULL;
}
