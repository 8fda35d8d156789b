/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[TL_N_CPU_LEVELS] = { "base", "avx2", "avx512" };

TlCpuLevel
tl_cpu_level_available (void)
{
#if defined(TL_HAVE_AVX2)
  __builtin_cpu_init ();
  if (!(__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("f16c") &&
        __builtin_cpu_supports ("bmi2")))
    return TL_CPU_BASE;
#  if defined(TL_HAVE_AVX512)
  if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") &&
      __builtin_cpu_supports ("avx512dq") && __builtin_cpu_supports ("avx512vl"))
    return TL_CPU_AVX512;
#  endif
  return TL_CPU_AVX2;
#else
  return TL_CPU_BASE;
#endif
}

static TlCpuLevel
masked_level (void)
{
  TlCpuLevel  level = tl_cpu_level_available ();
  const char *mask = getenv ("TL_CPU");

  if (mask)
    for (int i = 0; i < TL_N_CPU_LEVELS; i++)
      if (strcmp (mask, level_names[i]) == 0 && i < (int)level)
        return (TlCpuLevel)i;
  return level;
}

TlCpuLevel
tl_cpu_level (void)
{
  /* Two threads may both compute it; they store the same value. */
  static _Atomic int cached = -1;
  int                level = atomic_load_explicit (&cached, memory_order_relaxed);

  if (level < 0) {
    level = (int)masked_level ();
    atomic_store_explicit (&cached, level, memory_order_relaxed);
  }
  return (TlCpuLevel)level;
}

const char *
tl_cpu_level_name (TlCpuLevel level)
{
  return level_names[level];
}
