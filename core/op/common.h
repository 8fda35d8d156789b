/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What several rows share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/base/error.h"
#include "core/graph/expr.h"
#include "core/kernels/gemm.h"
#include "core/op/ops.h"
#include "core/tensor/tensor-private.h"

G_BEGIN_DECLS

extern const TlPort tl_ports_none[];
extern const TlPort tl_ports_x[];
extern const TlPort tl_ports_a_b[];

/* The names of TlReduction. */
extern const char *const tl_reduction_names[];

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

/* Whether the optional input @i is there; works on TlInfer, TlPrepare and TlGradient. */
#define tl_has_in(self, i) ((self)->n_in > (guint)(i) && (self)->in[i] != NULL)
/* Its place in a kernel's data. */
#define tl_operand_in(prepare, i) (tl_has_in (prepare, i) ? TL_OPERAND_IN (i) : TL_OPERAND_NONE)

/* Shape of an attribute with whole numbers: value @i of one that repeats when only one is given. */
gint64 tl_attr_pair (const TlAttrValue *value,
                     guint              i);

/*
 * An elementwise expression over inputs named a, b, c, ... h.  For decompose() and for gradients that are seldom asked for: the text is
 * read at each call.  An input that is NULL, because what should have made it failed, gives NULL and leaves @error alone, and so does an
 * @error that is set already.
 */
TlTensor *tl_map_text (const char *text,
                       GError    **error,
                       guint       n_in,
                       ...);

/*
 * The same with numbers, named by the letters behind those of the inputs.  A number in the text and one given here are the same
 * bits, planned or not; a tensor of a number is rounded to the dtype of the others before it is computed with.
 */
TlTensor *tl_map_numbers (const char      *text,
                          TlTensor *const *in,
                          guint            n_in,
                          const double    *numbers,
                          guint            n_numbers,
                          GError         **error);

/* The infer() of rows whose output is like their first input, which must be floating. */
gboolean tl_infer_float (TlInfer *self,
                         GError **error);

/*
 * For decompose(): what infer() says of the outputs, into @out (array length=n_out).
 */
gboolean tl_decompose_infer (const TlGradient *self,
                             TlMeta           *out,
                             GError          **error);

/* The axis @axis of @rank axes, counted from the start. */
static inline guint
tl_axis (gint64 axis,
         guint  rank)
{
  return (guint)(axis < 0 ? axis + MAX (rank, 1) : axis);
}

/* A decompose() by a reshape into what infer() says. */
gboolean tl_decompose_reshape (TlGradient *self,
                               GError    **error);

/* The mean or sum over all elements or nothing, as a loss wants it; passes NULL on. */
TlTensor *tl_reduce_loss (TlTensor   *rows,
                          TlReduction reduction,
                          GError    **error);

G_END_DECLS
