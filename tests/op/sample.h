/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Cases from the text of TlSample: a row with operands and attributes.
 *
 *     shapes   "3,4; i64:4<5"     [3, 4] of the tested dtype; i64 [4] of whole numbers below 5
 *              "3,4; -; 4"        an optional operand between others that is not given
 *     attrs    "dim = {0}, keepdim = true"
 *
 * The values of the floating operands stand in doubles that f32 can hold, so that cases of both dtypes are the same numbers.
 */

#include "core/op/ops.h"
#include "core/tensor/variable.h"

#define CASE_MAX_IN 16

typedef enum {
  LAYOUT_CONTIGUOUS,
  LAYOUT_PERMUTED, /* the first axis fastest */
  LAYOUT_GAPS,     /* every second element */
  LAYOUT_REPEATED, /* one element everywhere: other values than the rest */
  N_LAYOUTS,
} CaseLayout;

typedef struct {
  TlDType     dtype;
  guint       rank;
  TlDim       shape[TL_TENSOR_MAX_RANK];
  gsize       n;
  gboolean    is_missing;
  gboolean    is_tested; /* of the tested dtype: gradients are checked */
  double     *values;
  TlVariable *variable; /* of a tested operand */
} CaseOperand;

typedef struct {
  const TlOpClass *op;
  TlDType          dtype;
  guint            n_in;
  CaseOperand      in[CASE_MAX_IN];
  TlAttrValue      attrs[TL_OP_MAX_ATTRS];
} Case;

Case     *case_new (const TlOpClass *op,
                    const TlSample  *sample,
                    TlDType          dtype);
void      case_free (Case *self);
TlTensor *case_get_operand (Case      *self,
                            guint      operand,
                            CaseLayout layout);
void      case_update_variables (Case *self);
guint     case_get_n_out (Case *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Case, case_free)
