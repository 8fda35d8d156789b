/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every row that states a PyTorch expression, against what PyTorch computed on the row's samples.
 *
 *     goldens.txt   one line a case: row, shapes, attributes, sum of the operands, results; see make-goldens.py
 *
 *     half.txt      the same in bf16 and f16 for some rows, named "row:bf16"; made with --dump-half
 *
 * With "--dump-samples FILE" the program writes the cases as JSON, one a line, for make-goldens.py.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/golden/golden.h"

#define MAX_OUT (TL_OP_MAX_OUT + CASE_MAX_IN)

static GHashTable *goldens; /* "row \t shapes \t attributes" -> the rest of the line */

/* Rows that PyTorch has in 16 bits, one of each kind. */
static const char *const half_rows[] = {
  "add",
  "mul",
  "div",
  "exp",
  "gelu",
  "sigmoid",
  "tanh",
  "silu",
  "matmul",
  "linear",
  "conv2d",
  "addmm",
  "bmm",
  "softmax",
  "log_softmax",
  "layer_norm",
  "group_norm",
  "rms_norm",
  "instance_norm",
  "batch_norm",
  "batch_norm_infer",
  "var",
  "std",
  "norm",
  "sum",
  "mean",
  "amax",
  "prod",
  "logsumexp",
  "cumsum",
  "cross_entropy",
  "mse_loss",
  "max_pool2d",
  "avg_pool2d",
  "embedding",
  "gather",
  "sort",
  "interpolate",
  "scaled_dot_product_attention",
  "where",
  "concat",
};
static const TlDType half_dtypes[] = { TL_DTYPE_BF16, TL_DTYPE_F16 };

static char *
case_name (const TlOpClass *op,
           TlDType          dtype)
{
  return dtype == TL_DTYPE_F64 ? g_strdup (op->name) : g_strdup_printf ("%s:%s", op->name, tl_dtype_name (dtype));
}

static char *
case_key (const TlOpClass *op,
          const TlSample  *sample,
          TlDType          dtype)
{
  g_autofree char *name = case_name (op, dtype);

  return g_strdup_printf ("%s\t%s\t%s", name, sample->shapes, sample->attrs != NULL ? sample->attrs : "");
}

static void
check_case (const TlOpClass *op,
            const TlSample  *sample,
            TlDType          dtype)
{
  g_autoptr (Case)   self = case_new (op, sample, dtype);
  g_autofree char   *key = case_key (op, sample, dtype);
  const char        *golden = g_hash_table_lookup (goldens, key);
  g_auto (GStrv)     parts = golden != NULL ? g_strsplit (golden, "\t", -1) : NULL;
  g_autoptr (GError) error = NULL;
  TlTensor          *in[CASE_MAX_IN] = { NULL }, *out[MAX_OUT] = { NULL };
  guint              n_out = case_get_n_out (self);

  if (golden == NULL || fabs (g_ascii_strtod (parts[0], NULL) - golden_sum (self)) > 1e-6) {
    g_test_message ("%s {%s} {%s}: %s; run tests/golden/make-goldens.py", op->name, sample->shapes,
                    sample->attrs != NULL ? sample->attrs : "", golden == NULL ? "no golden" : "the sample has changed");
    g_test_fail ();
    return;
  }
  for (guint i = 0; i < self->n_in; i++)
    in[i] = case_get_operand (self, i, LAYOUT_CONTIGUOUS);
  tl_op_apply (op, in, self->n_in, self->attrs, out, n_out, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (parts) - 1, <=, n_out);
  for (guint i = 0; parts[i + 1] != NULL; i++) {
    g_autofree char *where = g_strdup_printf ("%s {%s} {%s} output %u", op->name, sample->shapes,
                                              sample->attrs != NULL ? sample->attrs : "", i);

    golden_compare (where, out[i], parts[i + 1]);
  }
  for (guint i = 0; i < self->n_in; i++)
    tl_tensor_unref (in[i]);
  for (guint i = 0; i < n_out; i++)
    tl_tensor_unref (out[i]);
}

static void
test_row (gconstpointer data)
{
  const TlOpClass *op = data;

  for (const TlSample *sample = op->samples; sample->shapes != NULL; sample++)
    check_case (op, sample, TL_DTYPE_F64);
}

static void
test_half (gconstpointer data)
{
  const TlOpClass *op = tl_op_find (data);

  for (guint i = 0; i < G_N_ELEMENTS (half_dtypes); i++)
    for (const TlSample *sample = op->samples; sample->shapes != NULL; sample++)
      check_case (op, sample, half_dtypes[i]);
}

static void
write_case (FILE            *file,
            const TlOpClass *op,
            const TlSample  *sample,
            TlDType          dtype)
{
  g_autoptr (Case) self = case_new (op, sample, dtype);
  g_autofree char *name = case_name (op, dtype);

  fprintf (file, "{\"op\": \"%s\", \"half\": %s, \"shapes\": ", name, dtype != TL_DTYPE_F64 ? "true" : "false");
  golden_write_string (file, sample->shapes);
  fprintf (file, ", \"text\": ");
  golden_write_string (file, sample->attrs);
  fprintf (file, ", \"torch\": ");
  golden_write_string (file, op->torch);
  fprintf (file, ", \"sum\": %.12g, \"attrs\": ", golden_sum (self));
  golden_write_attrs (file, op->attrs, self->attrs);
  fprintf (file, ", \"inputs\": [");
  for (guint i = 0; i < self->n_in; i++) {
    fprintf (file, i > 0 ? ", " : "");
    golden_write_operand (file, &self->in[i]);
  }
  fprintf (file, "]}\n");
}

static void
dump_samples (const char *path)
{
  FILE *file = g_fopen (path, "w");

  g_assert_nonnull (file);
  for (guint row = 0; row < tl_op_get_n_rows (); row++) {
    const TlOpClass *op = tl_op_get_row (row);

    if (op->torch != NULL)
      for (const TlSample *sample = op->samples; sample->shapes != NULL; sample++)
        write_case (file, op, sample, TL_DTYPE_F64);
  }
  g_assert_cmpint (fclose (file), ==, 0);
}

static void
dump_half (const char *path)
{
  FILE *file = g_fopen (path, "w");

  g_assert_nonnull (file);
  for (guint row = 0; row < G_N_ELEMENTS (half_rows); row++)
    for (guint i = 0; i < G_N_ELEMENTS (half_dtypes); i++)
      for (const TlSample *sample = tl_op_find (half_rows[row])->samples; sample->shapes != NULL; sample++)
        write_case (file, tl_op_find (half_rows[row]), sample, half_dtypes[i]);
  g_assert_cmpint (fclose (file), ==, 0);
}

/* The goldens of both files. */
static GHashTable *
load_all (void)
{
  GHashTable            *all = golden_load (TL_GOLDENS);
  g_autoptr (GHashTable) half = golden_load (TL_HALF_GOLDENS);
  GHashTableIter         iter;
  gpointer               key, value;

  g_hash_table_iter_init (&iter, half);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_hash_table_insert (all, g_strdup (key), g_strdup (value));
  return all;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (TlContext) context = tl_context_new (1);
  int                   failed;

  tl_context_make_current (context);
  if (argc == 3 && strcmp (argv[1], "--dump-samples") == 0) {
    dump_samples (argv[2]);
    return 0;
  }
  if (argc == 3 && strcmp (argv[1], "--dump-half") == 0) {
    dump_half (argv[2]);
    return 0;
  }
  g_test_init (&argc, &argv, NULL);
  goldens = load_all ();
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *op = tl_op_get_row (i);
    g_autofree char *path = g_strdup_printf ("/golden/%s", op->name);

    if (op->torch != NULL)
      g_test_add_data_func (path, op, test_row);
  }
  for (guint i = 0; i < G_N_ELEMENTS (half_rows); i++) {
    g_autofree char *path = g_strdup_printf ("/golden/half/%s", half_rows[i]);

    g_test_add_data_func (path, half_rows[i], test_half);
  }
  failed = g_test_run ();
  g_hash_table_unref (goldens);
  return failed;
}
