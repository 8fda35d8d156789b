/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/golden/golden.h"

#include <math.h>
#include <string.h>

double
golden_sum (const Case *self)
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

/* In 16 bits one unit of the last place: PyTorch rounds some results twice. */
static double
tolerance_of (TlDType dtype)
{
  return dtype == TL_DTYPE_BF16 ? 0x1p-7 : dtype == TL_DTYPE_F16 ? 0x1p-10
                                         : dtype == TL_DTYPE_F32 ? 2e-6
                                                                 : 1e-10;
}

void
golden_compare (const char *where,
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
  limit = tolerance_of (tl_tensor_get_dtype (tensor)) * (1 + largest (at));
  for (gsize i = 0; i < tl_tensor_get_n_elements (tensor); i++) {
    double x = tl_tensor_peek_element (tensor, i), y = parse_value (&at);

    if (x == y || (isnan (x) && isnan (y)) || fabs (x - y) <= limit)
      continue;
    g_test_message ("%s: element %zu is %.17g, PyTorch has %.13g", where, i, x, y);
    g_test_fail ();
    return;
  }
}

GHashTable *
golden_load (const char *path)
{
  g_autofree char   *text = NULL;
  g_auto (GStrv)     lines = NULL;
  g_autoptr (GError) error = NULL;

  GHashTable *goldens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
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
  return goldens;
}

void
golden_write_string (FILE       *file,
                     const char *text)
{
  g_autofree char *escaped = g_strescape (text != NULL ? text : "", NULL);

  fprintf (file, "\"%s\"", escaped);
}

void
golden_write_number (FILE  *file,
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
    golden_write_number (file, value->d);
    return;
  case TL_ATTR_BOOL:
    fprintf (file, value->i != 0 ? "true" : "false");
    return;
  case TL_ATTR_ENUM:
    golden_write_string (file, spec->names[value->i]);
    return;
  case TL_ATTR_DTYPE:
    fprintf (file, "{\"dtype\": \"%s\"}", tl_dtype_name ((TlDType)value->i));
    return;
  case TL_ATTR_STRING:
    golden_write_string (file, value->s);
    return;
  case TL_ATTR_INTS:
  case TL_ATTR_FLOATS:
  case TL_ATTR_NUMBERS:
    break;
  }
  fprintf (file, "[");
  for (gint i = 0; i < value->n; i++) {
    fprintf (file, i > 0 ? ", " : "");
    if (spec->type == TL_ATTR_INTS)
      fprintf (file, "%" G_GINT64_FORMAT, value->v[i]);
    else
      golden_write_number (file, spec->type == TL_ATTR_FLOATS ? value->f[i] : value->list[i]);
  }
  fprintf (file, "]");
}

void
golden_write_attrs (FILE              *file,
                    const TlAttrSpec  *specs,
                    const TlAttrValue *values)
{
  fprintf (file, "{");
  for (guint i = 0; i < tl_attr_count (specs); i++) {
    fprintf (file, "%s\"%s\": ", i > 0 ? ", " : "", specs[i].name);
    write_attr (file, &specs[i], &values[i]);
  }
  fprintf (file, "}");
}

static void
write_meta (FILE        *file,
            TlDType      dtype,
            guint        rank,
            const TlDim *shape)
{
  fprintf (file, "{\"dtype\": \"%s\", \"shape\": [", tl_dtype_name (dtype));
  for (guint i = 0; i < rank; i++)
    fprintf (file, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", shape[i]);
  fprintf (file, "], \"values\": [");
}

void
golden_write_operand (FILE              *file,
                      const CaseOperand *operand)
{
  if (operand->is_missing) {
    fprintf (file, "null");
    return;
  }
  write_meta (file, operand->dtype, operand->rank, operand->shape);
  for (gsize i = 0; i < operand->n; i++) {
    fprintf (file, i > 0 ? ", " : "");
    golden_write_number (file, operand->values[i]);
  }
  fprintf (file, "]}");
}

void
golden_write_tensor (FILE     *file,
                     TlTensor *tensor)
{
  write_meta (file, tl_tensor_get_dtype (tensor), tl_tensor_get_rank (tensor), tl_tensor_get_shape (tensor));
  for (gsize i = 0; i < tl_tensor_get_n_elements (tensor); i++) {
    fprintf (file, i > 0 ? ", " : "");
    golden_write_number (file, tl_tensor_peek_element (tensor, i));
  }
  fprintf (file, "]}");
}
