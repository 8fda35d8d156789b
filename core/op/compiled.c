/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/compiled-private.h"

#include "core/graph/expr-compiled.h"
#include "core/kernels/cpu.h"

/* The functions of the machine's level become known when the library is loaded; the interpreter serves the base level. */
__attribute__ ((constructor)) static void
register_compiled (void)
{
  const TlCompiledMap *f32 = NULL, *f64 = NULL;
  TlCompiledRow       *rows;

#if defined(TL_HAVE_AVX512)
  if (tl_cpu_level () == TL_CPU_AVX512) {
    f32 = tl_compiled_f32_avx512;
    f64 = tl_compiled_f64_avx512;
  }
#endif
#if defined(TL_HAVE_AVX2)
  if (tl_cpu_level () == TL_CPU_AVX2) {
    f32 = tl_compiled_f32_avx2;
    f64 = tl_compiled_f64_avx2;
  }
#endif
  if (f32 == NULL)
    return;
  rows = g_new (TlCompiledRow, tl_n_compiled_programs);
  for (guint i = 0; i < tl_n_compiled_programs; i++)
    rows[i] = (TlCompiledRow){ &tl_compiled_programs[i], f32[i], f64[i] };
  tl_expr_register_compiled (rows, tl_n_compiled_programs);
}
