/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/ops.h"

static const TlOpClass *const rows[] = {
#define TL_OP(name) &tl_op_##name,
#define TL_OP_UNARY(name) &tl_op_##name,
#define TL_OP_BINARY(name) &tl_op_##name,
#include "core/op/ops.def"
#undef TL_OP
#undef TL_OP_UNARY
#undef TL_OP_BINARY
};

#define TL_OP(name)
#define TL_OP_UNARY(name)                                    \
  TlTensor *tl_##name (TlTensor *x,                          \
                       GError  **error)                      \
  {                                                          \
    return tl_op_apply1 (&tl_op_##name, &x, 1, NULL, error); \
  }
#define TL_OP_BINARY(name)                                   \
  TlTensor *tl_##name (TlTensor *a,                          \
                       TlTensor *b,                          \
                       GError  **error)                      \
  {                                                          \
    TlTensor *in[] = { a, b };                               \
                                                             \
    return tl_op_apply1 (&tl_op_##name, in, 2, NULL, error); \
  }
#include "core/op/ops.def"

__attribute__ ((constructor)) static void
register_rows (void)
{
  tl_op_register_table (rows, G_N_ELEMENTS (rows));
}
