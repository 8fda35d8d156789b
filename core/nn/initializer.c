/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/initializer.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/kernels/philox.h"

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
spread_as_given (double        a,
                 const TlMeta *meta)
{
  return a;
}

static double
spread_kaiming_normal (double        a,
                       const TlMeta *meta)
{
  return sqrt (2 / ((1 + a * a) * fan (meta, 1)));
}

static double
spread_kaiming_uniform (double        a,
                        const TlMeta *meta)
{
  return sqrt (3.0) * spread_kaiming_normal (a, meta);
}

static double
spread_xavier_normal (double        a,
                      const TlMeta *meta)
{
  return a * sqrt (2 / (fan (meta, 0) + fan (meta, 1)));
}

static double
spread_xavier_uniform (double        a,
                       const TlMeta *meta)
{
  return sqrt (3.0) * spread_xavier_normal (a, meta);
}

const TlInitializer tl_initializer_constant = {
  .name = "constant",
  .doc = "The same number everywhere.",
  .source = "elementary",
  .spread = spread_as_given,
  .kind = TL_INIT_FILL,
};

const TlInitializer tl_initializer_kaiming_normal = {
  .name = "kaiming_normal",
  .doc = "Normal, so that rectified layers keep the size of their input; the number is the negative slope.",
  .source = "He et al. 2015, arXiv:1502.01852",
  .spread = spread_kaiming_normal,
  .kind = TL_INIT_DRAW_NORMAL,
};

const TlInitializer tl_initializer_kaiming_uniform = {
  .name = "kaiming_uniform",
  .doc = "Uniform, so that rectified layers keep the size of their input; the number is the negative slope.",
  .source = "He et al. 2015, arXiv:1502.01852",
  .default_a = 2.23606797749978969641, /* sqrt 5, as PyTorch's Linear and Conv2d: the bound is 1 / sqrt (inputs) */
  .spread = spread_kaiming_uniform,
  .kind = TL_INIT_DRAW_UNIFORM,
};

const TlInitializer tl_initializer_normal = {
  .name = "normal",
  .doc = "Normal around 0; the number is the deviation.",
  .source = "Box & Muller 1958, doi:10.1214/aoms/1177706645",
  .default_a = 1,
  .spread = spread_as_given,
  .kind = TL_INIT_DRAW_NORMAL,
};

const TlInitializer tl_initializer_ones = {
  .name = "ones",
  .doc = "Ones.",
  .source = "elementary",
  .default_a = 1,
  .spread = spread_as_given,
  .kind = TL_INIT_FILL,
};

const TlInitializer tl_initializer_uniform = {
  .name = "uniform",
  .doc = "Uniform around 0; the number is the bound.",
  .source = "elementary",
  .default_a = 1,
  .spread = spread_as_given,
  .kind = TL_INIT_DRAW_UNIFORM,
};

const TlInitializer tl_initializer_xavier_normal = {
  .name = "xavier_normal",
  .doc = "Normal, so that signal and gradient keep their size; the number is the gain.",
  .source = "Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
  .default_a = 1,
  .spread = spread_xavier_normal,
  .kind = TL_INIT_DRAW_NORMAL,
};

const TlInitializer tl_initializer_xavier_uniform = {
  .name = "xavier_uniform",
  .doc = "Uniform, so that signal and gradient keep their size; the number is the gain.",
  .source = "Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
  .default_a = 1,
  .spread = spread_xavier_uniform,
  .kind = TL_INIT_DRAW_UNIFORM,
};

const TlInitializer tl_initializer_zeros = {
  .name = "zeros",
  .doc = "Zeros.",
  .source = "elementary",
  .spread = spread_as_given,
  .kind = TL_INIT_FILL,
};

static const TlInitializer *const rows[] = {
#define TL_INITIALIZER(name) &tl_initializer_##name,
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

/* In [0, 1), never 0 itself: 32 bits and a half. */
static double
unit (guint32 word)
{
  return ((double)word + 0.5) * 0x1p-32;
}

/*
 * Four words make four uniform numbers or two pairs of normal ones.  Everything is computed in f64 and rounded once, so an f32 and an
 * f64 model of the same seed start at the same point.
 */
static void
draw (gpointer    data,
      TlDType     dtype,
      gsize       n,
      TlPhiloxKey key,
      gboolean    is_normal,
      double      spread)
{
  for (gsize i = 0; i < n; i += 4) {
    guint32 words[4];
    double  values[4];

    tl_philox (key, 0, i / 4, words);
    for (guint j = 0; j < 4; j++)
      values[j] = (2 * unit (words[j]) - 1) * spread;
    for (guint j = 0; j < 4 && is_normal; j += 2) {
      double radius = spread * sqrt (-2 * log (unit (words[j])));
      double angle = 2 * G_PI * unit (words[j + 1]);

      values[j] = radius * cos (angle);
      values[j + 1] = radius * sin (angle);
    }
    for (guint j = 0; j < 4 && i + j < n; j++)
      put (data, dtype, i + j, values[j]);
  }
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
 * Errors: %TL_ERROR_MEMORY, %TL_ERROR_DTYPE
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
  double        spread = init->row->spread (init->a, meta);
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
  if (init->row->kind == TL_INIT_FILL)
    for (gsize i = 0; i < n; i++)
      put (data, meta->dtype, i, spread);
  else
    draw (data, meta->dtype, n, key, init->row->kind == TL_INIT_DRAW_NORMAL, spread);
  return TRUE;
}
