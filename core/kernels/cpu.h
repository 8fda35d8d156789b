/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which instruction sets this machine and the environment allow.
 *
 * Levels are ordered: each contains the ones below.  AVX2 means AVX2, FMA, F16C and BMI2; AVX512 means F, BW, DQ and VL on top.
 * The environment variable TL_CPU=base|avx2|avx512 masks levels downwards; it never enables what the machine lacks.
 *
 * Thread rule: any thread.
 */

typedef enum {
  TL_CPU_BASE,
  TL_CPU_AVX2,
  TL_CPU_AVX512,
} TlCpuLevel;

#define TL_N_CPU_LEVELS 3

/**
 * tl_cpu_level:
 *
 * Returns: the highest level that the machine, the build and `TL_CPU` allow; the same for the life of the process
 */
TlCpuLevel tl_cpu_level (void);

/**
 * tl_cpu_level_available:
 *
 * Returns: the highest level that the machine and the build allow, whatever `TL_CPU` says
 */
TlCpuLevel tl_cpu_level_available (void);

/**
 * tl_cpu_level_name:
 * @level: a level
 *
 * Returns: its name as in `TL_CPU`, such as "avx2"
 */
const char *tl_cpu_level_name (TlCpuLevel level);
