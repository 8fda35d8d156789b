/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Element types.  The numbers are written into files and must not change.
 *
 * Thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

typedef enum {
  TL_DTYPE_F32 = 0,
  TL_DTYPE_F64 = 1,
  TL_DTYPE_F16 = 2,
  TL_DTYPE_BF16 = 3,
  TL_DTYPE_I8 = 4,
  TL_DTYPE_U8 = 5,
  TL_DTYPE_I32 = 6,
  TL_DTYPE_I64 = 7,
  TL_DTYPE_BOOL = 8,
} TlDType;

#define TL_N_DTYPES 9

static inline size_t
tl_dtype_size (TlDType dtype)
{
  static const uint8_t sizes[TL_N_DTYPES] = { 4, 8, 2, 2, 1, 1, 4, 8, 1 };
  return sizes[dtype];
}
