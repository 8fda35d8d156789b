/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The table of kernels: one TlKernel per row of kernels.def, chosen once for the machine's instruction set.
 *
 *     const TlKernels *kernels = tl_kernels_get ();
 *     kernels->softmax_forward.measure (&args, &work);
 *     kernels->softmax_forward.run (&args, data, workspace, phase, tile, scratch);
 *
 * Argument structs start with the dtype they compute in, where they have one; the headers beside this one describe them.
 * Tables are constant and live as long as the library.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/cpu.h"
#include "core/kernels/work.h"

typedef struct {
  TlCpuLevel level;
#define TL_KERNEL_ISA(name, Args) TlKernel name;
#define TL_KERNEL_FLOAT(name, Args) TlKernel name;
#define TL_KERNEL_TYPE(name, Args) TlKernel name;
#include "core/kernels/kernels.def"
#undef TL_KERNEL_ISA
#undef TL_KERNEL_FLOAT
#undef TL_KERNEL_TYPE
} TlKernels;

/**
 * tl_kernels_get:
 *
 * Returns: (transfer none): the table of tl_cpu_level()
 */
const TlKernels *tl_kernels_get (void);

/**
 * tl_kernels_get_level:
 * @level: an instruction set
 *
 * For tests and for verification against another instruction set.
 *
 * Returns: (transfer none) (nullable): the table of @level, or %NULL where the machine or the build lacks it
 */
const TlKernels *tl_kernels_get_level (TlCpuLevel level);
