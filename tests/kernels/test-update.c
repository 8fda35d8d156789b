/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Optimizer updates over lists of tensors against the formulas of the header in double, several steps; norms; the search for NaN.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/update.h"

#define N_TENSORS 5

static const gint64 sizes[N_TENSORS] = { 1, 70000, 0, 333, 66000 };

typedef struct {
  void   *memory[5][N_TENSORS]; /* parameters, gradients, states */
  double *want[5][N_TENSORS];
} Lists;

static void
lists_init (Lists *lists, TlDType dtype)
{
  for (unsigned l = 0; l < 5; l++)
    for (unsigned t = 0; t < N_TENSORS; t++) {
      lists->memory[l][t] = random_elements (dtype, sizes[t], -1, 1, l * 10 + t);
      lists->want[l][t] = g_new0 (double, sizes[t] + 1);
      for (gint64 i = 0; i < sizes[t]; i++) {
        if (l >= 2) /* states start at zero */
          set_element (dtype, lists->memory[l][t], i, 0);
        lists->want[l][t][i] = get_element (dtype, lists->memory[l][t], i);
      }
    }
}

static void
lists_check_and_clear (Lists *lists, TlDType dtype)
{
  for (unsigned l = 0; l < 5; l++)
    for (unsigned t = 0; t < N_TENSORS; t++) {
      for (gint64 i = 0; i < sizes[t]; i++)
        assert_near (get_element (dtype, lists->memory[l][t], i), lists->want[l][t][i], tolerance (dtype, 2e-6, 1e-14), "update", i);
      guarded_free (lists->memory[l][t], sizes[t] * tl_dtype_size (dtype));
      g_free (lists->want[l][t]);
    }
}

static void
check_sgd (const TlKernels *kernels, TlDType dtype)
{
  for (int variant = 0; variant < 8; variant++) {
    TlSgdArgs args = { .tensors = { dtype, N_TENSORS, sizes }, .momentum = variant & 1 ? 0.9 : 0, .weight_decay = variant & 2 ? 0.01 : 0, .dampening = variant == 5 ? 0.3 : 0, .nesterov = variant == 7 || variant == 3, .maximize = variant == 4 };
    Lists     lists;

    lists_init (&lists, dtype);
    if (variant & 1) /* the first step must not read its state */
      for (gint64 i = 0; i < sizes[1]; i++)
        set_element (dtype, lists.memory[2][1], i, NAN);
    for (int step = 0; step < 3; step++) {
      TlSgdScalars scalars = { 0.1 / (step + 1), 0.5, step == 0 };
      void        *data[3 * N_TENSORS + 1];
      unsigned     n = 0;

      for (unsigned l = 0; l < (variant & 1 ? 3 : 2); l++)
        for (unsigned t = 0; t < N_TENSORS; t++)
          data[n++] = lists.memory[l][t];
      data[n] = &scalars;
      run_kernel (&kernels->sgd_update, &args, data, step & 1);
      for (unsigned t = 0; t < N_TENSORS; t++)
        for (gint64 i = 0; i < sizes[t]; i++) {
          double *p = &lists.want[0][t][i], *m = &lists.want[2][t][i];
          double  g = lists.want[1][t][i] * 0.5 * (args.maximize ? -1 : 1) + args.weight_decay * *p;

          if (args.momentum != 0) {
            *m = step == 0 ? g : 0.9 * *m + (1 - args.dampening) * g;
            g = args.nesterov ? g + 0.9 * *m : *m;
          }
          *p -= scalars.lr * g;
        }
    }
    lists_check_and_clear (&lists, dtype);
  }
}

static void
check_adam (const TlKernels *kernels, TlDType dtype)
{
  for (int variant = 0; variant < 8; variant++) {
    TlAdamArgs args = { .tensors = { dtype, N_TENSORS, sizes }, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-3, .weight_decay = variant & 1 ? 0.1 : 0, .decoupled = variant & 2, .amsgrad = variant & 4, .maximize = variant == 6 };
    Lists      lists;

    lists_init (&lists, dtype);
    for (int step = 1; step <= 3; step++) {
      TlAdamScalars scalars = { 0.01, 0.5, 1 - pow (0.9, step), 1 - pow (0.99, step) };
      void         *data[5 * N_TENSORS + 1];
      unsigned      n = 0;

      for (unsigned l = 0; l < (args.amsgrad ? 5 : 4); l++)
        for (unsigned t = 0; t < N_TENSORS; t++)
          data[n++] = lists.memory[l][t];
      data[n] = &scalars;
      run_kernel (&kernels->adam_update, &args, data, step & 1);
      for (unsigned t = 0; t < N_TENSORS; t++)
        for (gint64 i = 0; i < sizes[t]; i++) {
          double *p = &lists.want[0][t][i], *m = &lists.want[2][t][i], *v = &lists.want[3][t][i], *top = &lists.want[4][t][i];
          double  g = lists.want[1][t][i] * 0.5 * (args.maximize ? -1 : 1), s;

          if (args.decoupled)
            *p *= 1 - 0.01 * args.weight_decay;
          else
            g += args.weight_decay * *p;
          *m += (g - *m) * (1 - 0.9);
          *v = 0.99 * *v + (1 - 0.99) * g * g;
          s = *v;
          if (args.amsgrad)
            s = *top = MAX (*top, *v);
          *p -= 0.01 / scalars.bias1 * *m / (sqrt (s) / sqrt (scalars.bias2) + 1e-3);
        }
    }
    lists_check_and_clear (&lists, dtype);
  }
}

static void
check_norm_and_finite (const TlKernels *kernels, TlDType dtype)
{
  TlTensorsArgs args = { dtype, N_TENSORS, sizes };
  void         *data[N_TENSORS + 1];
  double        want = 0, got = 0, again = 0;
  gint64        found = 5;

  for (unsigned t = 0; t < N_TENSORS; t++) {
    data[t] = random_elements (dtype, sizes[t], -1, 1, t);
    for (gint64 i = 0; i < sizes[t]; i++)
      want += pow (get_element (dtype, data[t], i), 2);
  }
  data[N_TENSORS] = &got;
  run_kernel (&kernels->sum_of_squares, &args, data, RUN_FORWARDS);
  data[N_TENSORS] = &again;
  run_kernel (&kernels->sum_of_squares, &args, data, RUN_BACKWARDS);
  assert_near (got, want, 1e-12, "sum of squares", 0);
  g_assert_cmpfloat (got, ==, again);

  data[N_TENSORS] = &found;
  run_kernel (&kernels->find_nonfinite, &args, data, RUN_FORWARDS);
  g_assert_cmpint (found, ==, -1);
  set_element (dtype, data[4], 65999, INFINITY);
  run_kernel (&kernels->find_nonfinite, &args, data, RUN_BACKWARDS);
  g_assert_cmpint (found, ==, 4);
  set_element (dtype, data[3], 17, NAN);
  run_kernel (&kernels->find_nonfinite, &args, data, RUN_BACKWARDS);
  g_assert_cmpint (found, ==, 3);
  set_element (dtype, data[1], 69999, -INFINITY);
  run_kernel (&kernels->find_nonfinite, &args, data, RUN_BACKWARDS);
  g_assert_cmpint (found, ==, 1);
  for (unsigned t = 0; t < N_TENSORS; t++)
    guarded_free (data[t], sizes[t] * tl_dtype_size (dtype));
}

#define EACH(name)                       \
  static void test_##name (void)         \
  {                                      \
    each_level_and_float (check_##name); \
  }
EACH (sgd)
EACH (adam)
EACH (norm_and_finite)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/update/sgd", test_sgd);
  g_test_add_func ("/kernels/update/adam", test_adam);
  g_test_add_func ("/kernels/update/norm-and-finite", test_norm_and_finite);
  return g_test_run ();
}
