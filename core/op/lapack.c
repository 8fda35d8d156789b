/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>

#include "core/op/library.h"
#include "core/op/linalg-common.h"

static const char *const files[] = { "libopenblas.so.0", "liblapack.so.3", "libopenblas.so", "liblapack.so", NULL };
static const char *const prefixes[] = { "s", "d", NULL };

static const TlLibraryFunction functions[] = {
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

static const TlLibrary lapack = {
  .name = "LAPACK",
  .package = "libopenblas0",
  .variable = "TL_LAPACK",
  .files = files,
  .prefixes = prefixes,
  .functions = functions,
  .n_functions = G_N_ELEMENTS (functions),
  .table_bytes = sizeof (TlLapack),
};

typedef struct {
  TlLapack of[2]; /* f32, f64 */
  char    *problem;
} Loaded;

static gpointer
load (gpointer data)
{
  Loaded  *self = g_new0 (Loaded, 1);
  gpointer library = tl_library_open (&lapack, self->of, &self->problem);
  void (*set_threads) (int) = NULL;

  /* Threads are the engine's, which gives each of them another matrix. */
  if (library != NULL)
    *(gpointer *)&set_threads = dlsym (library, "openblas_set_num_threads");
  if (set_threads != NULL)
    set_threads (1);
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
