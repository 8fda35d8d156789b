/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"

#include <stddef.h>

#if defined(TL_HAVE_BASE)
extern const TlKernels tl_kernels_table_base;
#endif
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
#if defined(TL_HAVE_BASE)
  if (level == TL_CPU_BASE)
    return &tl_kernels_table_base;
#endif
  return NULL;
}

const TlKernels *
tl_kernels_get (void)
{
  return tl_kernels_get_level (tl_cpu_level ());
}
