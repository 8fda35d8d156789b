/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sends a reduction to the dtype it computes in: the halves to f32, integers and bool to i64.
 */

#include "core/kernels/isa.h"
#include "core/kernels/reduce.h"

void TL_ISA_NAME (tl_reduce_measure) (const void *args, TlWork *work);
void TL_ISA_NAME (tl_reduce_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

#define TYPED(name, type) TL_PASTE3 (name, type, TL_ISA)
#define DECLARE(type)                                                    \
  void TYPED (tl_reduce_measure, type) (const void *args, TlWork *work); \
  void TYPED (tl_reduce_run, type) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
DECLARE (f32)
DECLARE (f64)
DECLARE (i64)

void
TL_ISA_NAME (tl_reduce_measure) (const void *args, TlWork *work)
{
  TlDType dtype = ((const TlReduceArgs *)args)->dtype;

  if (dtype == TL_DTYPE_F64)
    TYPED (tl_reduce_measure, f64)
  (args, work);
  else if (dtype < TL_DTYPE_I8)
    TYPED (tl_reduce_measure, f32) (args, work);
  else TYPED (tl_reduce_measure, i64) (args, work);
}

void
TL_ISA_NAME (tl_reduce_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  TlDType dtype = ((const TlReduceArgs *)args)->dtype;

  if (dtype == TL_DTYPE_F64)
    TYPED (tl_reduce_run, f64)
  (args, data, workspace, phase, tile, scratch);
  else if (dtype < TL_DTYPE_I8)
    TYPED (tl_reduce_run, f32) (args, data, workspace, phase, tile, scratch);
  else TYPED (tl_reduce_run, i64) (args, data, workspace, phase, tile, scratch);
}
