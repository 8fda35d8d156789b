/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"

#include <stddef.h>

extern const TlKernels tl_kernels_table_base;
#if defined(TL_HAVE_AVX2)
extern const TlKernels tl_kernels_table_avx2;
#endif
#if defined(TL_HAVE_AVX512)
extern const TlKernels tl_kernels_table_avx512;
#endif

const TlKernels *
tl_kernels_get_level (TlCpuLevel level)
{
  if (level > tl_cpu_level_available ())
    return NULL;
#if defined(TL_HAVE_AVX512)
  if (level == TL_CPU_AVX512)
    return &tl_kernels_table_avx512;
#endif
#if defined(TL_HAVE_AVX2)
  if (level == TL_CPU_AVX2)
    return &tl_kernels_table_avx2;
#endif
  return &tl_kernels_table_base;
}

const TlKernels *
tl_kernels_get (void)
{
  return tl_kernels_get_level (tl_cpu_level ());
}
