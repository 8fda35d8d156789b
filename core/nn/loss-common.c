/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/loss-common.h"

#include "core/op/common.h"

const char *const tl_loss_reductions[] = { "none", "mean", "sum", NULL };

gboolean
tl_loss_get_factor (TlLayerForward *self,
                    guint           input,
                    guint           attr,
                    TlTensor      **tensor,
                    GError        **error)
{
  const TlAttrValue   *numbers = &self->attrs[attr];
  TlDim                n = numbers->n;
  g_autoptr (TlTensor) list = NULL;

  *tensor = NULL;
  if (input < self->n_in && self->in[input] != NULL) {
    *tensor = tl_tensor_ref (self->in[input]);
    return TRUE;
  }
  if (n == 0)
    return TRUE;
  list = tl_tensor_new_from_data (TL_DTYPE_F64, 1, &n, numbers->list, error);
  *tensor = list != NULL ? tl_cast (list, tl_tensor_get_dtype (self->in[0]), error) : NULL;
  return *tensor != NULL;
}

gboolean
tl_loss_apply (TlLayerForward  *self,
               TlTensor *const *in,
               guint            n_in,
               GError         **error)
{
  TlTensor *all[TL_LAYER_MAX_IN] = { NULL };
  guint     n_ports = tl_op_get_n_ports (self->op->in), n = n_in;
  gboolean  ok = TRUE;

  for (guint i = 0; i < n_ports && ok; i++) {
    gint attr = tl_attr_find (self->klass->attrs, self->op->in[i].name);

    if (i < n_in && in[i] != NULL)
      all[i] = tl_tensor_ref (in[i]);
    else if (attr >= 0)
      ok = tl_loss_get_factor (self, G_MAXUINT, (guint)attr, &all[i], error);
    if (all[i] != NULL)
      n = MAX (n, i + 1);
  }
  ok = ok && tl_layer_apply (self, all, n, error);
  for (guint i = 0; i < n_ports; i++)
    g_clear_pointer (&all[i], tl_tensor_unref);
  return ok;
}

gboolean
tl_loss_forward (TlLayerForward *self,
                 GError        **error)
{
  return tl_loss_apply (self, self->in, self->n_in, error);
}
