/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/op/case.h"

#include <math.h>
#include <string.h>

#include "core/graph/autodiff.h"

gboolean
case_output_counts (const Case     *self,
                    guint           output,
                    const TlTensor *tensor)
{
  guint n = self->op->out != NULL ? tl_op_get_n_ports (self->op->out) : 0; /* the last port may stand for several */

  if (n > 0 && (self->op->out[MIN (output, n - 1)].flags & TL_PORT_NODIFF) != 0)
    return FALSE;
  return tl_dtype_is_float (tl_tensor_get_dtype (tensor));
}

gboolean
case_input_counts (const Case *self,
                   guint       input)
{
  guint n = tl_op_get_n_ports (self->op->in);

  return self->in[input].is_tested && (self->op->in[MIN (input, n - 1)].flags & TL_PORT_NODIFF) == 0;
}

/* Fixed numbers between 0.5 and 1.5, so that no element of a gradient is lost in a sum. */
TlTensor *
case_make_weights (const TlTensor *like,
                   guint           seed)
{
  g_autoptr (GRand)  rand = g_rand_new_with_seed (seed);
  g_autoptr (GError) error = NULL;
  TlTensor          *weights = tl_tensor_new (tl_tensor_get_dtype (like), tl_tensor_get_rank (like), tl_tensor_get_shape (like), &error);
  gsize              n = tl_tensor_get_n_elements (weights);

  g_assert_no_error (error);
  for (gsize i = 0; i < n; i++) {
    float value = (float)g_rand_double_range (rand, 0.5, 1.5);

    if (tl_tensor_get_dtype (weights) == TL_DTYPE_F64)
      ((double *)tl_tensor_peek_data (weights))[i] = value;
    else
      ((float *)tl_tensor_peek_data (weights))[i] = value;
  }
  return weights;
}

/* Weights for traced tensors need their shape only. */
TlTensor *
case_weigh (TlTensor *tensor,
            guint     seed,
            GError  **error)
{
  g_autoptr (TlTensor) weights = NULL;
  g_autoptr (TlTensor) product = NULL;

  weights = case_make_weights (tensor, seed);
  product = tl_mul (tensor, weights, error);
  return product != NULL ? tl_sum (product, NULL, 0, FALSE, error) : NULL;
}

void
case_unref_all (TlTensor **tensors,
                guint      n)
{
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&tensors[i], tl_tensor_unref);
}

/* Operands as values of variables, so that gradients flow. */
void
case_read_operands (Case      *self,
                    TlTensor **in)
{
  for (guint i = 0; i < self->n_in; i++)
    in[i] = case_input_counts (self, i) ? tl_read (self->in[i].variable) : case_get_operand (self, i, LAYOUT_CONTIGUOUS);
}

guint
case_apply (Case      *self,
            TlTensor **in,
            TlTensor **out)
{
  g_autoptr (GError) error = NULL;
  guint              n_out = case_get_n_out (self);

  tl_op_apply (self->op, in, self->n_in, self->attrs, out, n_out, &error);
  g_assert_no_error (error);
  return n_out;
}

/* The weighted sum of all results through which gradients flow, or NULL. */
TlTensor *
case_make_loss (Case      *self,
                TlTensor **out,
                guint      n_out)
{
  g_autoptr (TlTensor) loss = NULL;
  g_autoptr (GError)   error = NULL;

  for (guint i = 0; i < n_out; i++) {
    g_autoptr (TlTensor) part = NULL;
    g_autoptr (TlTensor) old = NULL;

    if (!case_output_counts (self, i, out[i]) || !tl_tensor_requires_grad (out[i]))
      continue;
    part = case_weigh (out[i], 100 + i, &error);
    g_assert_no_error (error);
    old = g_steal_pointer (&loss);
    loss = old != NULL ? tl_add (old, part, &error) : g_steal_pointer (&part);
    g_assert_no_error (error);
  }
  return g_steal_pointer (&loss);
}

guint
case_wanted_inputs (Case      *self,
                    TlTensor **in,
                    TlTensor **wanted,
                    guint     *numbers)
{
  guint n = 0;

  for (guint i = 0; i < self->n_in; i++)
    if (case_input_counts (self, i)) {
      numbers[n] = i;
      wanted[n++] = in[i];
    }
  return n;
}

/* Results and first gradients, all that a case computes; NULL for a gradient that is zero. */
guint
case_compute (Case      *self,
              TlTensor **results)
{
  TlTensor            *in[CASE_MAX_IN] = { NULL }, *wanted[CASE_MAX_IN];
  guint                numbers[CASE_MAX_IN];
  guint                n_out, n_wanted;
  g_autoptr (TlTensor) loss = NULL;
  g_autoptr (GError)   error = NULL;

  case_read_operands (self, in);
  n_out = case_apply (self, in, results);
  n_wanted = case_wanted_inputs (self, in, wanted, numbers);
  loss = case_make_loss (self, results, n_out);
  for (guint i = 0; i < n_wanted; i++)
    results[n_out + i] = NULL;
  if (loss != NULL) {
    tl_grad (&loss, NULL, 1, wanted, n_wanted, FALSE, results + n_out, &error);
    g_assert_no_error (error);
  }
  case_unref_all (in, self->n_in);
  return n_out + n_wanted;
}

static double
scale_of (TlTensor *tensor)
{
  double most = 0;

  for (gsize i = 0; i < tl_tensor_get_n_elements (tensor); i++) {
    double value = fabs (tl_tensor_peek_element (tensor, i));

    most = isfinite (value) ? MAX (most, value) : most;
  }
  return most;
}

void
case_assert_near (Case       *self,
                  const char *what,
                  TlTensor   *a,
                  TlTensor   *b,
                  double      tolerance)
{
  double limit;

  g_assert_cmpuint (tl_tensor_get_rank (a), ==, tl_tensor_get_rank (b));
  for (guint i = 0; i < tl_tensor_get_rank (a); i++)
    g_assert_cmpint (tl_tensor_get_shape (a)[i], ==, tl_tensor_get_shape (b)[i]);
  limit = tolerance * (1 + scale_of (b));
  for (gsize i = 0; i < tl_tensor_get_n_elements (a); i++) {
    double x = tl_tensor_peek_element (a, i), y = tl_tensor_peek_element (b, i);

    if (x == y || (isnan (x) && isnan (y)) || fabs (x - y) <= limit)
      continue;
    g_test_message ("%s: %s: element %zu is %.17g, should be %.17g", self->op->name, what, i, x, y);
    g_test_fail ();
    return;
  }
}

void
case_assert_all_near (Case       *self,
                      const char *what,
                      TlTensor  **a,
                      TlTensor  **b,
                      guint       n,
                      double      tolerance)
{
  for (guint i = 0; i < n; i++) {
    g_assert_true ((a[i] == NULL) == (b[i] == NULL));
    if (a[i] != NULL)
      case_assert_near (self, what, a[i], b[i], tolerance);
  }
}

void
case_assert_same_bits (Case       *self,
                       const char *what,
                       TlTensor   *a,
                       TlTensor   *b)
{
  g_assert_cmpint (tl_tensor_get_dtype (a), ==, tl_tensor_get_dtype (b));
  g_assert_cmpuint (tl_tensor_get_n_elements (a), ==, tl_tensor_get_n_elements (b));
  for (gsize i = 0; i < tl_tensor_get_n_elements (a); i++) {
    double x = tl_tensor_peek_element (a, i), y = tl_tensor_peek_element (b, i);

    if (memcmp (&x, &y, sizeof x) == 0 || (isnan (x) && isnan (y)))
      continue;
    g_test_message ("%s: %s: element %zu is %.17g, should be %.17g", self->op->name, what, i, x, y);
    g_test_fail ();
    return;
  }
}
