/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random graphs of rows of the table: 5 to 40 rows that take each other's results, with attributes and operands that fit or do not.  Every
 * row answers or says what is wrong; what a graph computes at once, a plan computes too, node by node and fused, and two threads compute
 * what one does; so for its gradients.
 *
 * TL_RANDOM_GRAPHS says how many graphs (300), TL_RANDOM_SEED the first seed; a failure names the seed of its graph.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/attr.h"
#include "core/graph/autodiff.h"
#include "core/graph/plan.h"
#include "core/op/ops.h"
#include "core/tensor/variable.h"

#define MAX_VALUES 200
#define MAX_LEAVES 6
#define MAX_RECORDED 40
#define MAX_IN 6
#define MAX_OUT 8
#define MOST_ELEMENTS 5000

/* One row as it was applied: numbers of values in, and its attributes. */
typedef struct {
  const TlOpClass *op;
  TlAttrValue      attrs[TL_OP_MAX_ATTRS];
  guint            n_in;
  gint             in[MAX_IN]; /* -1: not given */
  guint            n_out;
} Recorded;

typedef struct {
  guint       seed;
  GRand      *rand;
  TlVariable *leaves[MAX_LEAVES];
  guint       n_leaves;
  TlTensor   *values[MAX_VALUES]; /* the leaves, then results */
  guint       n_values;
  Recorded    rows[MAX_RECORDED];
  guint       n_rows;
  guint       n_refused;
} Graph;

static gint
draw (Graph *self,
      gint   first,
      gint   end)
{
  return g_rand_int_range (self->rand, first, end);
}

static gboolean
chance (Graph *self,
        double share)
{
  return g_rand_double (self->rand) < share;
}

/* Sizes are small and often alike, so that shapes meet; now and then 0, and huge where they are only views. */
static TlDim
draw_size (Graph *self)
{
  static const TlDim sizes[] = { 0, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 8 };

  return sizes[draw (self, 0, G_N_ELEMENTS (sizes))];
}

static const TlDType leaf_dtypes[] = { TL_DTYPE_F32, TL_DTYPE_F32, TL_DTYPE_F32, TL_DTYPE_F64, TL_DTYPE_I64, TL_DTYPE_BOOL };

static void
add_leaf (Graph *self)
{
  TlDim              shape[4];
  guint              rank = (guint)draw (self, 0, 5);
  TlDType            dtype = leaf_dtypes[draw (self, 0, G_N_ELEMENTS (leaf_dtypes))];
  g_autoptr (GError) error = NULL;
  TlTensor          *wide, *value;
  double            *data;

  for (guint i = 0; i < rank; i++)
    shape[i] = draw_size (self);
  wide = tl_tensor_new (TL_DTYPE_F64, rank, shape, &error);
  g_assert_no_error (error);
  data = tl_tensor_peek_data (wide);
  for (gsize i = 0; i < tl_tensor_get_n_elements (wide); i++)
    data[i] = tl_dtype_is_float (dtype) ? g_rand_double_range (self->rand, -2, 2) : draw (self, 0, 4);
  value = tl_cast (wide, dtype, &error);
  g_assert_no_error (error);
  tl_tensor_unref (wide);
  if (tl_dtype_is_float (dtype)) {
    g_autofree char *name = g_strdup_printf ("leaf%u", self->n_leaves);

    self->leaves[self->n_leaves] = tl_variable_new (name, TL_VARIABLE_PARAMETER, value, &error);
  } else {
    g_autofree char *name = g_strdup_printf ("leaf%u", self->n_leaves);

    self->leaves[self->n_leaves] = tl_variable_new (name, TL_VARIABLE_BUFFER, value, &error);
  }
  g_assert_no_error (error);
  self->n_leaves++;
  tl_tensor_unref (value);
}

static double
draw_number (Graph            *self,
             const TlAttrSpec *spec)
{
  static const double numbers[] = { 0, 1, 2, 0.5, -1, 3, 1e-3, 1e6, -7, INFINITY, NAN };
  double              value = numbers[draw (self, 0, chance (self, 0.8) ? 6 : (gint)G_N_ELEMENTS (numbers))];

  return spec->has_range && chance (self, 0.9) ? CLAMP (value, spec->min, spec->max) : value;
}

static gint64
draw_whole (Graph            *self,
            const TlAttrSpec *spec)
{
  static const gint64 huge[] = { G_MAXINT64, G_MININT64, 1LL << 40, -(1LL << 40), 100000 };
  gint64              value = chance (self, 0.97) ? draw (self, -2, 5) : huge[draw (self, 0, G_N_ELEMENTS (huge))];

  if (spec->has_range && chance (self, 0.9))
    value = (gint64)CLAMP ((double)value, MAX (spec->min, -9e18), MIN (spec->max, 9e18));
  return value;
}

static void
draw_attr (Graph            *self,
           const TlAttrSpec *spec,
           TlAttrValue      *value)
{
  static const TlDType     dtypes[] = { TL_DTYPE_F32, TL_DTYPE_F64, TL_DTYPE_I64, TL_DTYPE_I32, TL_DTYPE_U8, TL_DTYPE_BOOL, TL_DTYPE_F16, TL_DTYPE_BF16 };
  static const char *const texts[] = { "", "i", "ij,jk->ik", "i,i->", "ii->i", "...ij->...ji", "i,j", "->", ",", "ij,j", "a...,b...->ab..." };
  guint                    n_names = 0;

  switch (spec->type) {
  case TL_ATTR_INT:
    value->i = draw_whole (self, spec);
    break;
  case TL_ATTR_BOOL:
    value->i = draw (self, 0, 2);
    break;
  case TL_ATTR_FLOAT:
    value->d = draw_number (self, spec);
    break;
  case TL_ATTR_ENUM:
    while (spec->names[n_names] != NULL)
      n_names++;
    value->i = draw (self, 0, (gint)n_names);
    break;
  case TL_ATTR_DTYPE:
    value->i = dtypes[draw (self, 0, G_N_ELEMENTS (dtypes))];
    break;
  case TL_ATTR_INTS:
  case TL_ATTR_FLOATS:
    value->n = spec->n > 0 ? (gint)spec->n : draw (self, 0, 4);
    for (gint i = 0; i < value->n; i++)
      if (spec->type == TL_ATTR_INTS)
        value->v[i] = draw_whole (self, spec);
      else
        value->f[i] = draw_number (self, spec);
    break;
  case TL_ATTR_STRING:
    value->s = texts[draw (self, 0, G_N_ELEMENTS (texts))];
    break;
  case TL_ATTR_NUMBERS:
    break;
  }
}

/* Half of the attributes keep their defaults. */
static void
draw_attrs (Graph    *self,
            Recorded *row)
{
  tl_attr_init_defaults (row->op->attrs, row->attrs);
  for (guint i = 0; row->op->attrs != NULL && row->op->attrs[i].name != NULL; i++)
    if (strcmp (row->op->attrs[i].name, "epilogue") != 0 && strcmp (row->op->attrs[i].name, "unused") != 0 &&
        (row->op->attrs[i].required || chance (self, 0.5)))
      draw_attr (self, &row->op->attrs[i], &row->attrs[i]);
}

static void
draw_inputs (Graph    *self,
             Recorded *row)
{
  const TlPort *ports = row->op->in;
  guint         n = tl_op_get_n_ports (ports);

  row->n_in = 0;
  for (guint i = 0; i < n; i++) {
    gint times = (ports[i].flags & TL_PORT_VARIADIC) != 0 ? draw (self, 1, 4) : 1;

    for (gint k = 0; k < times && row->n_in < MAX_IN; k++)
      row->in[row->n_in++] = (ports[i].flags & TL_PORT_OPTIONAL) != 0 && chance (self, 0.6) ? -1 : draw (self, 0, (gint)self->n_values);
  }
}

/* What must not be in a graph: updates, what plans make by themselves, and what reads its operands. */
static gboolean
is_wanted (const TlOpClass *op)
{
  return (op->flags & (TL_OP_UPDATE | TL_OP_DATA_SIZED | TL_OP_INTERNAL | TL_OP_RANDOM)) == 0 && tl_op_get_n_ports (op->in) > 0;
}

static gboolean
apply_row (Graph          *self,
           const Recorded *row,
           TlTensor      **out,
           GError        **error)
{
  TlTensor *in[MAX_IN];

  for (guint i = 0; i < row->n_in; i++)
    in[i] = row->in[i] >= 0 ? self->values[row->in[i]] : NULL;
  return tl_op_apply (row->op, in, row->n_in, row->attrs, out, row->n_out, error);
}

static gboolean
is_too_large (const TlMeta *metas,
              guint         n)
{
  for (guint i = 0; i < n; i++)
    if (tl_meta_get_n_elements (&metas[i]) > MOST_ELEMENTS || tl_meta_get_n_elements (&metas[i]) < 0)
      return TRUE;
  return FALSE;
}

/* Whether results stay small: known from a trace, in which nothing is computed. */
static gboolean
would_fit (Graph          *self,
           const Recorded *row)
{
  TlTrace           *trace = tl_trace_begin (tl_context_get ());
  TlTensor          *out[MAX_OUT] = { NULL };
  g_autoptr (GError) error = NULL;
  gboolean           fits = apply_row (self, row, out, &error);

  for (guint i = 0; i < row->n_out && fits; i++)
    fits = !is_too_large (tl_tensor_get_meta (out[i]), 1);
  for (guint i = 0; i < MAX_OUT; i++)
    if (out[i] != NULL)
      tl_tensor_unref (out[i]);
  tl_trace_abandon (trace);
  if (error != NULL)
    g_assert_null (strchr (error->message, '\n'));
  return fits;
}

static void
try_row (Graph *self)
{
  Recorded          *row = &self->rows[self->n_rows];
  TlTensor          *in[MAX_IN], *out[MAX_OUT] = { NULL };
  g_autoptr (GError) error = NULL;

  do
    row->op = tl_op_get_row ((guint)draw (self, 0, (gint)tl_op_get_n_rows ()));
  while (!is_wanted (row->op));
  draw_inputs (self, row);
  draw_attrs (self, row);
  for (guint i = 0; i < row->n_in; i++)
    in[i] = row->in[i] >= 0 ? self->values[row->in[i]] : NULL;
  if (!tl_op_count_out (row->op, in, row->n_in, row->attrs, &row->n_out, &error) || row->n_out > MAX_OUT ||
      self->n_values + row->n_out > MAX_VALUES || !would_fit (self, row) || !apply_row (self, row, out, &error)) {
    self->n_refused++;
    return;
  }
  for (guint i = 0; i < row->n_out; i++)
    self->values[self->n_values++] = out[i];
  self->n_rows++;
}

static void
read_leaves (Graph *self)
{
  for (self->n_values = 0; self->n_values < self->n_leaves; self->n_values++)
    self->values[self->n_values] = tl_read (self->leaves[self->n_values]);
}

static void
clear_values (Graph *self)
{
  while (self->n_values > 0)
    tl_tensor_unref (self->values[--self->n_values]);
}

/* All results once more, as they were recorded; in a trace, or on other threads. */
static gboolean
replay (Graph   *self,
        GError **error)
{
  read_leaves (self);
  for (guint k = 0; k < self->n_rows; k++) {
    TlTensor *out[MAX_OUT];

    if (!apply_row (self, &self->rows[k], out, error))
      return FALSE;
    for (guint i = 0; i < self->rows[k].n_out; i++)
      self->values[self->n_values++] = out[i];
  }
  return TRUE;
}

/* The sum of all floating results, and its gradients for the leaves.  Returns: (transfer full): results, sum and gradients, some NULL */
static GPtrArray *
differentiate (Graph   *self,
               GError **error)
{
  g_autoptr (TlTensor) loss = NULL;
  GPtrArray           *results = g_ptr_array_new ();
  TlTensor            *wanted[MAX_LEAVES], *gradients[MAX_LEAVES] = { NULL };
  guint                n = 0;

  for (guint i = self->n_leaves; i < self->n_values; i++) {
    g_autoptr (TlTensor) sum = NULL;
    g_autoptr (TlTensor) before = NULL;
    g_autoptr (TlTensor) wide = NULL;

    g_ptr_array_add (results, tl_tensor_ref (self->values[i]));
    if (!tl_dtype_is_float (tl_tensor_get_dtype (self->values[i])) || !tl_tensor_requires_grad (self->values[i]))
      continue;
    wide = tl_cast (self->values[i], TL_DTYPE_F64, error);
    sum = wide != NULL ? tl_sum (wide, NULL, 0, FALSE, error) : NULL;
    before = g_steal_pointer (&loss);
    if (sum != NULL)
      loss = before != NULL ? tl_add (before, sum, error) : g_steal_pointer (&sum);
    if (loss == NULL)
      return results;
  }
  if (loss == NULL)
    return results;
  g_ptr_array_add (results, tl_tensor_ref (loss));
  for (guint i = 0; i < self->n_leaves; i++)
    if (tl_dtype_is_float (tl_tensor_get_dtype (self->values[i])))
      wanted[n++] = self->values[i];
  if (tl_grad (&loss, NULL, 1, wanted, n, FALSE, gradients, error))
    for (guint i = 0; i < n; i++)
      g_ptr_array_add (results, gradients[i]);
  return results;
}

static void
results_free (GPtrArray *results)
{
  for (guint i = 0; i < results->len; i++)
    if (results->pdata[i] != NULL)
      tl_tensor_unref (results->pdata[i]);
  g_ptr_array_unref (results);
}

static void
describe_value (GString *text,
                Graph   *self,
                guint    value)
{
  const TlMeta    *meta = tl_tensor_get_meta (self->values[value]);
  g_autofree char *shape = tl_shape_to_string (meta->shape, meta->rank);

  g_string_append_printf (text, "%%%u %s %s ", value, tl_dtype_name (meta->dtype), shape);
}

static void
describe (Graph *self)
{
  GString *leaves = g_string_new (NULL);

  for (guint i = 0; i < self->n_leaves; i++)
    describe_value (leaves, self, i);
  g_test_message ("%s", leaves->str);
  g_string_free (leaves, TRUE);
  for (guint k = 0, value = self->n_leaves; k < self->n_rows; k++) {
    GString *text = g_string_new (NULL);

    for (guint i = 0; i < self->rows[k].n_out; i++)
      describe_value (text, self, value++);
    g_string_append_printf (text, "= %s", self->rows[k].op->name);
    for (guint i = 0; i < self->rows[k].n_in; i++)
      g_string_append_printf (text, " %%%d", self->rows[k].in[i]);
    g_test_message ("%s", text->str);
    g_string_free (text, TRUE);
  }
}

static double
largest_of (TlTensor *tensor)
{
  double largest = 0;

  for (gsize i = 0; i < tl_tensor_get_n_elements (tensor); i++) {
    double value = fabs (tl_tensor_peek_element (tensor, i));

    largest = isfinite (value) ? MAX (largest, value) : largest;
  }
  return largest;
}

/* The same bits; with @loosely the same but for the order of sums. */
static void
assert_same (Graph      *self,
             const char *what,
             TlTensor   *a,
             TlTensor   *b,
             guint       number,
             gboolean    loosely)
{
  double eps = tl_tensor_get_dtype (b) == TL_DTYPE_F64 ? 1e-12 : 1e-4;

  g_assert_true (tl_meta_same_shape (tl_tensor_get_meta (a), tl_tensor_get_meta (b)));
  g_assert_cmpint (tl_tensor_get_dtype (a), ==, tl_tensor_get_dtype (b));
  for (gsize i = 0; i < tl_tensor_get_n_elements (a); i++) {
    double x = tl_tensor_peek_element (a, i), y = tl_tensor_peek_element (b, i);

    if (x == y || (isnan (x) && isnan (y)) || (loosely && fabs (x - y) <= eps * (1 + largest_of (b))))
      continue;
    g_test_message ("seed %u: %s: result %u, element %zu is %.17g, should be %.17g", self->seed, what, number, i, x, y);
    describe (self);
    g_test_fail ();
    return;
  }
}

static void
check_plan (Graph      *self,
            GPtrArray  *eager,
            const char *what,
            TlPlanFlags flags)
{
  TlTrace              *trace = tl_trace_begin (tl_context_get ());
  g_autoptr (GError)    error = NULL;
  gboolean              ok = replay (self, &error);
  GPtrArray            *results = ok ? differentiate (self, &error) : g_ptr_array_new ();
  g_autofree TlTensor **outputs = g_new0 (TlTensor *, results->len + 1);
  g_autoptr (TlPlan)    plan = NULL;
  guint                 n = 0, k = 0;

  if (error != NULL)
    g_test_message ("seed %u: %s: %s", self->seed, what, error->message);
  g_assert_no_error (error);
  g_assert_cmpuint (results->len, ==, eager->len);
  for (guint i = 0; i < results->len; i++)
    if (results->pdata[i] != NULL)
      outputs[n++] = results->pdata[i];
  plan = tl_plan_new (trace, outputs, n, flags, &error);
  g_assert_no_error (error);
  for (guint run = 0; run < 2; run++) {
    tl_plan_run (plan, NULL, 0, &error);
    if (error != NULL)
      g_test_message ("seed %u: %s: %s", self->seed, what, error->message);
    g_assert_no_error (error);
  }
  for (guint i = 0; i < results->len; i++) {
    g_autoptr (TlTensor) planned = NULL;

    g_assert_true ((results->pdata[i] == NULL) == (eager->pdata[i] == NULL));
    if (results->pdata[i] == NULL)
      continue;
    planned = tl_plan_dup_output (plan, k++, &error);
    g_assert_no_error (error);
    assert_same (self, what, planned, eager->pdata[i], i, flags == 0);
  }
  results_free (results);
  clear_values (self);
}

/* What the gradients refuse, they refuse everywhere: such graphs are compared without them. */
static void
check_graph (guint seed)
{
  Graph                *self = g_new0 (Graph, 1);
  g_autoptr (TlContext) two = tl_context_new (2);
  TlContext            *before;
  GPtrArray            *eager, *again;
  g_autoptr (GError)    refused = NULL;
  guint                 wanted;

  self->seed = seed;
  self->rand = g_rand_new_with_seed (seed);
  for (guint i = 0, n = (guint)draw (self, 2, MAX_LEAVES + 1); i < n; i++)
    add_leaf (self);
  read_leaves (self);
  wanted = (guint)draw (self, 5, MAX_RECORDED + 1);
  for (guint i = 0; i < 30 * wanted && self->n_rows < wanted; i++)
    try_row (self);
  eager = differentiate (self, &refused);
  clear_values (self);
  if (refused == NULL) {
    g_autoptr (GError) error = NULL;

    check_plan (self, eager, "plan, unfused", TL_PLAN_UNFUSED);
    check_plan (self, eager, "plan, fused", 0);
    before = tl_context_make_current (two);
    replay (self, &error);
    g_assert_no_error (error);
    again = differentiate (self, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (again->len, ==, eager->len);
    for (guint i = 0; i < eager->len; i++)
      if (eager->pdata[i] != NULL)
        assert_same (self, "two threads", again->pdata[i], eager->pdata[i], i, FALSE);
    results_free (again);
    clear_values (self);
    tl_context_make_current (before);
  } else {
    g_assert_null (strchr (refused->message, '\n'));
  }
  results_free (eager);
  for (guint i = 0; i < self->n_leaves; i++)
    tl_variable_unref (self->leaves[i]);
  g_rand_free (self->rand);
  g_free (self);
}

static guint
from_environment (const char *name,
                  guint       otherwise)
{
  const char *text = g_getenv (name);

  return text != NULL ? (guint)g_ascii_strtoull (text, NULL, 10) : otherwise;
}

static void
test_random_graphs (void)
{
  guint n = from_environment ("TL_RANDOM_GRAPHS", 300), first = from_environment ("TL_RANDOM_SEED", 1);

  for (guint seed = first; seed < first + n && !g_test_failed (); seed++) {
    if (g_test_verbose ())
      g_test_message ("seed %u", seed);
    check_graph (seed);
  }
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (TlContext) context = tl_context_new (1);

  tl_context_make_current (context);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/op/random-graphs", test_random_graphs);
  return g_test_run ();
}
