/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every row that states a PyTorch expression, against what PyTorch computed on the row's samples.
 *
 *     goldens.txt   one line a case: row, shapes, attributes, sum of the operands, results; see make-goldens.py
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

static char *
case_key (const TlOpClass *op,
          const TlSample  *sample)
{
  return g_strdup_printf ("%s\t%s\t%s", op->name, sample->shapes, sample->attrs != NULL ? sample->attrs : "");
}

static void
check_case (const TlOpClass *op,
            const TlSample  *sample)
{
  g_autoptr (Case)   self = case_new (op, sample, TL_DTYPE_F64);
  g_autofree char   *key = case_key (op, sample);
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
    check_case (op, sample);
}

static void
write_case (FILE            *file,
            const TlOpClass *op,
            const TlSample  *sample)
{
  g_autoptr (Case) self = case_new (op, sample, TL_DTYPE_F64);

  fprintf (file, "{\"op\": \"%s\", \"shapes\": ", op->name);
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
        write_case (file, op, sample);
  }
  g_assert_cmpint (fclose (file), ==, 0);
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
  g_test_init (&argc, &argv, NULL);
  goldens = golden_load (TL_GOLDENS);
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *op = tl_op_get_row (i);
    g_autofree char *path = g_strdup_printf ("/golden/%s", op->name);

    if (op->torch != NULL)
      g_test_add_data_func (path, op, test_row);
  }
  failed = g_test_run ();
  g_hash_table_unref (goldens);
  return failed;
}
