/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/attr-private.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"

#define MAX_INTEGER 9007199254740992.0 /* whole numbers up to here are exact in a double */

/**
 * tl_attr_count:
 * @specs: (nullable): attributes of a row
 *
 * Returns: their number
 */
guint
tl_attr_count (const TlAttrSpec *specs)
{
  guint n = 0;

  while (specs != NULL && specs[n].name != NULL)
    n++;
  return n;
}

/**
 * tl_attr_find:
 * @specs: (nullable): attributes of a row
 * @name: a name or an alias
 *
 * Returns: the number of the attribute, or -1
 */
gint
tl_attr_find (const TlAttrSpec *specs,
              const char       *name)
{
  for (guint i = 0; specs != NULL && specs[i].name != NULL; i++)
    if (strcmp (specs[i].name, name) == 0 || g_strcmp0 (specs[i].alias, name) == 0)
      return (gint)i;
  return -1;
}

/**
 * tl_attr_init_defaults:
 * @specs: (nullable): attributes of a row
 * @values: (array) (out): their defaults, in the same order
 */
void
tl_attr_init_defaults (const TlAttrSpec *specs,
                       TlAttrValue      *values)
{
  for (guint i = 0; specs != NULL && specs[i].name != NULL; i++)
    values[i] = specs[i].def;
}

/* Edits from one name to another, twice counted: insertions, deletions, substitutions, neighbours swapped; case counts for little. */
static guint
distance (const char *a,
          const char *b)
{
  guint n = (guint)strlen (a), m = (guint)strlen (b);
  guint rows[3][65];

  if (n > 64 || m > 64)
    return G_MAXUINT;
  for (guint j = 0; j <= m; j++)
    rows[0][j] = 2 * j;
  for (guint i = 1; i <= n; i++) {
    guint *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

    row[0] = 2 * i;
    for (guint j = 1; j <= m; j++) {
      guint differs = a[i - 1] == b[j - 1] ? 0 : g_ascii_tolower (a[i - 1]) == g_ascii_tolower (b[j - 1]) ? 1
                                                                                                          : 2;

      row[j] = MIN (MIN (above[j] + 2, row[j - 1] + 2), above[j - 1] + differs);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = MIN (row[j], before[j - 2] + 2);
    }
  }
  return rows[n % 3][m];
}

/* What differs in case only, or goes on where the name ends, is nearer than any misspelling. */
static guint
likeness (const char *name,
          const char *other)
{
  if (g_ascii_strcasecmp (name, other) == 0)
    return 0;
  if (strlen (name) > 2 && g_ascii_strncasecmp (name, other, strlen (name)) == 0)
    return 1;
  return MIN (distance (name, other), G_MAXUINT / 4);
}

/**
 * tl_attr_nearest:
 * @name: a name that nobody has
 * @names: (array length=n_names): names that there are; %NULL elements are skipped
 * @n_names: their number
 *
 * Returns: (transfer none) (nullable): the name that was probably meant
 */
const char *
tl_attr_nearest (const char        *name,
                 const char *const *names,
                 guint              n_names)
{
  const char *best = NULL;
  guint       least = G_MAXUINT;

  for (guint i = 0; i < n_names; i++) {
    guint edits = names[i] != NULL ? likeness (name, names[i]) : G_MAXUINT;

    /* At most a third of the longer name may be wrong. */
    if (edits >= least || 3 * edits > 2 * MAX (strlen (name), strlen (names[i])))
      continue;
    least = edits;
    best = names[i];
  }
  return best;
}

static void
fail_name (const char       *owner,
           const TlAttrSpec *specs,
           const char       *name,
           GError          **error)
{
  guint                   n = tl_attr_count (specs);
  g_autofree const char **names = g_new0 (const char *, 2 * n + 1);
  const char             *nearest;

  for (guint i = 0; i < n; i++) {
    names[2 * i] = specs[i].name;
    names[2 * i + 1] = specs[i].alias;
  }
  nearest = tl_attr_nearest (name, names, 2 * n);
  if (nearest != NULL)
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s has no attribute %s; did you mean %s?", owner, name, nearest);
  else
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s has no attribute %s", owner, name);
}

typedef struct {
  const char        *owner;
  const TlAttrSpec  *spec;
  const TlAttrInput *input;
  GError           **error;
} Setter;

static gboolean
fail (const Setter *self,
      const char   *format,
      ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (const Setter *self,
      const char   *format,
      ...)
{
  g_autofree char *reason = NULL;
  GString         *value = g_string_new (NULL);
  va_list          args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  tl_attr_append_input (value, self->input);
  g_set_error (self->error, TL_ERROR, TL_ERROR_VALUE, "%s: %s = %s: %s", self->owner, self->spec->name, value->str,
               reason);
  g_string_free (value, TRUE);
  return FALSE;
}

static gboolean
check_range (const Setter *self,
             double        number)
{
  const TlAttrSpec   *spec = self->spec;
  g_autoptr (GString) bounds = NULL;

  if (!spec->has_range || (number >= spec->min && number <= spec->max))
    return TRUE;
  bounds = g_string_new (NULL);
  tl_attr_append_number (bounds, spec->min);
  if (isinf (spec->max))
    return fail (self, "it must be at least %s", bounds->str);
  g_string_append (bounds, " and ");
  tl_attr_append_number (bounds, spec->max);
  return fail (self, "it must be between %s", bounds->str);
}

static gboolean
get_number (const Setter      *self,
            const TlAttrInput *input,
            double            *number)
{
  if (input->type == TL_ATTR_INPUT_INT)
    *number = (double)input->i;
  else if (input->type == TL_ATTR_INPUT_NUMBER)
    *number = input->d;
  else
    return fail (self, "a number is wanted");
  if (isnan (*number))
    return fail (self, "a number is wanted");
  return check_range (self, *number);
}

static gboolean
get_integer (const Setter      *self,
             const TlAttrInput *input,
             gint64            *integer)
{
  if (input->type == TL_ATTR_INPUT_INT)
    *integer = input->i;
  else if (input->type == TL_ATTR_INPUT_DIM && !tl_dim_is_symbolic (input->dim))
    *integer = input->dim;
  else if (input->type == TL_ATTR_INPUT_NUMBER && floor (input->d) == input->d && fabs (input->d) <= MAX_INTEGER)
    *integer = (gint64)input->d;
  else
    return fail (self, "a whole number is wanted");
  return check_range (self, (double)*integer);
}

/*
 * Negative TlDims are symbols.  Where the spec allows negative numbers (axes counted from the end) they are stored as they are and
 * cannot be sizes; where it says nothing, -1 is the size that is left over.
 */
static gboolean
get_size (const Setter      *self,
          const TlAttrInput *input,
          TlDim             *size)
{
  if (input->type == TL_ATTR_INPUT_DIM && tl_dim_is_symbolic (input->dim)) {
    if (self->spec->has_range && self->spec->min < 0)
      return fail (self, "a whole number is wanted");
    *size = input->dim;
    return TRUE;
  }
  if (!get_integer (self, input, size))
    return FALSE;
  if (*size >= 0 || self->spec->has_range)
    return TRUE;
  if (*size != -1)
    return fail (self, "it must not be negative");
  *size = TL_DIM_INVALID;
  return TRUE;
}

static gboolean
set_word (const Setter *self,
          TlAttrValue  *value)
{
  const char *const *words = self->spec->words;
  const char        *text = self->input->type == TL_ATTR_INPUT_STRING ? self->input->s : NULL;

  if (g_strcmp0 (text, words[0]) != 0 && g_strcmp0 (text, words[1]) != 0)
    return fail (self, "numbers, \"%s\" or \"%s\" are wanted", words[0], words[1]);
  *value = (TlAttrValue){ .n = strcmp (text, words[0]) == 0 ? (gint32)MAX (self->spec->n, 1) : 0 };
  return TRUE;
}

static gboolean
set_list (const Setter *self,
          TlAttrValue  *value)
{
  const TlAttrInput *input = self->input;
  const TlAttrInput *items = input->type == TL_ATTR_INPUT_LIST ? input->list : input;
  guint              n = input->type == TL_ATTR_INPUT_LIST ? input->n : 1;
  guint              wanted = self->spec->n;
  TlAttrValue        made = { .n = (gint32)n };

  if (self->spec->words != NULL && (n == 0 || input->type == TL_ATTR_INPUT_STRING))
    return set_word (self, value);
  if (n > TL_ATTR_MAX_INTS)
    return fail (self, "at most %d numbers are possible", TL_ATTR_MAX_INTS);
  if (wanted != 0 && n != wanted && n != 1)
    return fail (self, "%u numbers are wanted, or one for all", wanted);
  for (guint i = 0; i < n; i++)
    if (!(self->spec->type == TL_ATTR_INTS ? get_size (self, &items[i], &made.v[i])
                                           : get_number (self, &items[i], &made.f[i])))
      return FALSE;
  for (guint i = n; n == 1 && i < wanted; i++) {
    made.n = (gint32)wanted;
    made.v[i] = made.v[0];
  }
  *value = made;
  return TRUE;
}

/* Equal lists are one; they stay as long as the program, as interned strings do. */
static const double *
intern_numbers (const double *numbers,
                guint         n)
{
  static GMutex      mutex;
  static GHashTable *lists;
  g_autoptr (GBytes) key = g_bytes_new (numbers, n * sizeof *numbers);
  GBytes            *kept;

  g_mutex_lock (&mutex);
  if (lists == NULL)
    lists = g_hash_table_new (g_bytes_hash, g_bytes_equal);
  kept = g_hash_table_lookup (lists, key);
  if (kept == NULL) {
    kept = g_bytes_ref (key);
    g_hash_table_add (lists, kept);
  }
  g_mutex_unlock (&mutex);
  return g_bytes_get_data (kept, NULL);
}

static gboolean
set_numbers (const Setter *self,
             TlAttrValue  *value)
{
  const TlAttrInput *input = self->input;
  const TlAttrInput *items = input->type == TL_ATTR_INPUT_LIST ? input->list : input;
  guint              n = input->type == TL_ATTR_INPUT_LIST ? input->n : 1;
  g_autofree double *numbers = NULL;

  if (n > TL_ATTR_MAX_NUMBERS)
    return fail (self, "at most %d numbers are possible", TL_ATTR_MAX_NUMBERS);
  numbers = g_new (double, n + 1);
  for (guint i = 0; i < n; i++)
    if (!get_number (self, &items[i], &numbers[i]))
      return FALSE;
  *value = (TlAttrValue){ .n = (gint32)n, .list = intern_numbers (numbers, n) };
  return TRUE;
}

static gboolean
set_enum (const Setter *self,
          TlAttrValue  *value)
{
  const char *const *names = self->spec->names;
  const char        *text = self->input->type == TL_ATTR_INPUT_STRING ? self->input->s : NULL;
  g_autofree char   *all = g_strjoinv (", ", (char **)names);

  for (guint i = 0; text != NULL && names[i] != NULL; i++)
    if (strcmp (names[i], text) == 0) {
      value->i = i;
      return TRUE;
    }
  return fail (self, "it must be one of %s", all);
}

static gboolean
set_dtype (const Setter *self,
           TlAttrValue  *value)
{
  static const char *const torch[] = { "float32", "float64", "float16", "bfloat16", "int8", "uint8", "int32", "int64", "float", "double", "half", "long", "int", NULL };
  static const char *const ours[] = { "f32", "f64", "f16", "bf16", "i8", "u8", "i32", "i64", "f32", "f64", "f16", "i64", "i32" };
  const char              *text = self->input->type == TL_ATTR_INPUT_STRING ? self->input->s : NULL;
  TlDType                  dtype;

  for (guint i = 0; text != NULL && torch[i] != NULL; i++)
    if (strcmp (torch[i], text) == 0)
      text = ours[i];
  if (text == NULL || !tl_dtype_from_name (text, &dtype))
    return fail (self, "it must be one of f32, f64, f16, bf16, i8, u8, i32, i64, bool");
  value->i = dtype;
  return TRUE;
}

static gboolean
set_value (const Setter *self,
           TlAttrValue  *value)
{
  TlAttrValue made = { .i = 0 };
  gboolean    wants_text = self->spec->type == TL_ATTR_ENUM || self->spec->type == TL_ATTR_DTYPE || self->spec->type == TL_ATTR_STRING;

  if ((wants_text || self->spec->words != NULL) && self->input->type == TL_ATTR_INPUT_DIM) {
    g_autofree char *name = tl_dim_to_string (self->input->dim);

    if (wants_text || strcmp (name, self->spec->words[0]) == 0 || strcmp (name, self->spec->words[1]) == 0)
      return fail (self, "a name without quotes is that of a size; write \"%s\"", name);
  }
  switch (self->spec->type) {
  case TL_ATTR_INT:
    if (!get_integer (self, self->input, &made.i))
      return FALSE;
    break;
  case TL_ATTR_FLOAT:
    if (!get_number (self, self->input, &made.d))
      return FALSE;
    break;
  case TL_ATTR_BOOL:
    if (self->input->type != TL_ATTR_INPUT_BOOL)
      return fail (self, "true or false is wanted");
    made.i = self->input->b != FALSE;
    break;
  case TL_ATTR_ENUM:
    if (!set_enum (self, &made))
      return FALSE;
    break;
  case TL_ATTR_DTYPE:
    if (!set_dtype (self, &made))
      return FALSE;
    break;
  case TL_ATTR_INTS:
  case TL_ATTR_FLOATS:
    return set_list (self, value);
  case TL_ATTR_NUMBERS:
    return set_numbers (self, value);
  case TL_ATTR_STRING:
    if (self->input->type != TL_ATTR_INPUT_STRING)
      return fail (self, "a text is wanted");
    made.s = g_intern_string (self->input->s);
    break;
  }
  *value = made;
  return TRUE;
}

/**
 * tl_attr_set:
 * @owner: name of the row, for errors
 * @specs: (nullable): its attributes
 * @values: (array): their values, in the same order
 * @name: name or alias of one
 * @input: its new value; nil for the default
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_NAME for an attribute that the row does not have, %TL_ERROR_VALUE for a wrong type or range
 *
 * Returns: whether it was set; on failure @values is as before
 */
gboolean
tl_attr_set (const char        *owner,
             const TlAttrSpec  *specs,
             TlAttrValue       *values,
             const char        *name,
             const TlAttrInput *input,
             GError           **error)
{
  gint   i = tl_attr_find (specs, name);
  Setter self = { owner, i >= 0 ? &specs[i] : NULL, input, error };

  if (i < 0) {
    fail_name (owner, specs, name, error);
    return FALSE;
  }
  if (input->type == TL_ATTR_INPUT_NIL) {
    values[i] = specs[i].def;
    return TRUE;
  }
  return set_value (&self, &values[i]);
}

/**
 * tl_attr_check_required:
 * @owner: name of the row, for errors
 * @specs: (nullable): its attributes
 * @given: bit i: attribute i was set
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE
 *
 * Returns: whether all attributes that must be set were set
 */
gboolean
tl_attr_check_required (const char       *owner,
                        const TlAttrSpec *specs,
                        guint32           given,
                        GError          **error)
{
  for (guint i = 0; specs != NULL && specs[i].name != NULL; i++)
    if (specs[i].required && (given >> i & 1) == 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %s must be given (%s)", owner, specs[i].name, specs[i].doc);
      return FALSE;
    }
  return TRUE;
}

/**
 * tl_attr_equal:
 * @spec: an attribute
 * @a: a value of it
 * @b: another
 *
 * Returns: whether they are the same
 */
gboolean
tl_attr_equal (const TlAttrSpec  *spec,
               const TlAttrValue *a,
               const TlAttrValue *b)
{
  if (spec->type == TL_ATTR_INTS)
    return a->n == b->n && memcmp (a->v, b->v, (gsize)a->n * sizeof (TlDim)) == 0;
  if (spec->type == TL_ATTR_FLOATS)
    return a->n == b->n && memcmp (a->f, b->f, (gsize)a->n * sizeof (double)) == 0;
  if (spec->type == TL_ATTR_NUMBERS)
    return a->n == b->n && (a->n == 0 || a->list == b->list);
  return a->i == b->i;
}
