/* SPDX-License-Identifier: Apache-2.0 */
#include "graph-util.h"

#include <string.h>

TlTensor *
random_tensor (TlDType      dtype,
               guint        rank,
               const TlDim *shape,
               guint32      seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  TlTensor         *tensor = tl_tensor_new (dtype, rank, shape, NULL);
  gpointer          data = tl_tensor_peek_data (tensor);

  for (gsize i = 0; i < tl_tensor_get_n_elements (tensor); i++)
    if (dtype == TL_DTYPE_F32)
      ((float *)data)[i] = (float)g_rand_double_range (rand, -1, 1);
    else
      ((double *)data)[i] = g_rand_double_range (rand, -1, 1);
  return tensor;
}

TlTensor *
random_classes (gint64  n,
                gint64  n_classes,
                guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  TlTensor         *tensor = tl_tensor_new (TL_DTYPE_I64, 1, &n, NULL);

  for (gint64 i = 0; i < n; i++)
    ((gint64 *)tl_tensor_peek_data (tensor))[i] = g_rand_int_range (rand, 0, (gint32)n_classes);
  return tensor;
}

void
mlp_init (Mlp    *self,
          TlDType dtype,
          gint64  n_in,
          gint64  n_hidden,
          gint64  n_out)
{
  static const char *const names[] = { "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias" };
  const TlDim              shapes[4][2] = { { n_hidden, n_in }, { n_hidden }, { n_out, n_hidden }, { n_out } };

  for (guint i = 0; i < 4; i++) {
    g_autoptr (TlTensor) value = random_tensor (dtype, i % 2 == 0 ? 2 : 1, shapes[i], i + 1);

    self->params[i] = tl_variable_new (names[i], TL_VARIABLE_PARAMETER, value, NULL);
  }
}

void
mlp_clear (Mlp *self)
{
  for (guint i = 0; i < 4; i++)
    tl_variable_unref (self->params[i]);
}

TlTensor *
mlp_loss (Mlp      *self,
          TlTensor *x,
          TlTensor *target,
          GError  **error)
{
  g_autoptr (TlTensor) w1 = tl_read (self->params[0]);
  g_autoptr (TlTensor) b1 = tl_read (self->params[1]);
  g_autoptr (TlTensor) w2 = tl_read (self->params[2]);
  g_autoptr (TlTensor) b2 = tl_read (self->params[3]);
  g_autoptr (TlTensor) hidden = tl_linear (x, w1, b1, error);
  g_autoptr (TlTensor) active = hidden != NULL ? tl_relu (hidden, error) : NULL;
  g_autoptr (TlTensor) logits = active != NULL ? tl_linear (active, w2, b2, error) : NULL;

  return logits != NULL ? tl_cross_entropy (logits, target, TL_REDUCTION_MEAN, error) : NULL;
}

void
assert_same_bits (TlTensor *a,
                  TlTensor *b)
{
  gsize n = tl_tensor_get_n_elements (a) * tl_dtype_size (tl_tensor_get_dtype (a));

  g_assert_true (tl_meta_same_shape (tl_tensor_get_meta (a), tl_tensor_get_meta (b)));
  g_assert_cmpmem (tl_tensor_peek_data (a), n, tl_tensor_peek_data (b), n);
}

double
number_of (TlTensor *tensor)
{
  g_assert_nonnull (tensor);
  g_assert_cmpuint (tl_tensor_get_n_elements (tensor), ==, 1);
  return tl_tensor_peek_element (tensor, 0);
}
