/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What several rows share.
 */

#include "core/kernels/gemm.h"
#include "core/op/ops.h"
#include "core/tensor/tensor-private.h"

G_BEGIN_DECLS

extern const TlPort tl_ports_x[];
extern const TlPort tl_ports_a_b[];

/* An attribute that no user sets: what the kernel does to its result, see TlEpilogue. */
#define TL_ATTR_EPILOGUE                                                              \
  {                                                                                   \
    "epilogue", "what is applied to the result; set when a plan is made", TL_ATTR_INT \
  }

enum {
  TL_EPILOGUE_NONE,
  TL_EPILOGUE_RELU,
  TL_EPILOGUE_RELU_MASK,
};

void tl_gemm_args_set_epilogue (TlGemmArgs *args,
                                gint64      epilogue);

G_END_DECLS
