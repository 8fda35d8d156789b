/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sines of large numbers: what remains of them after all multiples of pi / 2 are taken away, for every finite f64.
 *
 * The functors of functors.h do so with pi / 2 in three parts, which is exact up to TL_TRIG_WIDE.  Beyond, 2 / pi is multiplied bit by bit where
 * it matters (Payne & Hanek 1983, doi:10.1145/1057600.1057602); that is no work for vectors, so loops look for such operands first.
 *
 * Thread rule: any thread.
 */

#include <stdint.h>

#define TL_TRIG_WIDE 0x1p26

/**
 * tl_trig_reduce:
 * @a: a finite number, beyond TL_TRIG_WIDE
 * @r: (out): what remains, from -pi / 4 to pi / 4
 * @tail: (out): what @r lacks by rounding
 *
 * Returns: how many times pi / 2 was taken away; the low two bits mean something
 */
uint64_t tl_trig_reduce (double a, double *r, double *tail);
