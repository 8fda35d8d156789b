/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/average.h"

#include <string.h>

#include "core/graph/context.h"
#include "core/op/common.h"

struct _TlAverage {
  double       decay;
  guint        n;
  TlVariable **parameters; /* owned */
  TlVariable **averages;   /* owned */
};

/**
 * tl_average_new:
 * @parameters: (array length=n): what is averaged
 * @n: their number
 * @decay: share of the old average in the new one, from 0 to below 1
 * @error: return location for an error
 *
 * The average starts as the parameters are.  Its variables have the paths "average.PARAMETER".
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): the average, or %NULL
 */
TlAverage *
tl_average_new (TlVariable *const *parameters,
                guint              n,
                double             decay,
                GError           **error)
{
  g_autoptr (TlAverage) self = g_new0 (TlAverage, 1);

  self->decay = decay;
  self->n = n;
  self->parameters = g_new0 (TlVariable *, n + 1);
  self->averages = g_new0 (TlVariable *, n + 1);
  for (guint i = 0; i < n; i++) {
    g_autofree char *path = g_strconcat ("average.", tl_variable_get_path (parameters[i]), NULL);

    self->parameters[i] = tl_variable_ref (parameters[i]);
    self->averages[i] = tl_variable_new (path, TL_VARIABLE_STATE, tl_variable_get_value (parameters[i]), error);
    if (self->averages[i] == NULL)
      return NULL;
  }
  return g_steal_pointer (&self);
}

/**
 * tl_average_free:
 * @self: (transfer full) (nullable): an average
 */
void
tl_average_free (TlAverage *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->n; i++) {
    g_clear_pointer (&self->parameters[i], tl_variable_unref);
    g_clear_pointer (&self->averages[i], tl_variable_unref);
  }
  g_free (self->parameters);
  g_free (self->averages);
  g_free (self);
}

/**
 * tl_average_update:
 * @self: an average
 * @error: return location for an error
 *
 * Takes the parameters as they are into the average: at once, or in the traced step.
 *
 * Errors: %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED
 *
 * Returns: whether it worked
 */
gboolean
tl_average_update (TlAverage *self,
                   GError   **error)
{
  TlContext           *context = tl_context_get ();
  gboolean             grad_enabled = tl_context_set_grad_enabled (context, FALSE);
  g_autoptr (TlTensor) share = tl_tensor_new_number (1 - self->decay, FALSE);
  gboolean             ok = TRUE;

  for (guint i = 0; ok && i < self->n; i++) {
    g_autoptr (TlTensor) average = tl_read (self->averages[i]);
    g_autoptr (TlTensor) parameter = tl_read (self->parameters[i]);
    g_autoptr (TlTensor) next = tl_map_text ("a + c * (b - a)", error, 3, average, parameter, share);

    ok = next != NULL && tl_assign (self->averages[i], next, error);
  }
  tl_context_set_grad_enabled (context, grad_enabled);
  return ok;
}

static gboolean
is_writable (TlVariable *variable,
             GError    **error)
{
  return tl_variable_begin_write (variable, error) != NULL || tl_tensor_get_n_elements (tl_variable_get_value (variable)) == 0;
}

static void
exchange (guint8 *a,
          guint8 *b,
          gsize   n_bytes)
{
  guint8 block[4096];

  for (gsize at = 0; at < n_bytes; at += sizeof block) {
    gsize n = MIN (sizeof block, n_bytes - at);

    memcpy (block, a + at, n);
    memcpy (a + at, b + at, n);
    memcpy (b + at, block, n);
  }
}

/**
 * tl_average_swap:
 * @self: an average
 * @error: return location for an error
 *
 * Exchanges parameters and averages.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_average_swap (TlAverage *self,
                 GError   **error)
{
  /* What can fail comes first: either all are exchanged or none. */
  for (guint i = 0; i < self->n; i++)
    if (!is_writable (self->parameters[i], error) || !is_writable (self->averages[i], error))
      return FALSE;
  for (guint i = 0; i < self->n; i++) {
    TlTensor *value = tl_variable_get_value (self->parameters[i]);

    exchange (tl_variable_begin_write (self->parameters[i], NULL), tl_variable_begin_write (self->averages[i], NULL),
              tl_tensor_get_n_elements (value) * tl_dtype_size (tl_tensor_get_dtype (value)));
  }
  return TRUE;
}

/**
 * tl_average_foreach_variable:
 * @self: an average
 * @func: (scope call): called for each of its own variables; %FALSE stops
 * @user_data: for @func
 */
void
tl_average_foreach_variable (TlAverage *self,
                             gboolean (*func) (TlVariable *variable,
                                               gpointer    user_data),
                             gpointer user_data)
{
  for (guint i = 0; i < self->n; i++)
    if (!func (self->averages[i], user_data))
      return;
}
