/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The table of one instruction set.  Rows that exist per dtype get a small function that goes by the dtype at the head of the
 * argument struct.
 */

#include "core/kernels/isa.h"
#include "core/kernels/kernels.h"

#if defined(TL_ISA_AVX512)
#  define TABLE_LEVEL TL_CPU_AVX512
#elif defined(TL_ISA_AVX2)
#  define TABLE_LEVEL TL_CPU_AVX2
#else
#  define TABLE_LEVEL TL_CPU_BASE
#endif

#define TYPED(name, type) TL_PASTE3 (name, type, TL_ISA)

#define MEASURE_PARAMS const void *args, TlWork *work
#define RUN_PARAMS const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch
#define RUN_ARGS args, data, workspace, phase, tile, scratch

#define DECLARE_TYPED(name, type)                          \
  void TYPED (tl_##name##_measure, type) (MEASURE_PARAMS); \
  void TYPED (tl_##name##_run, type) (RUN_PARAMS);

#define CASE_MEASURE(name, DTYPE, type) \
  case DTYPE:                           \
    TYPED (tl_##name##_measure, type)   \
    (args, work);                       \
    break;
#define CASE_RUN(name, DTYPE, type) \
  case DTYPE:                       \
    TYPED (tl_##name##_run, type)   \
    (RUN_ARGS);                     \
    break;

#define CASES_FLOAT(name, CASE) CASE (name, TL_DTYPE_F32, f32) CASE (name, TL_DTYPE_F64, f64)
#define CASES_TYPE(name, CASE)   \
  CASES_FLOAT (name, CASE)       \
  CASE (name, TL_DTYPE_I32, i32) \
  CASE (name, TL_DTYPE_I64, i64) \
  case TL_DTYPE_BOOL:            \
    CASE (name, TL_DTYPE_U8, u8)

#define DISPATCH(name, CASES)                 \
  static void name##_measure (MEASURE_PARAMS) \
  {                                           \
    *work = (TlWork){ 0 };                    \
    switch (*(const TlDType *)args) {         \
      CASES (name, CASE_MEASURE)              \
    default:                                  \
      break;                                  \
    }                                         \
  }                                           \
  static void name##_run (RUN_PARAMS)         \
  {                                           \
    switch (*(const TlDType *)args) {         \
      CASES (name, CASE_RUN)                  \
    default:                                  \
      break;                                  \
    }                                         \
  }

#define TL_KERNEL_ISA(name, Args)                          \
  void TL_ISA_NAME (tl_##name##_measure) (MEASURE_PARAMS); \
  void TL_ISA_NAME (tl_##name##_run) (RUN_PARAMS);
#define TL_KERNEL_FLOAT(name, Args) DECLARE_TYPED (name, f32) DECLARE_TYPED (name, f64) DISPATCH (name, CASES_FLOAT)
#define TL_KERNEL_TYPE(name, Args) \
  DECLARE_TYPED (name, f32)        \
  DECLARE_TYPED (name, f64)        \
  DECLARE_TYPED (name, i32)        \
  DECLARE_TYPED (name, i64)        \
  DECLARE_TYPED (name, u8)         \
  DISPATCH (name, CASES_TYPE)
#include "core/kernels/kernels.def"
#undef TL_KERNEL_ISA
#undef TL_KERNEL_FLOAT
#undef TL_KERNEL_TYPE

extern const TlKernels TL_ISA_NAME (tl_kernels_table);
const TlKernels        TL_ISA_NAME (tl_kernels_table) = {
         .level = TABLE_LEVEL,
#define TL_KERNEL_ISA(name, Args) .name = { TL_ISA_NAME (tl_##name##_measure), TL_ISA_NAME (tl_##name##_run) },
#define TL_KERNEL_FLOAT(name, Args) .name = { name##_measure, name##_run },
#define TL_KERNEL_TYPE(name, Args) .name = { name##_measure, name##_run },
#include "core/kernels/kernels.def"
};
