/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/initializer-private.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/attr.h"
#include "core/graph/names.h"

/* Weights are [out, in, kernel...]. */
static double
fan (const TlMeta *meta,
     guint         axis)
{
  double n = meta->rank > axis ? (double)meta->shape[axis] : 1;

  for (guint i = 2; i < meta->rank; i++)
    n *= (double)meta->shape[i];
  return MAX (n, 1);
}

static double
as_given (double        a,
          const TlMeta *meta)
{
  return a;
}

static double
kaiming_normal (double        a,
                const TlMeta *meta)
{
  return sqrt (2 / ((1 + a * a) * fan (meta, 1)));
}

static double
kaiming_uniform (double        a,
                 const TlMeta *meta)
{
  return sqrt (3.0) * kaiming_normal (a, meta);
}

static double
kaiming_normal_fan_out (double        a,
                        const TlMeta *meta)
{
  return sqrt (2 / ((1 + a * a) * fan (meta, 0)));
}

static double
kaiming_uniform_fan_out (double        a,
                         const TlMeta *meta)
{
  return sqrt (3.0) * kaiming_normal_fan_out (a, meta);
}

static double
xavier_normal (double        a,
               const TlMeta *meta)
{
  return a * sqrt (2 / (fan (meta, 0) + fan (meta, 1)));
}

static double
xavier_uniform (double        a,
                const TlMeta *meta)
{
  return sqrt (3.0) * xavier_normal (a, meta);
}

static double
lecun_normal (double        a,
              const TlMeta *meta)
{
  return a / sqrt (fan (meta, 1));
}

static double
lecun_uniform (double        a,
               const TlMeta *meta)
{
  return sqrt (3.0) * lecun_normal (a, meta);
}

/* A row's function is one that spreads or one that makes. */
#define FUNCTION_FILL(function) .spread = function
#define FUNCTION_UNIFORM(function) .spread = function
#define FUNCTION_NORMAL(function) .spread = function
#define FUNCTION_TRUNCATED(function) .spread = function
#define FUNCTION_MAKE(function) .make = tl_init_##function

#define TL_INITIALIZER(row_name, row_kind, function, a, what, where) \
  const TlInitializer tl_initializer_##row_name = {                  \
    .name = #row_name,                                               \
    .doc = what,                                                     \
    .source = where,                                                 \
    .kind = TL_INIT_##row_kind,                                      \
    .default_a = a,                                                  \
    FUNCTION_##row_kind (function),                                  \
  };
TL_INITIALIZERS (TL_INITIALIZER)
#undef TL_INITIALIZER

static const TlInitializer *const rows[] = {
#define TL_INITIALIZER(name, ...) &tl_initializer_##name,
  TL_INITIALIZERS (TL_INITIALIZER)
#undef TL_INITIALIZER
};

/**
 * tl_initializer_find:
 * @name: a row's name
 *
 * Returns: (transfer none) (nullable): the row
 */
const TlInitializer *
tl_initializer_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i]->name, name) == 0)
      return rows[i];
  return NULL;
}

/**
 * tl_initializer_get_n_rows:
 *
 * Returns: the number of initialisers
 */
guint
tl_initializer_get_n_rows (void)
{
  return G_N_ELEMENTS (rows);
}

/**
 * tl_initializer_get_row:
 * @row: a number below tl_initializer_get_n_rows()
 *
 * Returns: (transfer none): the initialiser
 */
const TlInitializer *
tl_initializer_get_row (guint row)
{
  g_return_val_if_fail (row < G_N_ELEMENTS (rows), NULL);
  return rows[row];
}

static void
put (gpointer data,
     TlDType  dtype,
     gsize    i,
     double   value)
{
  switch (dtype) {
  case TL_DTYPE_F32:
    ((float *)data)[i] = (float)value;
    break;
  case TL_DTYPE_F64:
    ((double *)data)[i] = value;
    break;
  case TL_DTYPE_I64:
    ((gint64 *)data)[i] = (gint64)value;
    break;
  default:
    g_assert_not_reached ();
  }
}

/* Four words make four uniform numbers or two pairs of normal ones. */
static void
draw_four (TlPhiloxKey key,
           guint64     call,
           guint64     at,
           gboolean    is_normal,
           double     *values)
{
  guint32 words[4];

  tl_philox (key, call, at, words);
  for (guint j = 0; j < 4; j++)
    values[j] = 2 * tl_init_unit (words[j]) - 1;
  for (guint j = 0; j < 4 && is_normal; j += 2) {
    double radius = sqrt (-2 * log (tl_init_unit (words[j])));
    double angle = 2 * G_PI * tl_init_unit (words[j + 1]);

    values[j] = radius * cos (angle);
    values[j + 1] = radius * sin (angle);
  }
}

/*
 * Everything is computed in f64 and rounded once, so an f32 and an f64 model of the same seed start at the same point.  What lies beyond
 * two deviations of a truncated draw is drawn again, as another call.
 */
static void
draw (gpointer    data,
      TlDType     dtype,
      gsize       n,
      TlPhiloxKey key,
      TlInitKind  kind,
      double      spread)
{
  for (gsize i = 0; i < n; i += 4) {
    double values[4], others[4];

    draw_four (key, 0, i / 4, kind != TL_INIT_UNIFORM, values);
    for (guint j = 0; j < 4 && i + j < n; j++) {
      for (guint64 call = 1; kind == TL_INIT_TRUNCATED && fabs (values[j]) > 2; call++) {
        draw_four (key, call, i / 4, TRUE, others);
        values[j] = others[j];
      }
      put (data, dtype, i + j, values[j] * spread);
    }
  }
}

static gboolean
make (gpointer      data,
      const TlMeta *meta,
      TlPhiloxKey   key,
      const TlInit *init,
      GError      **error)
{
  gsize   n = (gsize)tl_meta_get_n_elements (meta);
  double *values = g_try_new (double, n + 1);

  if (values == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "%s: out of memory for %" G_GSIZE_FORMAT " numbers", init->row->name, n);
    return FALSE;
  }
  if (!init->row->make (init->a, meta, key, values, error)) {
    g_free (values);
    return FALSE;
  }
  for (gsize i = 0; i < n; i++)
    put (data, meta->dtype, i, values[i]);
  g_free (values);
  return TRUE;
}

/**
 * tl_init_parse:
 * @text: a row's name, with its number if it is not the default: "orthogonal", "normal(0.02)"
 * @init: (out): what it says
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_NAME, %TL_ERROR_VALUE
 *
 * Returns: whether it was understood
 */
gboolean
tl_init_parse (const char *text,
               TlInit     *init,
               GError    **error)
{
  const char      *names[G_N_ELEMENTS (rows)], *open = strchr (text, '(');
  g_autofree char *name = g_strstrip (open != NULL ? g_strndup (text, (gsize)(open - text)) : g_strdup (text));
  char            *end = NULL;

  *init = (TlInit){ tl_initializer_find (name) };
  if (init->row == NULL) {
    g_autofree char *hint = NULL;

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      names[i] = rows[i]->name;
    hint = tl_name_hint ("nn.init", name, names, G_N_ELEMENTS (names), 1);
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "there is no initialiser %s%s", name, hint);
    return FALSE;
  }
  init->a = init->row->default_a;
  if (open == NULL)
    return TRUE;
  init->a = g_ascii_strtod (open + 1, &end);
  if (end == open + 1 || strcmp (end + strspn (end, " "), ")") != 0 || !isfinite (init->a)) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: a number in parentheses is wanted behind %s, as in %s(0.5)", text, name, name);
    return FALSE;
  }
  return TRUE;
}

/**
 * tl_initialize:
 * @variable: a variable, f32, f64 or i64
 * @init: how
 * @seed: the document's seed
 * @error: return location for an error
 *
 * Gives a variable its first value: a function of @seed, its path and @init.  A described one stays without.
 *
 * Errors: %TL_ERROR_MEMORY, %TL_ERROR_DTYPE, %TL_ERROR_SHAPE for a shape that the initialiser does not have
 *
 * Returns: whether it worked
 */
gboolean
tl_initialize (TlVariable   *variable,
               const TlInit *init,
               guint64       seed,
               GError      **error)
{
  const TlMeta *meta = tl_tensor_get_meta (tl_variable_get_value (variable));
  TlPhiloxKey   key = tl_philox_key (seed, tl_variable_get_stream (variable));
  gsize         n = (gsize)tl_meta_get_n_elements (meta);
  double        spread = init->row->spread != NULL ? init->row->spread (init->a, meta) : 0;
  gpointer      data;

  if (meta->dtype != TL_DTYPE_F32 && meta->dtype != TL_DTYPE_F64 && meta->dtype != TL_DTYPE_I64) {
    g_set_error (error, TL_ERROR, TL_ERROR_DTYPE, "%s: a variable of dtype %s cannot be initialised",
                 tl_variable_get_path (variable), tl_dtype_name (meta->dtype));
    return FALSE;
  }
  if (tl_tensor_is_described (tl_variable_get_value (variable)))
    return TRUE;
  data = tl_variable_begin_write (variable, error);
  if (data == NULL)
    return n == 0;
  if (init->row->kind == TL_INIT_MAKE) {
    if (!make (data, meta, key, init, error))
      return FALSE;
  } else if (init->row->kind == TL_INIT_FILL) {
    for (gsize i = 0; i < n; i++)
      put (data, meta->dtype, i, spread);
  } else {
    draw (data, meta->dtype, n, key, init->row->kind, spread);
  }
  if (init->zero_row > 0) {
    gsize length = n / (gsize)meta->shape[0];

    for (gsize i = 0; i < length; i++)
      put (data, meta->dtype, ((gsize)init->zero_row - 1) * length + i, 0);
  }
  return TRUE;
}
