/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/op/case.h"

#include <math.h>

#include "core/graph/autodiff.h"

/* The loss as a number, without a tape. */
static double
evaluate (Case *self)
{
  TlContext *context = tl_context_get ();
  gboolean   before = tl_context_set_grad_enabled (context, FALSE);
  TlTensor  *in[CASE_MAX_IN] = { NULL }, *out[MAX_OUT] = { NULL };
  double     sum = 0;
  guint      n_out;

  for (guint i = 0; i < self->n_in; i++)
    in[i] = case_get_operand (self, i, LAYOUT_CONTIGUOUS);
  n_out = case_apply (self, in, out);
  for (guint i = 0; i < n_out; i++) {
    g_autoptr (TlTensor) weights = NULL;

    if (!case_output_counts (self, i, out[i]))
      continue;
    weights = case_make_weights (out[i], 100 + i);
    for (gsize j = 0; j < tl_tensor_get_n_elements (out[i]); j++)
      sum += tl_tensor_peek_element (out[i], j) * tl_tensor_peek_element (weights, j);
  }
  case_unref_all (in, self->n_in);
  case_unref_all (out, n_out);
  tl_context_set_grad_enabled (context, before);
  return sum;
}

/* The weighted sum of all first gradients, as a number. */
static double
evaluate_gradient (Case *self)
{
  TlTensor *results[MAX_OUT] = { NULL };
  double    sum = 0;
  guint     n, n_out = case_get_n_out (self);

  case_update_variables (self);
  n = case_compute (self, results);
  for (guint i = n_out; i < n; i++) {
    g_autoptr (TlTensor) weights = NULL;

    if (results[i] == NULL)
      continue;
    weights = case_make_weights (results[i], 200 + i - n_out);
    for (gsize j = 0; j < tl_tensor_get_n_elements (results[i]); j++)
      sum += tl_tensor_peek_element (results[i], j) * tl_tensor_peek_element (weights, j);
  }
  case_unref_all (results, n);
  return sum;
}

#define EPS 1e-6

static void
check_against_differences (Case       *self,
                           const char *what,
                           guint       input,
                           TlTensor   *gradient,
                           double (*function) (Case *self))
{
  CaseOperand *operand = &self->in[input];

  for (gsize i = 0; i < operand->n; i++) {
    double value = operand->values[i], high, low, numeric, analytic;

    operand->values[i] = value + EPS;
    high = function (self);
    operand->values[i] = value - EPS;
    low = function (self);
    operand->values[i] = value;
    numeric = (high - low) / (2 * EPS);
    analytic = gradient != NULL ? tl_tensor_peek_element (gradient, i) : 0;
    if (fabs (numeric - analytic) <= 1e-5 + 1e-3 * fabs (numeric))
      continue;
    g_test_message ("%s: %s of input %u, element %zu is %.9g, differences give %.9g", self->op->name, what, input, i,
                    analytic, numeric);
    g_test_fail ();
    break;
  }
  case_update_variables (self);
}

void
case_check_first_order (const TlOpClass *op,
                        const TlSample  *sample)
{
  g_autoptr (Case) self = case_new (op, sample, TL_DTYPE_F64);
  TlTensor        *results[MAX_OUT] = { NULL };
  guint            n_out = case_get_n_out (self);
  guint            n = case_compute (self, results), k = n_out;

  for (guint i = 0; i < self->n_in; i++)
    if (case_input_counts (self, i))
      check_against_differences (self, "gradient", i, results[k++], evaluate);
  case_unref_all (results, n);
}

/* The gradient of the weighted sum of gradients. */
void
case_check_second_order (const TlOpClass *op,
                         const TlSample  *sample)
{
  g_autoptr (Case)     self = case_new (op, sample, TL_DTYPE_F64);
  TlTensor            *in[CASE_MAX_IN] = { NULL }, *out[MAX_OUT] = { NULL }, *wanted[CASE_MAX_IN];
  TlTensor            *first[CASE_MAX_IN] = { NULL }, *second[CASE_MAX_IN] = { NULL };
  guint                numbers[CASE_MAX_IN], n_out, n;
  g_autoptr (TlTensor) loss = NULL;
  g_autoptr (TlTensor) sum = NULL;
  g_autoptr (GError)   error = NULL;

  case_read_operands (self, in);
  n_out = case_apply (self, in, out);
  n = case_wanted_inputs (self, in, wanted, numbers);
  loss = case_make_loss (self, out, n_out);
  if (loss != NULL) {
    tl_grad (&loss, NULL, 1, wanted, n, TRUE, first, &error);
    g_assert_no_error (error);
  }
  for (guint i = 0; i < n; i++) {
    g_autoptr (TlTensor) part = NULL;
    g_autoptr (TlTensor) old = NULL;

    if (first[i] == NULL || !tl_tensor_requires_grad (first[i]))
      continue;
    part = case_weigh (first[i], 200 + i, &error);
    old = g_steal_pointer (&sum);
    sum = old != NULL ? tl_add (old, part, &error) : g_steal_pointer (&part);
    g_assert_no_error (error);
  }
  if (sum != NULL) {
    tl_grad (&sum, NULL, 1, wanted, n, FALSE, second, &error);
    g_assert_no_error (error);
  }
  case_unref_all (in, self->n_in);
  /* Without a graph of the first gradient, the second must be zero. */
  for (guint i = 0; i < n && loss != NULL; i++)
    check_against_differences (self, "second gradient", numbers[i], second[i], evaluate_gradient);
  case_unref_all (out, n_out);
  case_unref_all (first, n);
  case_unref_all (second, n);
}
