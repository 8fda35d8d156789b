/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/loss-scale.h"

#include "core/graph/trace.h"
#include "core/op/ops.h"

struct _TlLossScale {
  TlVariable *scale; /* f32 without axes */
  TlVariable *good;  /* i64 without axes: steps since the scale was changed */
};

/**
 * tl_loss_scale_new:
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): a scale of %TL_LOSS_SCALE_START, or %NULL
 */
TlLossScale *
tl_loss_scale_new (GError **error)
{
  g_autoptr (TlLossScale) self = g_new0 (TlLossScale, 1);
  const float             start = TL_LOSS_SCALE_START;
  const gint64            none = 0;
  g_autoptr (TlTensor)    scale = tl_tensor_new_from_data (TL_DTYPE_F32, 0, NULL, &start, error);
  g_autoptr (TlTensor)    good = scale != NULL ? tl_tensor_new_from_data (TL_DTYPE_I64, 0, NULL, &none, error) : NULL;

  if (good == NULL)
    return NULL;
  self->scale = tl_variable_new ("loss_scale.scale", TL_VARIABLE_STATE, scale, error);
  self->good = self->scale != NULL ? tl_variable_new ("loss_scale.good_steps", TL_VARIABLE_STATE, good, error) : NULL;
  return self->good != NULL ? g_steal_pointer (&self) : NULL;
}

/**
 * tl_loss_scale_free:
 * @self: (transfer full) (nullable): a scale
 */
void
tl_loss_scale_free (TlLossScale *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->scale, tl_variable_unref);
  g_clear_pointer (&self->good, tl_variable_unref);
  g_free (self);
}

/**
 * tl_loss_scale_get:
 * @self: a scale
 *
 * Returns: what the loss of the next step is multiplied by
 */
double
tl_loss_scale_get (TlLossScale *self)
{
  return tl_tensor_peek_element (tl_variable_get_value (self->scale), 0);
}

/**
 * tl_loss_scale_foreach_variable:
 * @self: a scale
 * @func: called with each variable that a checkpoint must hold
 * @user_data: for @func
 */
void
tl_loss_scale_foreach_variable (TlLossScale *self,
                                gboolean (*func) (TlVariable *variable,
                                                  gpointer    user_data),
                                gpointer user_data)
{
  if (func (self->scale, user_data))
    func (self->good, user_data);
}

/**
 * tl_loss_scale_apply:
 * @self: a scale
 * @loss: a loss
 * @error: return location for an error
 *
 * Returns: (transfer full): what backward() is to begin from, or %NULL
 */
TlTensor *
tl_loss_scale_apply (TlLossScale *self,
                     TlTensor    *loss,
                     GError     **error)
{
  g_autoptr (TlTensor) scale = tl_read (self->scale);

  return tl_mul (loss, scale, error);
}

typedef struct {
  TlTensor *inverse;
  GError  **error;
  gboolean  ok;
} Unscale;

static gboolean
unscale_cb (TlVariable *variable,
            gpointer    user_data)
{
  Unscale             *self = user_data;
  g_autoptr (TlTensor) grad = tl_trace_get_grad (variable);
  g_autoptr (TlTensor) plain = NULL;

  if (grad == NULL)
    return TRUE;
  plain = tl_mul (grad, self->inverse, self->error);
  self->ok = plain != NULL;
  if (plain != NULL)
    tl_trace_put_grad (variable, plain);
  return self->ok;
}

/**
 * tl_loss_scale_unapply:
 * @self: a scale
 * @optimizer: whose parameters have gradients of a scaled loss
 * @error: return location for an error
 *
 * Divides the gradients, at once or in the traced step.
 *
 * Returns: whether it worked
 */
gboolean
tl_loss_scale_unapply (TlLossScale *self,
                       TlOptimizer *optimizer,
                       GError     **error)
{
  g_autoptr (TlTensor) scale = tl_read (self->scale);
  g_autoptr (TlTensor) inverse = tl_reciprocal (scale, error);
  Unscale              unscale = { inverse, error, TRUE };

  if (inverse == NULL)
    return FALSE;
  tl_optimizer_foreach_parameter (optimizer, unscale_cb, &unscale);
  return unscale.ok;
}

static gboolean
set (TlLossScale *self,
     double       scale,
     gint64       good,
     GError     **error)
{
  float  *scale_data = tl_variable_begin_write (self->scale, error);
  gint64 *good_data = scale_data != NULL ? tl_variable_begin_write (self->good, error) : NULL;

  if (good_data == NULL)
    return FALSE;
  *scale_data = (float)scale;
  *good_data = good;
  return TRUE;
}

/**
 * tl_loss_scale_count_good:
 * @self: a scale
 * @error: return location for an error
 *
 * Tells it that a step was taken.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_loss_scale_count_good (TlLossScale *self,
                          GError     **error)
{
  double scale = tl_loss_scale_get (self);
  gint64 good = (gint64)tl_tensor_peek_element (tl_variable_get_value (self->good), 0) + 1;

  if (good >= TL_LOSS_SCALE_INTERVAL) {
    scale = MIN (2 * scale, TL_LOSS_SCALE_MOST);
    good = 0;
  }
  return set (self, scale, good, error);
}

/**
 * tl_loss_scale_count_overflow:
 * @self: a scale
 * @is_real: (out): whether the scale is not to blame; then it stays
 * @error: return location for an error
 *
 * Tells it that a step was not taken because of a NaN or Inf.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_loss_scale_count_overflow (TlLossScale *self,
                              gboolean    *is_real,
                              GError     **error)
{
  double scale = tl_loss_scale_get (self);

  *is_real = scale <= 1;
  return *is_real || set (self, scale / 2, 0, error);
}
