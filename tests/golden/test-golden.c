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

#include "core/graph/attr.h"
#include "tests/op/sample.h"

#define MAX_OUT (TL_OP_MAX_OUT + CASE_MAX_IN)

static GHashTable *goldens; /* "row \t shapes \t attributes" -> the rest of the line */

static char *
case_key (const TlOpClass *op,
          const TlSample  *sample)
{
  return g_strdup_printf ("%s\t%s\t%s", op->name, sample->shapes, sample->attrs != NULL ? sample->attrs : "");
}

/* Tells whether the operands are still those that PyTorch saw. */
static double
operand_sum (const Case *self)
{
  double sum = 0;

  for (guint i = 0; i < self->n_in; i++)
    for (gsize j = 0; j < self->in[i].n; j++)
      if (isfinite (self->in[i].values[j]))
        sum += self->in[i].values[j] * (double)(1 + (j + 3 * i) % 7);
  return sum;
}

static gboolean
parse_meta (const char *text,
            char      **dtype,
            GArray     *shape)
{
  const char *open = strchr (text, '[');

  if (open == NULL)
    return FALSE;
  *dtype = g_strndup (text, (gsize)(open - text));
  for (char *at = (char *)open + 1; *at != ']' && *at != '\0';) {
    gint64 size = g_ascii_strtoll (at, &at, 10);

    g_array_append_val (shape, size);
    at += *at == ',';
  }
  return TRUE;
}

static double
parse_value (const char **at)
{
  char  *end;
  double value = g_ascii_strtod (*at, &end);

  g_assert_true (end != *at);
  *at = end;
  return value;
}

static double
largest (const char *values)
{
  double most = 0;

  for (const char *at = values; *at != '\0';) {
    double value = fabs (parse_value (&at));

    most = isfinite (value) ? MAX (most, value) : most;
    at += strspn (at, " ");
  }
  return most;
}

/* @golden: "f64[2,3] 1 2 3 4 5 6" */
static void
compare (const char *where,
         TlTensor   *tensor,
         const char *golden)
{
  g_autofree char   *dtype = NULL;
  g_autoptr (GArray) shape = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree char   *got = tl_shape_to_string (tl_tensor_get_shape (tensor), tl_tensor_get_rank (tensor));
  const char        *at = strchr (golden, ']');
  gboolean           same = parse_meta (golden, &dtype, shape) && shape->len == tl_tensor_get_rank (tensor);
  double             limit;

  for (guint i = 0; same && i < shape->len; i++)
    same = tl_tensor_get_shape (tensor)[i] == g_array_index (shape, gint64, i);
  if (!same || strcmp (dtype, tl_dtype_name (tl_tensor_get_dtype (tensor))) != 0) {
    g_test_message ("%s: %s %s, PyTorch has %.60s", where, tl_dtype_name (tl_tensor_get_dtype (tensor)), got, golden);
    g_test_fail ();
    return;
  }
  at += 1 + strspn (at + 1, " ");
  limit = (tl_tensor_get_dtype (tensor) == TL_DTYPE_F32 ? 2e-6 : 1e-10) * (1 + largest (at));
  for (gsize i = 0; i < tl_tensor_get_n_elements (tensor); i++) {
    double x = tl_tensor_peek_element (tensor, i), y = parse_value (&at);

    if (x == y || (isnan (x) && isnan (y)) || fabs (x - y) <= limit)
      continue;
    g_test_message ("%s: element %zu is %.17g, PyTorch has %.13g", where, i, x, y);
    g_test_fail ();
    return;
  }
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
  guint              n_out = tl_op_get_n_out (op, self->n_in);

  if (golden == NULL || fabs (g_ascii_strtod (parts[0], NULL) - operand_sum (self)) > 1e-6) {
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

    compare (where, out[i], parts[i + 1]);
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
load_goldens (const char *path)
{
  g_autofree char   *text = NULL;
  g_auto (GStrv)     lines = NULL;
  g_autoptr (GError) error = NULL;

  goldens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    char *at = lines[i];

    if (*at == '#' || *at == '\0')
      continue;
    for (guint tabs = 0; tabs < 3; tabs++) {
      at = strchr (at, '\t');
      g_assert_nonnull (at);
      at++;
    }
    g_hash_table_insert (goldens, g_strndup (lines[i], (gsize)(at - lines[i]) - 1), g_strdup (at));
  }
}

/* JSON, with Infinity and NaN as Python reads them. */

static void
write_string (FILE       *file,
              const char *text)
{
  g_autofree char *escaped = g_strescape (text != NULL ? text : "", NULL);

  fprintf (file, "\"%s\"", escaped);
}

static void
write_number (FILE  *file,
              double value)
{
  if (isnan (value))
    fprintf (file, "NaN");
  else if (isinf (value))
    fprintf (file, "%sInfinity", value < 0 ? "-" : "");
  else
    fprintf (file, "%.17g", value);
}

static void
write_attr (FILE              *file,
            const TlAttrSpec  *spec,
            const TlAttrValue *value)
{
  switch (spec->type) {
  case TL_ATTR_INT:
    fprintf (file, "%" G_GINT64_FORMAT, value->i);
    return;
  case TL_ATTR_FLOAT:
    write_number (file, value->d);
    return;
  case TL_ATTR_BOOL:
    fprintf (file, value->i != 0 ? "true" : "false");
    return;
  case TL_ATTR_ENUM:
    write_string (file, spec->names[value->i]);
    return;
  case TL_ATTR_DTYPE:
    fprintf (file, "{\"dtype\": \"%s\"}", tl_dtype_name ((TlDType)value->i));
    return;
  case TL_ATTR_STRING:
    write_string (file, value->s);
    return;
  case TL_ATTR_INTS:
  case TL_ATTR_FLOATS:
    break;
  }
  fprintf (file, "[");
  for (gint i = 0; i < value->n; i++) {
    fprintf (file, i > 0 ? ", " : "");
    if (spec->type == TL_ATTR_INTS)
      fprintf (file, "%" G_GINT64_FORMAT, value->v[i]);
    else
      write_number (file, value->f[i]);
  }
  fprintf (file, "]");
}

static void
write_case (FILE            *file,
            const TlOpClass *op,
            const TlSample  *sample)
{
  g_autoptr (Case) self = case_new (op, sample, TL_DTYPE_F64);

  fprintf (file, "{\"op\": \"%s\", \"shapes\": ", op->name);
  write_string (file, sample->shapes);
  fprintf (file, ", \"text\": ");
  write_string (file, sample->attrs);
  fprintf (file, ", \"torch\": ");
  write_string (file, op->torch);
  fprintf (file, ", \"sum\": %.12g, \"attrs\": {", operand_sum (self));
  for (guint i = 0; i < tl_op_get_n_attrs (op); i++) {
    fprintf (file, "%s\"%s\": ", i > 0 ? ", " : "", op->attrs[i].name);
    write_attr (file, &op->attrs[i], &self->attrs[i]);
  }
  fprintf (file, "}, \"inputs\": [");
  for (guint i = 0; i < self->n_in; i++) {
    const CaseOperand *operand = &self->in[i];

    fprintf (file, "%s{\"dtype\": \"%s\", \"shape\": [", i > 0 ? ", " : "", tl_dtype_name (operand->dtype));
    for (guint j = 0; j < operand->rank; j++)
      fprintf (file, "%s%" G_GINT64_FORMAT, j > 0 ? ", " : "", operand->shape[j]);
    fprintf (file, "], \"values\": [");
    for (gsize j = 0; j < operand->n; j++) {
      fprintf (file, j > 0 ? ", " : "");
      write_number (file, operand->values[j]);
    }
    fprintf (file, "]}");
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
  load_goldens (TL_GOLDENS);
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
