/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/norm-common.h"

const TlPort tl_norm_grad_out_ports[] = { { "dx", "" }, { "dweight", "" }, { "dbias", "" }, { NULL } };

/* Inputs 0 to 2 of every normalisation with a gradient kernel are x, weight, bias. */
gint64
tl_norm_wanted (const TlGradient *self)
{
  gint64 wanted = 0;

  for (guint i = 0; i < 3; i++)
    if (tl_has_in (self, i) && self->needs[i])
      wanted |= 1 << i;
  return wanted;
}

/* A gradient that is not wanted has no elements. */
void
tl_norm_infer_grads (TlInfer      *self,
                     const TlMeta *x,
                     guint         rank,
                     const TlDim  *weight_shape,
                     gint64        wanted)
{
  static const TlDim none[] = { 0 };

  tl_meta_init_like (&self->out[0], x->dtype, x);
  if ((wanted & 1) == 0)
    tl_infer_out (self, 0, x->dtype, 1, none);
  for (guint i = 1; i < 3; i++)
    if ((wanted >> i & 1) != 0)
      tl_infer_out (self, i, x->dtype, rank, weight_shape);
    else
      tl_infer_out (self, i, x->dtype, 1, none);
}

gint
tl_norm_operand_grad (const TlPrepare *self,
                      guint            i,
                      gint64           wanted)
{
  return (wanted >> i & 1) != 0 ? TL_OPERAND_OUT (i) : TL_OPERAND_NONE;
}

/* Hands the wanted ones of three gradients on. */
void
tl_norm_set_grad_data (TlPrepare *self,
                       gint64     wanted)
{
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), TL_OPERAND_IN (2), TL_OPERAND_IN (3), tl_operand_in (self, 4),
                   tl_norm_operand_grad (self, 0, wanted), tl_norm_operand_grad (self, 1, wanted), tl_norm_operand_grad (self, 2, wanted));
}

void
tl_norm_take_grads (TlGradient *self,
                    TlTensor  **grads,
                    gint64      wanted)
{
  for (guint i = 0; i < 3; i++)
    if ((wanted >> i & 1) != 0)
      self->dx[i] = grads[i];
    else
      tl_tensor_unref (grads[i]);
}

/* Inputs @first and the @n behind it, where given, have one element per channel. */
gboolean
tl_batch_norm_check (TlInfer *self,
                     guint    first,
                     guint    n,
                     GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 2, 5, error))
    return FALSE;
  for (guint i = first; i < first + n; i++) {
    if (!tl_has_in (self, i))
      continue;
    if (!tl_infer_need_rank (self, i, 1, 1, error) || !tl_infer_need_same_dtype (self, 0, i, error))
      return FALSE;
    if (self->in[i]->shape[0] != x->shape[1]) {
      g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s has %" G_GINT64_FORMAT " elements for the channels of %s",
                            self->op->in[i].name, self->in[i]->shape[0], shape);
    }
  }
  return TRUE;
}

/* Dense channels-last memory, or two axes with any strides. */
static void
set_strides (const TlMeta *meta,
             gint64        s,
             gint64       *stride_n,
             gint64       *stride_c,
             gint64       *stride_s)
{
  gboolean flat = meta->rank == 2;

  *stride_n = flat ? meta->strides[0] : meta->shape[1] * s;
  *stride_c = flat ? meta->strides[1] : 1;
  *stride_s = meta->shape[1];
}

/* @y: description of y or dy; dx lies as a new tensor like @x does */
void
tl_batch_norm_fill_args (TlBatchNormArgs *args,
                         const TlMeta    *x,
                         const TlMeta    *y,
                         double           eps)
{
  TlMeta dx;

  args->dtype = x->dtype;
  args->n = x->shape[0];
  args->c = x->shape[1];
  args->s = 1;
  for (guint i = 2; i < x->rank; i++)
    args->s *= x->shape[i];
  tl_meta_init_like (&dx, x->dtype, x);
  set_strides (x, args->s, &args->x_n, &args->x_c, &args->x_s);
  set_strides (y, args->s, &args->y_n, &args->y_c, &args->y_s);
  set_strides (&dx, args->s, &args->dx_n, &args->dx_c, &args->dx_s);
  args->eps = eps;
}

/* All axes but the channels'. */
guint
tl_batch_norm_axes (const TlMeta *x,
                    gint         *axes)
{
  guint n = 0;

  for (guint i = 0; i < x->rank; i++)
    if (i != 1)
      axes[n++] = (gint)i;
  return n;
}

/* [c] as [1, c, 1, ...]; passes NULL on. */
TlTensor *
tl_batch_norm_spread (TlTensor     *of_channels,
                      const TlMeta *x,
                      GError      **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];

  if (of_channels == NULL)
    return NULL;
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i == 1 ? x->shape[1] : 1;
  return tl_reshape (of_channels, x->rank, shape, error);
}

TlTensor *
tl_norm_groups (TlTensor *x,
                TlDim     n_groups,
                double    eps,
                TlTensor *weight,
                TlTensor *bias,
                GError  **error)
{
  const TlMeta        *meta = &x->meta;
  TlDim                shape[2] = { tl_dim_mul (meta->shape[0], n_groups), n_groups == 0 ? 0 : tl_dim_div_exact (meta->shape[1], n_groups) };
  g_autoptr (TlTensor) rows = NULL;
  g_autoptr (TlTensor) normal = NULL;
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) scale = tl_batch_norm_spread (weight, meta, error);
  g_autoptr (TlTensor) shift = tl_batch_norm_spread (bias, meta, error);

  for (guint i = 2; i < meta->rank; i++)
    shape[1] = tl_dim_mul (shape[1], meta->shape[i]);
  rows = tl_reshape (x, 2, shape, error);
  normal = rows != NULL ? tl_layer_norm (rows, 1, NULL, NULL, eps, error) : NULL;
  y = normal != NULL ? tl_reshape (normal, meta->rank, meta->shape, error) : NULL;
  if (y == NULL || (weight != NULL && scale == NULL) || (bias != NULL && shift == NULL))
    return NULL;
  if (scale != NULL && shift != NULL)
    return tl_map_text ("a * b + c", error, 3, y, scale, shift);
  if (scale != NULL)
    return tl_mul (y, scale, error);
  if (shift != NULL)
    return tl_add (y, shift, error);
  return g_steal_pointer (&y);
}
