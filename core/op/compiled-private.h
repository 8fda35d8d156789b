/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What compile-exprs writes.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/program.h"

extern const unsigned  tl_n_compiled_programs;
extern const TlProgram tl_compiled_programs[];

#if defined(TL_HAVE_AVX2)
extern const TlCompiledMap tl_compiled_f32_avx2[];
extern const TlCompiledMap tl_compiled_f64_avx2[];
#endif
#if defined(TL_HAVE_AVX512)
extern const TlCompiledMap tl_compiled_f32_avx512[];
extern const TlCompiledMap tl_compiled_f64_avx512[];
#endif
