/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

const TlPort tl_ports_x[] = { { "x", "any tensor" }, { NULL } };
const TlPort tl_ports_a_b[] = { { "a", "first operand" }, { "b", "second operand, broadcast against it" }, { NULL } };

void
tl_gemm_args_set_epilogue (TlGemmArgs *args,
                           gint64      epilogue)
{
  args->activation = epilogue == TL_EPILOGUE_RELU ? TL_ACTIVATION_RELU : TL_ACTIVATION_NONE;
  args->relu_mask = epilogue == TL_EPILOGUE_RELU_MASK;
}
