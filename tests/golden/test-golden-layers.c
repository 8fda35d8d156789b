/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every layer that PyTorch has, against PyTorch from the same weights: results, gradients of inputs and parameters, in training and out of
 * it, and running statistics afterwards.
 *
 *     layers.txt   one line a case: row, shapes, attributes, sum of the operands, results with a name; see make-goldens.py
 *
 * With "--dump-samples FILE" the program writes the cases as JSON, one a line, for make-goldens.py.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "tests/golden/golden.h"
#include "tests/nn/nn-util.h"

typedef struct {
  const TlLayerClass *klass;
  const TlSample     *sample;
  TlOpClass           as_op; /* what tests/op/sample.c reads of a row */
  TlSample            operands;
  Case               *operand;
  TlLayer            *layer;
} LayerCase;

static GHashTable *goldens; /* "row \t shapes \t attributes" -> the rest of the line */

static gboolean
is_counter (TlVariable *variable)
{
  return variable == NULL || tl_variable_get_kind (variable) == TL_VARIABLE_COUNTER;
}

/* Zeros and ones hide mistakes: every weight is moved by a number of its own. */
static void
shake (TlLayer *layer)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (guint k = 0; k < tl_layer_get_n_variables (layer); k++) {
    TlVariable *variable = tl_layer_get_variable (layer, k);
    double     *data;

    if (is_counter (variable) || tl_tensor_get_dtype (tl_variable_get_value (variable)) != TL_DTYPE_F64)
      continue;
    data = tl_variable_begin_write (variable, NULL);
    for (gsize i = 0; i < tl_tensor_get_n_elements (tl_variable_get_value (variable)); i++)
      data[i] += g_rand_double_range (rand, 0.1, 0.5);
  }
}

static void
layer_case_init (LayerCase          *self,
                 const TlLayerClass *klass,
                 const TlSample     *sample)
{
  const TlMeta      *metas[CASE_MAX_IN];
  TlTensor          *in[CASE_MAX_IN];
  g_autoptr (GError) error = NULL;

  self->klass = klass;
  self->sample = sample;
  self->as_op = (TlOpClass){ .name = klass->name, .in = klass->in };
  self->operands = *sample;
  self->operands.attrs = NULL;
  self->operand = case_new (&self->as_op, &self->operands, TL_DTYPE_F64);
  self->layer = tl_layer_new (klass, "layer", TL_DTYPE_F64);
  set_attrs (self->layer, sample->attrs);
  for (guint i = 0; i < self->operand->n_in; i++) {
    in[i] = case_get_operand (self->operand, i, LAYOUT_CONTIGUOUS);
    metas[i] = in[i] != NULL ? tl_tensor_get_meta (in[i]) : NULL;
  }
  tl_layer_set_up (self->layer, metas, self->operand->n_in, &error);
  g_assert_no_error (error);
  shake (self->layer);
  for (guint i = 0; i < self->operand->n_in; i++)
    tl_tensor_unref (in[i]);
}

static void
layer_case_clear (LayerCase *self)
{
  case_free (self->operand);
  tl_layer_unref (self->layer);
}

static char *
case_key (const LayerCase *self)
{
  return g_strdup_printf ("%s\t%s\t%s", self->klass->name, self->sample->shapes, self->sample->attrs != NULL ? self->sample->attrs : "");
}

static double
case_sum (const LayerCase *self)
{
  double sum = golden_sum (self->operand);

  for (guint k = 0; k < tl_layer_get_n_variables (self->layer); k++) {
    TlVariable *variable = tl_layer_get_variable (self->layer, k);

    if (is_counter (variable))
      continue;
    for (gsize i = 0; i < tl_tensor_get_n_elements (tl_variable_get_value (variable)); i++)
      sum += tl_tensor_peek_element (tl_variable_get_value (variable), i) * (double)(1 + (i + 5 * k) % 11);
  }
  return sum;
}

static gboolean
wants_gradient (const LayerCase *self,
                guint            input)
{
  guint n_ports = tl_op_get_n_ports (self->klass->in);

  return self->operand->in[input].variable != NULL && (self->klass->in[MIN (input, n_ports - 1)].flags & TL_PORT_NODIFF) == 0;
}

/* A random layer is another one in PyTorch while it trains. */
static gboolean
runs_in_training (const LayerCase *self)
{
  return (self->klass->flags & (TL_LAYER_MODAL | TL_LAYER_RANDOM)) == TL_LAYER_MODAL;
}

/* Comparing. */

static void
compare_named (const LayerCase *self,
               GHashTable      *results,
               const char      *mode,
               const char      *prefix,
               const char      *name,
               TlTensor        *tensor)
{
  g_autofree char *label = g_strdup_printf ("%s %s%s", mode, prefix, name);
  g_autofree char *where = g_strdup_printf ("%s {%s} {%s} %s", self->klass->name, self->sample->shapes,
                                            self->sample->attrs != NULL ? self->sample->attrs : "", label);
  const char      *golden = g_hash_table_lookup (results, label);

  if (golden != NULL) {
    golden_compare (where, tensor, golden);
    return;
  }
  g_test_message ("%s: PyTorch has no such result", where);
  g_test_fail ();
}

/* The sum of all y sin (1 + 0.7 i + number of the output). */
static TlTensor *
weighted_sum (TlTensor **out,
              guint      n_out)
{
  g_autoptr (TlTensor) total = NULL;
  GError              *error = NULL;

  for (guint k = 0; k < n_out; k++) {
    gsize                n = tl_tensor_get_n_elements (out[k]);
    g_autofree double   *values = g_new (double, n + 1);
    g_autoptr (TlTensor) weights = NULL;
    g_autoptr (TlTensor) product = NULL;
    g_autoptr (TlTensor) sum = NULL;
    TlTensor            *before = total;

    if (!tl_dtype_is_float (tl_tensor_get_dtype (out[k])))
      continue;
    for (gsize i = 0; i < n; i++)
      values[i] = sin (1 + 0.7 * (double)i + k);
    weights = tl_tensor_new_from_data (TL_DTYPE_F64, tl_tensor_get_rank (out[k]), tl_tensor_get_shape (out[k]), values, &error);
    product = tl_mul (out[k], weights, &error);
    sum = tl_sum (product, NULL, 0, FALSE, &error);
    total = before != NULL ? tl_add (before, sum, &error) : tl_tensor_ref (sum);
    g_assert_no_error (error);
    g_clear_pointer (&before, tl_tensor_unref);
  }
  return g_steal_pointer (&total);
}

/* PyTorch's expression may cut gradients off where PyTorch understands them otherwise. */
static gboolean
has_gradients (GHashTable *results,
               const char *mode)
{
  g_autofree char *prefix = g_strdup_printf ("%s d", mode);
  GHashTableIter   iter;
  gpointer         key;

  g_hash_table_iter_init (&iter, results);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (g_str_has_prefix (key, prefix))
      return TRUE;
  return FALSE;
}

static void
compare_gradients (const LayerCase *self,
                   GHashTable      *results,
                   const char      *mode)
{
  for (guint i = 0; i < self->operand->n_in; i++) {
    g_autofree char *name = g_strdup_printf ("x%u", i);

    if (wants_gradient (self, i) && tl_variable_get_grad (self->operand->in[i].variable) != NULL)
      compare_named (self, results, mode, "d", name, tl_variable_get_grad (self->operand->in[i].variable));
  }
  for (guint k = 0; k < tl_layer_get_n_variables (self->layer); k++) {
    TlVariable *variable = tl_layer_get_variable (self->layer, k);
    const char *name = variable != NULL ? tl_variable_get_path (variable) + strlen ("layer.") : NULL;

    if (is_counter (variable))
      continue;
    if (tl_variable_get_grad (variable) != NULL)
      compare_named (self, results, mode, "d", name, tl_variable_get_grad (variable));
    else if (tl_variable_get_kind (variable) == TL_VARIABLE_BUFFER && strcmp (mode, "train") == 0)
      compare_named (self, results, mode, "", name, tl_variable_get_value (variable));
  }
}

static void
clear_gradients (LayerCase *self)
{
  for (guint i = 0; i < self->operand->n_in; i++)
    if (self->operand->in[i].variable != NULL)
      tl_variable_set_grad (self->operand->in[i].variable, NULL);
  for (guint k = 0; k < tl_layer_get_n_variables (self->layer); k++)
    if (tl_layer_get_variable (self->layer, k) != NULL)
      tl_variable_set_grad (tl_layer_get_variable (self->layer, k), NULL);
}

static gboolean
has_gradient (const LayerCase *self)
{
  for (guint i = 0; i < self->operand->n_in; i++)
    if (wants_gradient (self, i))
      return TRUE;
  for (guint k = 0; k < tl_layer_get_n_variables (self->layer); k++)
    if (tl_layer_get_variable (self->layer, k) != NULL && tl_variable_get_trainable (tl_layer_get_variable (self->layer, k)))
      return TRUE;
  return FALSE;
}

static void
check_mode (LayerCase  *self,
            GHashTable *results,
            const char *mode)
{
  TlTensor            *in[CASE_MAX_IN], *out[TL_OP_MAX_OUT] = { NULL };
  guint                n_out = tl_layer_get_n_out (self->layer);
  g_autoptr (TlTensor) total = NULL;
  g_autoptr (GError)   error = NULL;

  tl_context_set_training (tl_context_get (), strcmp (mode, "train") == 0);
  clear_gradients (self);
  for (guint i = 0; i < self->operand->n_in; i++)
    in[i] = wants_gradient (self, i) ? tl_read (self->operand->in[i].variable) : case_get_operand (self->operand, i, LAYOUT_CONTIGUOUS);
  tl_layer_forward (self->layer, in, self->operand->n_in, out, n_out, &error);
  g_assert_no_error (error);
  for (guint k = 0; k < n_out; k++) {
    g_autofree char *name = g_strdup_printf ("y%u", k);

    compare_named (self, results, mode, "", name, out[k]);
  }
  total = has_gradient (self) && has_gradients (results, mode) ? weighted_sum (out, n_out) : NULL;
  if (total != NULL)
    tl_backward (total, NULL, FALSE, &error);
  g_assert_no_error (error);
  compare_gradients (self, results, mode);
  for (guint i = 0; i < self->operand->n_in; i++)
    tl_tensor_unref (in[i]);
  for (guint k = 0; k < n_out; k++)
    tl_tensor_unref (out[k]);
  tl_context_set_training (tl_context_get (), FALSE);
}

static void
check_case (LayerCase *self)
{
  g_autofree char       *key = case_key (self);
  const char            *golden = g_hash_table_lookup (goldens, key);
  g_auto (GStrv)         parts = golden != NULL ? g_strsplit (golden, "\t", -1) : NULL;
  g_autoptr (GHashTable) results = g_hash_table_new (g_str_hash, g_str_equal);

  if (golden == NULL || fabs (g_ascii_strtod (parts[0], NULL) - case_sum (self)) > 1e-6) {
    g_test_message ("%s: %s; run tests/golden/make-goldens.py", key, golden == NULL ? "no golden" : "the sample has changed");
    g_test_fail ();
    return;
  }
  for (guint i = 1; parts[i] != NULL; i++) {
    char *equals = strchr (parts[i], '=');

    g_assert_nonnull (equals);
    *equals = '\0';
    g_hash_table_insert (results, parts[i], equals + 1);
  }
  if (runs_in_training (self))
    check_mode (self, results, "train");
  check_mode (self, results, "eval");
}

static void
test_row (gconstpointer data)
{
  const TlLayerClass *klass = data;

  for (const TlSample *sample = klass->samples; sample->shapes != NULL; sample++) {
    LayerCase self;

    layer_case_init (&self, klass, sample);
    check_case (&self);
    layer_case_clear (&self);
  }
}

/* Writing the cases. */

static void
write_state (FILE    *file,
             TlLayer *layer)
{
  guint n = 0;

  for (guint k = 0; k < tl_layer_get_n_variables (layer); k++) {
    TlVariable *variable = tl_layer_get_variable (layer, k);

    if (is_counter (variable))
      continue;
    fprintf (file, "%s\"%s\": ", n++ > 0 ? ", " : "", tl_variable_get_path (variable) + strlen ("layer."));
    golden_write_tensor (file, tl_variable_get_value (variable));
  }
}

static void
write_case (FILE            *file,
            const LayerCase *self)
{
  fprintf (file, "{\"op\": \"%s\", \"shapes\": ", self->klass->name);
  golden_write_string (file, self->sample->shapes);
  fprintf (file, ", \"text\": ");
  golden_write_string (file, self->sample->attrs);
  fprintf (file, ", \"torch\": ");
  golden_write_string (file, self->klass->torch);
  fprintf (file, ", \"sum\": %.12g, \"attrs\": ", case_sum (self));
  golden_write_attrs (file, self->klass->attrs, tl_layer_get_attrs (self->layer));
  fprintf (file, ", \"modes\": [%s\"eval\"], \"state\": {", runs_in_training (self) ? "\"train\", " : "");
  write_state (file, self->layer);
  fprintf (file, "}, \"inputs\": [");
  for (guint i = 0; i < self->operand->n_in; i++) {
    fprintf (file, i > 0 ? ", " : "");
    golden_write_operand (file, &self->operand->in[i]);
  }
  fprintf (file, "], \"diff\": [");
  for (guint i = 0; i < self->operand->n_in; i++)
    fprintf (file, "%s%s", i > 0 ? ", " : "", wants_gradient (self, i) ? "true" : "false");
  fprintf (file, "]}\n");
}

static void
dump_samples (const char *path)
{
  FILE *file = g_fopen (path, "w");

  g_assert_nonnull (file);
  for (guint row = 0; row < tl_layer_get_n_rows (); row++) {
    const TlLayerClass *klass = tl_layer_get_row (row);

    for (const TlSample *sample = klass->samples; klass->torch != NULL && sample->shapes != NULL; sample++) {
      LayerCase self;

      layer_case_init (&self, klass, sample);
      write_case (file, &self);
      layer_case_clear (&self);
    }
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
  for (guint i = 0; i < tl_layer_get_n_rows (); i++) {
    const TlLayerClass *klass = tl_layer_get_row (i);
    g_autofree char    *path = g_strdup_printf ("/golden/layers/%s", klass->name);

    if (klass->torch != NULL)
      g_test_add_data_func (path, klass, test_row);
  }
  failed = g_test_run ();
  g_hash_table_unref (goldens);
  return failed;
}
