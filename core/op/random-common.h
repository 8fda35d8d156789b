/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What random rows share: the call's number as an input, the key as two attributes, and creation rows.
 *
 * The key is (seed, stream): the document's seed and the counter's path.  The call's number comes from a variable, so that a
 * traced step draws other numbers at every run and a checkpoint knows where it was.
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/philox.h"
#include "core/op/common.h"
#include "core/tensor/variable.h"

G_BEGIN_DECLS

enum { TL_RANDOM_ATTR_SHAPE,
       TL_RANDOM_ATTR_LOW,
       TL_RANDOM_ATTR_HIGH,
       TL_RANDOM_ATTR_DTYPE,
       TL_RANDOM_ATTR_SEED,
       TL_RANDOM_ATTR_STREAM };

#define TL_RANDOM_KEY_ATTRS                               \
  { "dtype", "element type: f32 or f64", TL_ATTR_DTYPE }, \
    { "seed", "of the document", TL_ATTR_INT },           \
  {                                                       \
    "stream", "of the owner of the counter", TL_ATTR_INT  \
  }

extern const TlPort   tl_random_ports[];
extern const TlPort   tl_random_out_ports[];
extern const TlSample tl_random_samples[]; /* of rows that need no more than a shape */

/* Rows with the shape and dtype of their operand. */
extern const TlPort     tl_random_like_ports[];
extern const TlAttrSpec tl_random_like_attrs[];
extern const TlSample   tl_random_like_samples[];

gboolean tl_random_infer_call (TlInfer *self,
                               guint    input,
                               GError **error);
gboolean tl_random_infer (TlInfer *self,
                          GError **error);
/* For decompose(): @text of numbers drawn by @source, the letters behind "a" being the distribution's numbers.  @dtype is what is computed
 * in for f32 and less: f64 where a function of f32 is not the same on every instruction set, or has too few of its numbers to take. */
gboolean  tl_random_draw (TlGradient      *self,
                          const TlOpClass *source,
                          TlDType          dtype,
                          const char      *text,
                          GError         **error);
gboolean  tl_random_infer_like (TlInfer *self,
                                GError **error);
gboolean  tl_random_like (TlGradient      *self,
                          const TlOpClass *source,
                          GError         **error);
gboolean  tl_random_prepare (TlPrepare   *self,
                             TlRandomKind kind);
TlTensor *tl_random_begin (TlVariable  *counter,
                           TlAttrValue *seed,
                           TlAttrValue *stream,
                           GError     **error);
TlTensor *tl_random_apply (const TlOpClass *op,
                           guint            rank,
                           const TlDim     *shape,
                           double           low,
                           double           high,
                           TlDType          dtype,
                           TlVariable      *counter,
                           GError         **error);

/* Random numbers in the shape and dtype of @like by tl_op_rand or tl_op_randn; @key: seed and stream */
TlTensor *tl_random_of_shape (const TlOpClass   *op,
                              const TlMeta      *like,
                              TlTensor          *call,
                              const TlAttrValue *key,
                              GError           **error);

G_END_DECLS
