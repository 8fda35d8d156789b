/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { STEP,
       DILATION,
       LENGTH };

static const TlPort ports[] = { { "x", "windows `[..., n, size]`, floating", TL_PORT_CONTIGUOUS }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "step", "distance of windows", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 9.2e18 },
  { "dilation", "distance of the elements of a window", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 9.2e18 },
  { "length", "size of the result", TL_ATTR_INTS, .required = TRUE, .n = 1 },
  { NULL },
};

typedef struct {
  gboolean is_f32;
  gint64   lines, n, size, step, dilation, length;
  gint64   block, n_blocks; /* of a line */
} Args;

static void
measure (const void *args_,
         TlWork     *work)
{
  const Args *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (gsize)(args->lines * args->n_blocks) } };
}

/* Each element of the result by itself, its terms in the order of places in the window. */
#define ADD(T)                                                                                                           \
  static void add_##T (const Args *args, const T *x, T *y, gint64 first, gint64 end)                                     \
  {                                                                                                                      \
    for (gint64 p = first; p < end; p++) {                                                                               \
      T      sum = 0;                                                                                                    \
      gint64 from = p - (args->n - 1) * args->step;                                                                      \
                                                                                                                         \
      for (gint64 j = from <= 0 ? 0 : (from - 1) / args->dilation + 1; j < args->size && j * args->dilation <= p; j++) { \
        gint64 rest = p - j * args->dilation;                                                                            \
                                                                                                                         \
        if (rest % args->step == 0 && rest / args->step < args->n)                                                       \
          sum += x[rest / args->step * args->size + j];                                                                  \
      }                                                                                                                  \
      y[p] = sum;                                                                                                        \
    }                                                                                                                    \
  }
ADD (float)
ADD (double)

static void
run (const void  *args_,
     void *const *data,
     void        *workspace,
     unsigned     phase,
     size_t       tile,
     void        *scratch)
{
  const Args *args = args_;
  gint64      line = (gint64)tile / args->n_blocks, first = (gint64)tile % args->n_blocks * args->block;
  gint64      end = MIN (args->length, first + args->block), x = line * args->n * args->size, y = line * args->length;

  if (args->is_f32)
    add_float (args, (const float *)data[0] + x, (float *)data[1] + y, first, end);
  else
    add_double (args, (const double *)data[0] + x, (double *)data[1] + y, first, end);
}

static const TlKernel kernel = { measure, run };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_float (self, 0, error))
    return FALSE;
  if (!tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  for (guint i = 0; i + 2 < x->rank; i++)
    shape[i] = x->shape[i];
  shape[x->rank - 2] = self->attrs[LENGTH].v[0];
  tl_infer_out (self, 0, x->dtype, x->rank - 1u, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  Args         *args = tl_prepare_args (self, Args);
  const TlMeta *x = self->in[0];
  gint64        span;

  args->is_f32 = x->dtype == TL_DTYPE_F32;
  args->n = x->shape[x->rank - 2];
  args->size = x->shape[x->rank - 1];
  args->step = self->attrs[STEP].i;
  args->dilation = self->attrs[DILATION].i;
  args->length = self->out[0].shape[self->out[0].rank - 1];
  args->lines = args->length > 0 ? tl_meta_get_n_elements (&self->out[0]) / args->length : 0;
  span = MIN (args->size, args->length);
  args->block = MAX (64, 200000 / MAX (1, span));
  args->n_blocks = (args->length + args->block - 1) / args->block;
  self->kernel = &kernel;
  return TRUE;
}

/* The sizes of padding behind the gradient, so that all windows are there. */
static gboolean
pad_behind (TlGradient  *self,
            TlDim        span,
            TlAttrValue *behind,
            GError     **error)
{
  const TlMeta *x = &self->in[0]->meta;
  TlDim         length = self->attrs[LENGTH].v[0];
  TlDim         needed = tl_dim_add (tl_dim_mul (tl_dim_sub (x->shape[x->rank - 2], 1), self->attrs[STEP].i), span);
  gboolean      known = !tl_dim_is_symbolic (needed) && !tl_dim_is_symbolic (length);

  if (needed == TL_DIM_INVALID) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "overlap_add: windows at a distance of %" G_GINT64_FORMAT " reach too far", self->attrs[STEP].i);
    return FALSE;
  }
  *behind = (TlAttrValue)TL_INTS2 (0, known ? needed - length : tl_dim_sub (needed, length));
  return TRUE;
}

/* Windows again.  Those that reach beyond the end have zeros there. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  gint64               dilation = self->attrs[DILATION].i;
  TlDim                size = x->shape[x->rank - 1], span = tl_dim_add (tl_dim_mul (tl_dim_sub (size, 1), dilation), 1);
  g_autoptr (TlTensor) padded = NULL;
  g_autoptr (TlTensor) windows = NULL;
  TlAttrValue          pad[] = { { 0 }, TL_INT (0), TL_FLOAT (0) };
  const TlAttrValue    unfold[] = { TL_INT (-1), TL_INT (span), self->attrs[STEP] };

  if (x->shape[x->rank - 2] == 0 || size == 0) {
    self->dx[0] = tl_zeros (x->rank, x->shape, x->dtype, error);
    return self->dx[0] != NULL;
  }
  if (!pad_behind (self, span, &pad[0], error))
    return FALSE;
  padded = pad[0].v[1] == 0 ? tl_tensor_ref (self->dy[0]) : tl_op_apply1 (&tl_op_pad, self->dy, 1, pad, error);
  windows = padded != NULL ? tl_op_apply1 (&tl_op_unfold, &padded, 1, unfold, error) : NULL;
  if (windows != NULL)
    self->dx[0] = dilation > 1 ? tl_slice (windows, -1, 0, G_MAXINT64, dilation, error) : g_steal_pointer (&windows);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "4,3", "length = {6}" },
  { "2,3,4", "step = 2, length = {9}" },
  { "3,2", "step = 3, dilation = 2, length = {7}" },
  { "2,3", "length = {5}, step = 4" },
  { "1,1", "length = {1}" },
  { "0,3", "length = {2}" },
  { "2,0,3", "length = {2}" },
  { NULL },
};

const TlOpClass tl_op_overlap_add = {
  .name = "overlap_add",
  .group = "shape",
  .doc = "Windows added where they overlap: the gradient of unfold.",
  .formula = "y[p] = sum over i, j with p = i step + j dilation of x[i, j]",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
};
