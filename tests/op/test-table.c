/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the table: every row, sample, dtype and layout.
 *
 * With "--dump FILE" the program computes all cases and writes the results; the test of instruction sets starts itself so.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/error.h"
#include "core/kernels/kernels.h"
#include "tests/op/case.h"
#include "tests/sanitized.h"

static const char *self_path;

static gboolean
is_random (const TlOpClass *op)
{
  return (op->flags & TL_OP_RANDOM) != 0;
}

/* f32 follows f64. */
static void
check_dtypes (const TlOpClass *op,
              const TlSample  *sample)
{
  g_autoptr (Case) narrow = case_new (op, sample, TL_DTYPE_F32);
  g_autoptr (Case) wide = case_new (op, sample, TL_DTYPE_F64);
  TlTensor        *a[MAX_OUT] = { NULL }, *b[MAX_OUT] = { NULL };
  guint            n;

  if (is_random (op))
    return;
  n = case_compute (narrow, a);
  g_assert_cmpuint (case_compute (wide, b), ==, n);
  case_assert_all_near (narrow, "f32 against f64", a, b, n, 2e-5);
  case_unref_all (a, n);
  case_unref_all (b, n);
}

/* Both work, or both are refused for the same reason: one element everywhere makes a matrix singular.  Returns: whether they work */
static gboolean
apply_alike (Case      *self,
             TlTensor **in,
             TlTensor **out,
             TlTensor **plain_in,
             TlTensor **plain_out)
{
  guint              n_out = case_get_n_out (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) plain_error = NULL;

  if (tl_op_apply (self->op, plain_in, self->n_in, self->attrs, plain_out, n_out, &plain_error)) {
    tl_op_apply (self->op, in, self->n_in, self->attrs, out, n_out, &error);
    g_assert_no_error (error);
    return TRUE;
  }
  g_assert_false (tl_op_apply (self->op, in, self->n_in, self->attrs, out, n_out, &error));
  g_assert_cmpstr (error->message, ==, plain_error->message);
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  return FALSE;
}

/* The layout of operands in memory changes nothing but the order of sums. */
static void
check_layouts (const TlOpClass *op,
               const TlSample  *sample,
               TlDType          dtype)
{
  g_autoptr (Case) self = case_new (op, sample, dtype);

  for (CaseLayout layout = LAYOUT_PERMUTED; layout < N_LAYOUTS; layout++) {
    TlTensor *in[CASE_MAX_IN] = { NULL }, *plain[CASE_MAX_IN] = { NULL };
    TlTensor *a[MAX_OUT] = { NULL }, *b[MAX_OUT] = { NULL };
    guint     n = case_get_n_out (self);

    for (guint i = 0; i < self->n_in; i++) {
      g_autoptr (GError) error = NULL;

      in[i] = case_get_operand (self, i, layout);
      plain[i] = tl_contiguous (in[i], &error);
      g_assert_no_error (error);
    }
    if (apply_alike (self, in, a, plain, b))
      case_assert_all_near (self, layout == LAYOUT_PERMUTED ? "permuted" : layout == LAYOUT_GAPS ? "gaps"
                                                                                                 : "repeated",
                            a, b, n, dtype == TL_DTYPE_F32 ? 2e-6 : 1e-13);
    case_unref_all (in, self->n_in);
    case_unref_all (plain, self->n_in);
    case_unref_all (a, n);
    case_unref_all (b, n);
  }
}

static void
check_decompose (const TlOpClass *op,
                 const TlSample  *sample)
{
  g_autoptr (Case)   self = case_new (op, sample, TL_DTYPE_F64);
  TlTensor          *in[CASE_MAX_IN] = { NULL }, *out[MAX_OUT] = { NULL }, *parts[MAX_OUT] = { NULL };
  guint              n_out = case_get_n_out (self);
  TlGradient         decompose = { .op = op, .attrs = self->attrs, .n_in = self->n_in, .in = in, .n_out = n_out, .dx = parts };
  g_autoptr (GError) error = NULL;

  if (op->decompose == NULL || op->prepare == NULL)
    return;
  case_read_operands (self, in);
  if (tl_tensor_get_n_elements (in[0]) > 0) {
    case_apply (self, in, out);
    op->decompose (&decompose, &error);
    g_assert_no_error (error);
    for (guint i = 0; i < n_out; i++)
      if (parts[i] != NULL)
        case_assert_near (self, "decompose", parts[i], out[i], 1e-12);
  }
  case_unref_all (in, self->n_in);
  case_unref_all (out, n_out);
  case_unref_all (parts, n_out);
}

static void
test_row (gconstpointer data)
{
  const TlOpClass *op = data;

  for (const TlSample *sample = op->samples; sample != NULL && sample->shapes != NULL; sample++) {
    check_dtypes (op, sample);
    check_layouts (op, sample, TL_DTYPE_F32);
    check_layouts (op, sample, TL_DTYPE_F64);
    check_decompose (op, sample);
    case_check_evaluation (op, sample, TL_DTYPE_F32);
    case_check_evaluation (op, sample, TL_DTYPE_F64);
    case_check_first_order (op, sample);
    case_check_second_order (op, sample);
    if (g_test_failed ())
      g_test_message ("%s: in the sample \"%s\" {%s}", op->name, sample->shapes, sample->attrs != NULL ? sample->attrs : "");
  }
}

static void
assert_text (const TlOpClass *op,
             const char      *what,
             const char      *text)
{
  if (text == NULL || *text == '\0') {
    g_test_message ("%s: %s is missing", op->name, what);
    g_test_fail ();
  }
}

/* Every row says what it is. */
static void
test_complete (void)
{
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *op = tl_op_get_row (i);

    g_assert_true (tl_op_find (op->name) == op);
    assert_text (op, "group", op->group);
    assert_text (op, "doc", op->doc);
    assert_text (op, "formula", op->formula);
    assert_text (op, "source", op->source);
    g_assert_nonnull (op->in);
    g_assert_true (op->expr != NULL || op->infer != NULL);
    g_assert_true (op->expr != NULL || op->prepare != NULL || op->decompose != NULL || (op->flags & TL_OP_VIEW) != 0);
    g_assert_true (op->samples != NULL || (op->flags & TL_OP_UPDATE) != 0);
    g_assert_cmpuint (tl_op_get_n_attrs (op), <=, TL_OP_MAX_ATTRS);
    for (guint j = 0; j < tl_op_get_n_attrs (op); j++)
      assert_text (op, op->attrs[j].name, op->attrs[j].doc);
    for (guint j = 0; op->in[j].name != NULL; j++)
      assert_text (op, op->in[j].name, op->in[j].doc);
  }
}

/* All results as doubles, in the order of the table. */
static void
dump (const char *path)
{
  FILE *file = g_fopen (path, "wb");

  g_assert_nonnull (file);
  for (guint row = 0; row < tl_op_get_n_rows (); row++) {
    const TlOpClass *op = tl_op_get_row (row);

    for (const TlSample *sample = op->samples; sample != NULL && sample->shapes != NULL; sample++) {
      g_autoptr (Case) self = case_new (op, sample, TL_DTYPE_F64);
      TlTensor        *results[MAX_OUT] = { NULL };
      guint            n = case_compute (self, results);

      for (guint i = 0; i < n; i++)
        for (gsize j = 0; results[i] != NULL && j < tl_tensor_get_n_elements (results[i]); j++) {
          double value = tl_tensor_peek_element (results[i], j);

          g_assert_cmpuint (fwrite (&value, sizeof value, 1, file), ==, 1);
        }
      case_unref_all (results, n);
    }
  }
  g_assert_cmpint (fclose (file), ==, 0);
}

static void
dump_level (const char *level,
            const char *path,
            char      **contents,
            gsize      *length)
{
  g_auto (GStrv)     environment = g_environ_setenv (g_get_environ (), "TL_CPU", level, TRUE);
  const char        *argv[] = { self_path, "--dump", path, NULL };
  g_autoptr (GError) error = NULL;
  int                status;

  g_spawn_sync (NULL, (char **)argv, environment, 0, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_file_get_contents (path, contents, length, &error);
  g_assert_no_error (error);
  g_unlink (path);
}

/* Instruction sets agree but for rounding. */
static void
test_levels (void)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "op-levels-XXXXXX", NULL);
  g_autofree char *base = NULL;
  gsize            n_base;
  int              fd;

  if (tl_kernels_get_level (TL_CPU_BASE) == NULL) {
    g_test_skip ("this build has no kernels of the base level to compare with; -Dinstruction_sets=base,avx2 and the release build have");
    return;
  }
  fd = g_mkstemp (path);
  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  dump_level ("base", path, &base, &n_base);
  for (TlCpuLevel level = TL_CPU_AVX2; level <= tl_cpu_level_available (); level++) {
    g_autofree char *other = NULL;
    gsize            n_other;

    dump_level (tl_cpu_level_name (level), path, &other, &n_other);
    g_assert_cmpuint (n_other, ==, n_base);
    for (gsize i = 0; i < n_base / sizeof (double); i++) {
      double x = ((double *)base)[i], y = ((double *)other)[i];

      g_assert_true (x == y || (isnan (x) && isnan (y)) || fabs (x - y) <= 1e-12 * (1 + fabs (x)));
    }
  }
}

/*
 * Which weights of attention are dropped depends on the key and the number of the call alone, so that a step of a difference drops the same
 * ones.  PyTorch drops others: these are no samples of the row.
 */
static void
test_dropped_weights (void)
{
  static const TlSample samples[] = {
    { "2,3,4; 2,5,4; 2,5,3; -; i64:<9", "dropout_p = 0.4, seed = 7, stream = 3" },
    { "1,2,4,3; 1,2,4,3; 1,2,4,2; -; i64:<9", "dropout_p = 0.3, is_causal = true, scale = 0.8" },
    { "4,3,2; 2,5,2; 2,5,2; -; i64:<9", "dropout_p = 0.5, enable_gqa = true, seed = 1" },
    { "3,4; 70,4; 70,2; bool:3,70; i64:<9", "dropout_p = 0.2, stream = 9" },
    { "2,3,4; 2,5,4; 2,5,3; 3,5; i64:<9", "dropout_p = 0.4, seed = 5" },
  };
  const TlOpClass *op = tl_op_find ("scaled_dot_product_attention");

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++) {
    check_decompose (op, &samples[i]);
    case_check_first_order (op, &samples[i]);
    case_check_second_order (op, &samples[i]);
    if (g_test_failed ())
      g_test_message ("in the sample \"%s\" {%s}", samples[i].shapes, samples[i].attrs);
  }
}

/* Large enough for several tiles. */
static void
test_tiles (void)
{
  static const struct {
    const char *op;
    TlSample    sample;
  } cases[] = {
    { "add", { "600,700; 700" } },
    { "gelu", { "300,400" } },
    { "sum", { "500,600", "dim = {0}" } },
    { "mean", { "700,400" } },
    { "softmax", { "600,300" } },
    { "matmul", { "200,300; 300,250" } },
    { "conv2d", { "8,8,24,24; 16,8,3,3; 16", "padding = {1}" } },
    { "max_pool2d", { "8,16,32,32", "kernel_size = {2}" } },
    { "batch_norm", { "32,16,20,20; 16; 16" } },
    { "layer_norm", { "500,300; 300; 300", "normalized_shape = {300}" } },
    { "cross_entropy", { "3000,50; i64:3000<50" } },
    { "dropout", { "400,500; i64:<9" } },
    { "concat", { "300,200; 100,200; 500,200" } },
    { "slice", { "500,600", "dim = 1, start = 3, step = 2" } },
    { "index_select", { "900,100; i64:4000<900" } },
    { "arange", { "", "end = 200000" } },
    { "cumsum", { "70000,3", "dim = 0" } },
    { "cummax", { "40,2000", "dim = 1" } },
    { "sort", { "150000" } },
    { "gather", { "300,40; i64:300,500<40", "dim = 1" } },
    { "scatter_add", { "300,40; i64:300,500<40; 300,500", "dim = 1" } },
    { "tril", { "500,600" } },
    { "scaled_dot_product_attention", { "4,100,32; 4,100,32; 4,100,32", "is_causal = true" } },
  };

  /* Under sanitizers a part: tests/kernels runs the tiles of all kernels there, in fenced memory. */
  for (guint i = 0; i < G_N_ELEMENTS (cases); i += TESTS_SANITIZED ? 4 : 1)
    case_check_evaluation (tl_op_find (cases[i].op), &cases[i].sample, TL_DTYPE_F32);
}

static void
assert_values (const char   *op,
               TlSample      sample,
               const double *values,
               guint         n)
{
  g_autoptr (Case) self = case_new (tl_op_find (op), &sample, TL_DTYPE_F64);
  TlTensor        *in[CASE_MAX_IN] = { NULL }, *out[MAX_OUT] = { NULL };
  guint            n_out;

  /* Whole numbers count up from -1, so that results can be written down. */
  for (guint i = 0; i < self->n_in; i++) {
    for (gsize j = 0; j < self->in[i].n; j++)
      self->in[i].values[j] = (double)j - 1;
    in[i] = case_get_operand (self, i, LAYOUT_CONTIGUOUS);
  }
  n_out = case_apply (self, in, out);
  g_assert_cmpuint (tl_tensor_get_n_elements (out[0]), ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat (tl_tensor_peek_element (out[0], i), ==, values[i]);
  case_unref_all (in, self->n_in);
  case_unref_all (out, n_out);
}

/* Values that can be checked by eye, where comparing implementations would prove nothing. */
static void
test_values (void)
{
  assert_values ("clamp", (TlSample){ "i64:4", "min = 0" }, (const double[]){ 0, 0, 1, 2 }, 4);
  assert_values ("clamp", (TlSample){ "i32:4", "max = 1" }, (const double[]){ -1, 0, 1, 1 }, 4);
  assert_values ("arange", (TlSample){ "", "start = 3, end = -2, step = -2" }, (const double[]){ 3, 1, -1 }, 3);
  assert_values ("one_hot", (TlSample){ "i64:3", "num_classes = 2" }, (const double[]){ 0, 0, 1, 0, 0, 1 }, 6);
  assert_values ("index_select", (TlSample){ "4; i64:3" }, (const double[]){ 2, -1, 0 }, 3);
  assert_values ("slice", (TlSample){ "5", "start = -4, step = 3" }, (const double[]){ 0, 3 }, 2);
  assert_values ("slice_scatter", (TlSample){ "2", "start = {1}, step = 2, size = {5}, value = 7" }, (const double[]){ 7, -1, 7, 0, 7 }, 5);
  assert_values ("argmax", (TlSample){ "2,2", "dim = {1}" }, (const double[]){ 1, 1 }, 2);
  assert_values ("div", (TlSample){ "i64:1; i64:1" }, (const double[]){ 1 }, 1);
  assert_values ("where", (TlSample){ "bool:3; i64:; 3" }, (const double[]){ -1, 0, -1 }, 3);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (TlContext) context = tl_context_new (1);

  tl_context_make_current (context);
  if (argc == 3 && strcmp (argv[1], "--dump") == 0) {
    dump (argv[2]);
    return 0;
  }
  self_path = argv[0];
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/op/table/complete", test_complete);
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    g_autofree char *path = g_strdup_printf ("/op/table/%s", tl_op_get_row (i)->name);

    g_test_add_data_func (path, tl_op_get_row (i), test_row);
  }
  g_test_add_func ("/op/table/values", test_values);
  g_test_add_func ("/op/table/levels", test_levels);
  g_test_add_func ("/op/table/dropped-weights", test_dropped_weights);
  g_test_add_func ("/op/table/tiles", test_tiles);
  return g_test_run ();
}
