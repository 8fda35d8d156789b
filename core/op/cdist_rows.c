/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/kernels/distance.h"
#include "core/kernels/kernels.h"
#include "core/op/cdist-common.h"

enum { P };

static const TlPort ports[] = {
  { "a", "`[..., m, d]`, floating", TL_PORT_CONTIGUOUS },
  { "b", "`[..., n, d]`, same dtype and leading sizes", TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = { { "p", "order of the norm: 1 or 2", TL_ATTR_FLOAT, .def = { .d = 2 }, .has_range = TRUE, .min = 1, .max = 2 }, { NULL } };

TlTensor *
tl_norm_of_differences (TlTensor *a,
                        TlTensor *b,
                        double    p,
                        GError  **error)
{
  const TlAttrValue    values[] = { TL_INTS1 (-1), TL_INT (FALSE), TL_FLOAT (p) };
  g_autoptr (TlTensor) rows = tl_unsqueeze (a, -2, error);
  g_autoptr (TlTensor) columns = rows != NULL ? tl_unsqueeze (b, -3, error) : NULL;
  g_autoptr (TlTensor) difference = columns != NULL ? tl_sub (rows, columns, error) : NULL;

  return difference != NULL ? tl_op_apply1 (&tl_op_norm, &difference, 1, values, error) : NULL;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0], *b = self->in[1];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error) ||
      !tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error) || !tl_infer_need_rank (self, 1, a->rank, a->rank, error))
    return FALSE;
  memcpy (shape, a->shape, a->rank * sizeof *shape);
  shape[a->rank - 2] = b->shape[b->rank - 2];
  if (memcmp (shape, b->shape, b->rank * sizeof *shape) != 0) {
    g_autofree char *rows = tl_shape_to_string (a->shape, a->rank);
    g_autofree char *columns = tl_shape_to_string (b->shape, b->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "leading or last sizes of %s and %s differ", rows, columns);
  }
  shape[a->rank - 2] = a->shape[a->rank - 2];
  shape[a->rank - 1] = b->shape[b->rank - 2];
  tl_infer_out (self, 0, a->dtype, a->rank, shape);
  return TRUE;
}

static void
fill_args (const TlMeta      *a,
           const TlMeta      *b,
           const TlAttrValue *p,
           TlDistanceArgs    *args)
{
  args->dtype = a->dtype;
  args->norm = p->d == 2 ? TL_DISTANCE_ROOT : TL_DISTANCE_SUM;
  args->batch = 1;
  for (guint i = 0; i + 2 < a->rank; i++)
    args->batch *= a->shape[i];
  args->m = a->shape[a->rank - 2];
  args->n = b->shape[b->rank - 2];
  args->d = a->shape[a->rank - 1];
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  fill_args (self->in[0], self->in[1], &self->attrs[P], tl_prepare_args (self, TlDistanceArgs));
  self->kernel = &tl_kernels_get ()->distance_forward;
  return TRUE;
}

/* Where two vectors are the same the distance has no slope, and it is 0. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlAttrValue    values[2][2] = { { self->attrs[P], TL_INT (FALSE) }, { self->attrs[P], TL_INT (TRUE) } };
  g_autoptr (TlTensor) w = NULL;

  w = self->attrs[P].d == 2 ? tl_map_text ("select (b > 0, a / select (b > 0, b, 1), 0 * b)", error, 2, self->dy[0], self->out[0])
                            : tl_tensor_ref (self->dy[0]);
  for (guint i = 0; i < 2 && w != NULL; i++) {
    if (!self->needs[i])
      continue;
    self->dx[i] = tl_op_apply1 (&tl_op_cdist_grad, (TlTensor *[]){ self->in[i], self->in[1 - i], w }, 3, values[i], error);
    if (self->dx[i] == NULL)
      return FALSE;
  }
  return w != NULL;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_norm_of_differences (self->in[0], self->in[1], self->attrs[P].d, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4; 5,4" },
  { "2,3,2; 2,66,2", "p = 1", .kinks = "0" },
  { "1,260; 2,260" },
  { "70,1; 2,1" },
  { "2,3; 0,3" },
  { "3,0; 2,0" },
  { "1,1; 1,1" },
  { NULL },
};

const TlOpClass tl_op_cdist_rows = {
  .name = "cdist_rows",
  .group = "linear algebra",
  .doc = "Distances between all pairs of vectors, without their differences in memory.",
  .formula = "y[i, j] = |a[i] - b[j]|, in the norm of order p",
  .source = "Minkowski 1896, Geometrie der Zahlen",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .decompose = decompose,
  .samples = samples,
};

/* Its gradient, as an operation of its own. */

static const TlPort grad_ports[] = {
  { "a", "whose gradient it is", TL_PORT_CONTIGUOUS },
  { "b", "the other", TL_PORT_CONTIGUOUS },
  { "w", "weights of the pairs, in the order of the forward pass", TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec grad_attrs[] = {
  { "p", "order of the norm: 1 or 2", TL_ATTR_FLOAT, .def = { .d = 2 }, .has_range = TRUE, .min = 1, .max = 2 },
  { "turned", "whether a was the second", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  TlDistanceArgs *args = tl_prepare_args (self, TlDistanceArgs);

  fill_args (self->in[0], self->in[1], &self->attrs[P], args);
  args->w_row = self->attrs[1].i ? 1 : args->n;
  args->w_column = self->attrs[1].i ? args->m : 1;
  self->kernel = &tl_kernels_get ()->distance_backward;
  return TRUE;
}

static gboolean
grad_infer (TlInfer *self,
            GError **error)
{
  tl_infer_out_like (self, 0, self->in[0]->dtype, 0);
  return TRUE;
}

const TlOpClass tl_op_cdist_grad = {
  .name = "cdist_grad",
  .doc = "Gradient of cdist_rows.",
  .in = grad_ports,
  .attrs = grad_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = grad_infer,
  .prepare = grad_prepare,
};
