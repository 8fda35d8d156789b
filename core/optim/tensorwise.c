/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/tensorwise.h"

#include "core/op/ops.h"

/* Sums of all elements; %NULL where an earlier call failed. */
TlTensor *
tl_sum_all (TlTensor *x,
            GError  **error)
{
  return x != NULL ? tl_sum (x, NULL, 0, FALSE, error) : NULL;
}

/* What the gradients are multiplied by: the share that clipping leaves, and the sign. */
static TlTensor *
make_scale (TlOptimizerStep *step,
            GError         **error)
{
  gint                 maximize = tl_attr_find (step->klass->attrs, "maximize");
  double               sign = maximize >= 0 && step->attrs[maximize].i != 0 ? -1 : 1;
  g_autoptr (TlTensor) limit = tl_tensor_new_number (step->max_norm, FALSE);
  g_autoptr (TlTensor) signed_one = tl_tensor_new_number (sign, FALSE);

  if (step->sum_of_squares == NULL)
    return g_steal_pointer (&signed_one);
  return tl_step_eval (step, "sign_of * min (1, limit / (sqrt (squares) + 0.000001))", "squares limit sign_of", error, step->sum_of_squares, limit,
                       signed_one);
}

static void
tensor_step_clear (TlTensorStep *self,
                   guint         n)
{
  g_clear_pointer (&self->g, tl_tensor_unref);
  for (guint i = 0; i < n; i++) {
    g_clear_pointer (&self->now[i], tl_tensor_unref);
    g_clear_pointer (&self->next[i], tl_tensor_unref);
  }
}

/**
 * tl_tensorwise_step:
 * @step: the step
 * @update: (scope call): sets the new values of one parameter and its slots
 * @error: return location for an error
 *
 * Nothing is assigned before everything is computed.
 *
 * Errors: as @update's
 *
 * Returns: whether it worked
 */
gboolean
tl_tensorwise_step (TlOptimizerStep *step,
                    gboolean (*update) (TlTensorStep *self,
                                        GError      **error),
                    GError **error)
{
  guint                 n_each = 1 + step->n_slots;
  g_autoptr (TlTensor)  scale = make_scale (step, error);
  g_autoptr (TlTensor)  t = tl_cast (step->step, TL_DTYPE_F64, error);
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref);
  gboolean              ok = scale != NULL && t != NULL;

  for (guint i = 0; ok && i < step->n; i++) {
    TlTensorStep self = { .step = step, .path = tl_variable_get_path (step->targets[i]), .lr = step->lr, .t = t };

    for (guint j = 0; j < n_each; j++)
      self.now[j] = tl_read (step->targets[j * step->n + i]);
    self.g = tl_step_eval (step, "g * scale", "g scale", error, step->grads[i], scale);
    ok = self.g != NULL && update (&self, error);
    for (guint j = 0; ok && j < n_each; j++)
      g_ptr_array_add (made, g_steal_pointer (&self.next[j]));
    tensor_step_clear (&self, n_each);
  }
  for (guint i = 0; ok && i < step->n; i++)
    for (guint j = 0; ok && j < n_each; j++)
      ok = tl_assign (step->targets[j * step->n + i], made->pdata[i * n_each + j], error);
  return ok;
}
