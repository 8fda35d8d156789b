/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The scalar functions of functors.def: fn_NAME_TYPE, all static inline, without branches or calls, so that loops over
 * them become vectors at every instruction set and the last elements of a loop get the same bits as the first.
 *
 *     functors-f64.h   fn_exp_f64      within 4 ulp
 *     functors-special.h         the rarer ones of f64; erfc and erfinv 16 ulp, lgamma 1e-14 absolutely
 *     functors-f32.h   fn_exp_f32      within 2 ulp in the normal range (pow, tan, erf: 4)
 *     functors-int.h   fn_add_i32, fn_add_i64, fn_add_u8 (bool)
 *
 * FN (exp) is the one for TL_TYPE.  sin, cos and tan keep their accuracy up to |x| = 2^26 and are those of 0 beyond it; programs, which
 * look for such operands, have another way for them (trig-wide.h).
 *
 * fma is spelt fma_f32() and fma_f64(): an instruction where the level has one, else a product and a sum.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/isa.h"

#include "core/kernels/functors-f64.h"
#include "core/kernels/functors-f32.h"
#include "core/kernels/functors-int.h"

#define FN(name) TL_PASTE3 (fn, name, TL_TYPE)
#define FN_FMA TL_PASTE2 (fma, TL_TYPE)
