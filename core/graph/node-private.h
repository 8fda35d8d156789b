/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "core/graph/context-private.h"
#include "core/graph/expr.h"
#include "core/graph/node.h"
#include "core/kernels/index.h"
#include "core/tensor/tensor-private.h"
#include "core/tensor/variable-private.h"

G_BEGIN_DECLS

typedef struct {
  TlMeta     meta;
  TlTensor  *handle;  /* not owned: the tensor handed out, while it lives */
  TlStorage *storage; /* owned; for gradients that read the output */
} TlNodeOut;

/* See core/graph/function.h. */
typedef struct _TlFunction TlFunction;

/*
 * One block of memory: the struct, then in, out and attrs.
 */
struct _TlNode {
  TlProducer       producer; /* must be first */
  const TlOpClass *op;
  TlExpr          *expr;     /* owned; of an elementwise operation */
  TlFunction      *function; /* owned; of tl_op_function */
  TlResultType     result;   /* of an elementwise operation */
  guint64          serial;   /* rises with time: a node's inputs have smaller ones */
  TlSource         source;
  guint64          trace_id; /* of the trace that records it, or 0 */
  gboolean         keeps;    /* a gradient may be asked for */
  guint            again;    /* number of the repetition it belongs to, or 0 */
  guint            n_in;
  guint            n_out;
  guint            n_attrs;
  TlTensor       **in; /* owned; NULL where an optional input is not given, all NULL after backward */
  TlNodeOut       *out;
  TlAttrValue     *attrs;
  TlTensor       **dy;    /* owned; while backward() runs */
  GArray          *parts; /* owned, nullable: gradients of parts of outputs, likewise */
};

extern const TlOpClass tl_op_map;
extern const TlOpClass tl_op_alias;
extern const TlOpClass tl_op_copy;
extern const TlOpClass tl_op_sum_to;
extern const TlOpClass tl_op_leaf;
extern const TlOpClass tl_op_function;

typedef enum {
  TL_LAYOUT_CONTIGUOUS,
  TL_LAYOUT_CHANNELS_LAST,
} TlLayout;

typedef struct {
  const TlOpClass   *op;
  TlExpr            *expr; /* of an elementwise operation */
  TlResultType       result;
  TlTensor *const   *in;
  guint              n_in;
  const TlAttrValue *attrs;
  guint              n_attrs;
} TlNodeInit;

TlNode   *tl_node_new (const TlNodeInit *init,
                       guint             n_out);
TlTensor *tl_node_get_output (TlNode *self,
                              guint   output);
void      tl_node_release (TlNode *self);
void      tl_node_finish (TlContext        *context,
                          const TlNodeInit *init,
                          const TlMeta     *metas,
                          TlStorage *const *storages,
                          gboolean          keeps,
                          TlTensor        **out,
                          guint             n_out);
gboolean  tl_node_apply (const TlNodeInit *init,
                         TlTensor        **out,
                         guint             n_out,
                         GError          **error);
gboolean  tl_kernel_prepare (TlPrepare *prepare,
                             TlWork    *work,
                             GError   **error);
gboolean  tl_dtype_is_half (TlDType dtype);
gboolean  tl_kernel_widen (TlPrepare *prepare,
                           GError   **error);
void      tl_kernel_bind_data (const TlPrepare *prepare,
                               void *const     *in,
                               void *const     *out,
                               TlIndexError    *index_error,
                               void           **data);
gboolean  tl_kernel_check_index (const TlOpClass    *op,
                                 const TlSource     *source,
                                 const TlIndexError *index_error,
                                 GError            **error);
TlExpr   *tl_op_get_expr (const TlOpClass   *op,
                          const TlAttrValue *attrs,
                          guint              needs,
                          GError           **error);
TlExpr   *tl_op_peek_expr (const TlOpClass   *op,
                           const TlAttrValue *attrs,
                           guint              needs,
                           GError           **error);
TlDType   tl_map_compute_dtype (const TlMeta *const *in,
                                guint                n_in,
                                TlResultType         result);
gboolean  tl_map_infer (const TlOpClass     *op,
                        const TlMeta *const *in,
                        guint                n_in,
                        TlResultType         result,
                        TlMeta              *out,
                        guint                n_out,
                        GError             **error);
gboolean  tl_node_infer (const TlOpClass     *op,
                         gboolean             is_map,
                         TlResultType         result,
                         const TlMeta *const *in,
                         guint                n_in,
                         const TlAttrValue   *attrs,
                         TlMeta              *out,
                         guint                n_out,
                         GError             **error);
void      tl_node_measure (const TlOpClass     *op,
                           const TlMeta *const *in,
                           guint                n_in,
                           const TlAttrValue   *attrs,
                           TlMeta              *out,
                           guint                n_out,
                           TlCost              *cost);
TlExpr   *tl_expr_once (TlExpr    **expr,
                        guint       n_in,
                        const char *text);
gboolean  tl_map_prepare (TlPrepare *self,
                          GError   **error);
gboolean  tl_map_gradient (TlGradient *self,
                           GError    **error);

gboolean tl_op_decompose (const TlGradient *self,
                          GError          **error);

TlTensor *tl_copy (TlTensor *tensor,
                   TlDType   dtype,
                   TlLayout  layout,
                   GError  **error);
TlTensor *tl_sum_to (TlTensor     *tensor,
                     const TlMeta *like,
                     GError      **error);
gboolean  tl_accumulate (TlTensor **sum,
                         TlTensor  *part,
                         GError   **error);
TlTensor *tl_zeros_like (TlTensor *tensor,
                         GError  **error);

void     tl_function_unref (TlFunction *self);
gboolean tl_function_is_repeated (const TlFunction *self);
gboolean tl_function_repeat (TlFunction      *self,
                             TlTensor *const *in,
                             guint            n_in,
                             TlTensor       **out,
                             guint           *n_out,
                             GError         **error);
gboolean tl_function_get_gradient (TlFunction      *self,
                                   TlTensor *const *in,
                                   guint            n_in,
                                   TlTensor *const *out,
                                   TlTensor *const *dy,
                                   guint            n_out,
                                   TlTensor       **dx,
                                   GError         **error);

/* core/graph/finite.c */
typedef enum {
  TL_HAS_NAN = 1 << 0,
  TL_HAS_INF = 1 << 1,
} TlNonfinite;

extern const TlKernel tl_find_nonfinite_half; /* as TlKernels.find_nonfinite, of 16-bit tensors */

TlNonfinite tl_find_nonfinite (const TlMeta *meta,
                               gconstpointer data);
TlNonfinite tl_blame_nonfinite (const TlOpClass *op,
                                TlNonfinite      in,
                                TlNonfinite      out);
void        tl_set_nonfinite_error (const TlOpClass *op,
                                    const TlMeta    *meta,
                                    const TlSource  *source,
                                    TlNonfinite      made,
                                    const char      *consequence,
                                    GError         **error);
char       *tl_source_to_string (const TlSource *source);

guint64   tl_trace_get_id (TlTrace *trace);
TlTensor *tl_trace_capture (TlTrace  *trace,
                            TlTensor *tensor);
TlTensor *tl_trace_read (TlTrace    *trace,
                         TlVariable *variable);
void      tl_trace_assign (TlTrace    *trace,
                           TlVariable *variable,
                           TlTensor   *value);
void      tl_trace_add_node (TlTrace *trace,
                             TlNode  *node);
TlTensor *tl_trace_read_grad (TlTrace    *trace,
                              TlVariable *variable);
void      tl_trace_set_grad (TlTrace    *trace,
                             TlVariable *variable,
                             TlTensor   *grad);

G_END_DECLS
