/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/cpu.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[TL_N_CPU_LEVELS] = { "base", "avx2", "avx512" };

/* What the build has and the machine runs. */
static bool
is_usable (TlCpuLevel level)
{
  switch (level) {
#if defined(TL_HAVE_BASE)
  case TL_CPU_BASE:
    return true;
#endif
#if defined(TL_HAVE_AVX2)
  case TL_CPU_AVX2:
    __builtin_cpu_init ();
    return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("f16c") &&
           __builtin_cpu_supports ("bmi2");
#endif
#if defined(TL_HAVE_AVX512)
  case TL_CPU_AVX512:
    __builtin_cpu_init ();
    return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") &&
           __builtin_cpu_supports ("avx512dq") && __builtin_cpu_supports ("avx512vl") &&
           __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("f16c") && __builtin_cpu_supports ("bmi2");
#endif
  default:
    return false;
  }
}

TlCpuLevel
tl_cpu_level_available (void)
{
  int level = TL_N_CPU_LEVELS - 1;

  while (level > 0 && !is_usable ((TlCpuLevel)level))
    level--;
  return (TlCpuLevel)level;
}

static TlCpuLevel
masked_level (void)
{
  TlCpuLevel  level = tl_cpu_level_available ();
  const char *mask = getenv ("TL_CPU");

  if (mask)
    for (int i = 0; i < (int)level; i++)
      if (strcmp (mask, level_names[i]) == 0 && is_usable ((TlCpuLevel)i))
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
