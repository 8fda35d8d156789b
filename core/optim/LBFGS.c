/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limited-memory BFGS.  All parameters are one vector of doubles here.  What it remembers of the way so far is in variables, so that a
 * checkpoint holds it:
 *
 *     history_s, history_y   changes of the parameters and of the gradient, in rows
 *     direction, gradient    of the last step
 *     numbers                see enum below, then the rows in use, the oldest first, then 1 / (y s) of each row
 *
 * There are more rows than changes that are remembered: a step writes only rows that nobody needs if it fails.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/context.h"
#include "core/graph/trace.h"
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"
#include "core/optim/wolfe.h"

enum { LR,
       MAX_ITER,
       MAX_EVAL,
       TOLERANCE_GRAD,
       TOLERANCE_CHANGE,
       HISTORY_SIZE,
       LINE_SEARCH };

static const char *const searches[] = { "none", "strong_wolfe", NULL };

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (1),
  { "max_iter", "directions in a step", TL_ATTR_INT, .def = { .i = 20 }, .has_range = TRUE, .min = 1, .max = 1e9 },
  { "max_eval", "how often the loss is computed in a step; -1 for a quarter more than max_iter", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -1, .max = 1e9 },
  { "tolerance_grad", "a step ends where no element of the gradient is larger", TL_ATTR_FLOAT, .def = { .d = 1e-7 }, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "tolerance_change", "a step ends where neither loss nor parameters change more", TL_ATTR_FLOAT, .def = { .d = 1e-9 }, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "history_size", "changes that are remembered", TL_ATTR_INT, .def = { .i = 100 }, .has_range = TRUE, .min = 1, .max = 10000 },
  { "line_search_fn", "how far to go along a direction: strong_wolfe searches, none goes by lr", TL_ATTR_ENUM, .names = searches },
  { NULL },
};

enum { HISTORY_S,
       HISTORY_Y,
       DIRECTION,
       GRADIENT,
       NUMBERS };

enum { N_ITERATIONS,
       N_CHANGES,
       DIAGONAL, /* from which directions start */
       LENGTH,   /* how far the last step went along its direction */
       ROWS };

static const char *const common[] = { "history_s", "history_y", "direction", "gradient", "numbers", NULL };

static gsize
count_rows (const TlAttrValue *values)
{
  return (gsize)(values[HISTORY_SIZE].i + MIN (values[HISTORY_SIZE].i, values[MAX_ITER].i));
}

static gsize
count_numbers (const TlAttrValue *values)
{
  return ROWS + (gsize)values[HISTORY_SIZE].i + count_rows (values);
}

static void
common_meta (guint              state,
             const TlAttrValue *values,
             gsize              n_elements,
             TlDType            widest,
             TlMeta            *meta)
{
  TlDim rows[] = { (TlDim)count_rows (values), (TlDim)n_elements }, one = state == NUMBERS ? (TlDim)count_numbers (values) : (TlDim)n_elements;

  if (state <= HISTORY_Y)
    tl_meta_init (meta, widest, 2, rows);
  else
    tl_meta_init (meta, TL_DTYPE_F64, 1, &one);
}

/* A step on its way. */
typedef struct {
  TlOptimizer       *optimizer;
  const TlAttrValue *attrs;
  TlOptimizerLoss    compute;
  gpointer           user_data;
  gsize              n;
  gboolean           is_wide; /* whether the history is f64 */
  gpointer           s, y;
  double            *d, *g_before, *numbers;
  gsize              n_kept;                     /* rows that were in use when the step began */
  double            *kept;                       /* which */
  double            *first, *x, *g, *at, *wolfe; /* parameters at the start, now; the gradient; where the line search begins */
  double            *d_first, *g_first, *numbers_first;
  double            *alpha;
  double             loss;
  gint64             n_evaluations;
} Step;

/* Numbers of doubles that a step takes. */
static gsize
count_scratch (const TlAttrValue *values,
               gsize              n)
{
  return 11 * n + count_numbers (values) + (gsize)values[HISTORY_SIZE].i;
}

static gsize
get_scratch (const TlAttrValue *values,
             gsize              n_elements)
{
  return count_scratch (values, n_elements) * sizeof (double);
}

static double
dot (const double *a,
     const double *b,
     gsize         n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

static double
largest (const double *a,
         gsize         n)
{
  double most = 0;

  for (gsize i = 0; i < n; i++)
    most = fabs (a[i]) > most || isnan (a[i]) ? fabs (a[i]) : most;
  return most;
}

static void
add (double       *to,
     double        factor,
     const double *a,
     gsize         n)
{
  for (gsize i = 0; i < n; i++)
    to[i] += factor * a[i];
}

/* Rows of the history, of either dtype. */

static double
dot_row (const Step   *self,
         gconstpointer rows,
         gsize         row,
         const double *b)
{
  const float *narrow = (const float *)rows + row * self->n;
  double       sum = 0;

  if (self->is_wide)
    return dot ((const double *)rows + row * self->n, b, self->n);
  for (gsize i = 0; i < self->n; i++)
    sum += (double)narrow[i] * b[i];
  return sum;
}

static void
add_row (const Step   *self,
         double       *to,
         double        factor,
         gconstpointer rows,
         gsize         row)
{
  const float *narrow = (const float *)rows + row * self->n;

  if (self->is_wide)
    add (to, factor, (const double *)rows + row * self->n, self->n);
  else
    for (gsize i = 0; i < self->n; i++)
      to[i] += factor * (double)narrow[i];
}

/* Parameters and gradients as one vector. */

static void
get_values (TlOptimizer *optimizer,
            double      *x)
{
  for (guint i = 0; i < optimizer->n; i++) {
    TlTensor *value = tl_variable_get_value (optimizer->parameters[i]);
    gsize     n = tl_tensor_get_n_elements (value);

    for (gsize j = 0; j < n; j++)
      *x++ = tl_tensor_peek_element (value, j);
  }
}

static gboolean
set_values (TlOptimizer  *optimizer,
            const double *x,
            GError      **error)
{
  for (guint i = 0; i < optimizer->n; i++) {
    TlTensor *value = tl_variable_get_value (optimizer->parameters[i]);
    gsize     n = tl_tensor_get_n_elements (value);
    gboolean  is_f32 = tl_tensor_get_dtype (value) == TL_DTYPE_F32;
    gpointer  data = tl_variable_begin_write (optimizer->parameters[i], error);

    if (data == NULL && n > 0)
      return FALSE;
    for (gsize j = 0; j < n; j++, x++)
      if (is_f32)
        ((float *)data)[j] = (float)*x;
      else
        ((double *)data)[j] = *x;
  }
  return TRUE;
}

static void
get_gradients (TlOptimizer *optimizer,
               double      *g)
{
  for (guint i = 0; i < optimizer->n; i++) {
    g_autoptr (TlTensor) grad = tl_trace_get_grad (optimizer->parameters[i]);
    gsize                n = tl_tensor_get_n_elements (tl_variable_get_value (optimizer->parameters[i]));

    for (gsize j = 0; j < n; j++)
      *g++ = grad != NULL ? tl_tensor_peek_element (grad, j) : 0;
  }
}

static gboolean
evaluate (Step         *self,
          const double *x,
          double       *loss,
          double       *g,
          GError      **error)
{
  TlContext *context = tl_context_get ();

  if (!tl_context_check_cancelled (context, error) || !set_values (self->optimizer, x, error) ||
      !self->compute (self->user_data, loss, error))
    return FALSE;
  get_gradients (self->optimizer, g);
  return TRUE;
}

static gboolean
evaluate_cb (double   t,
             double  *loss,
             double  *g,
             gpointer user_data,
             GError **error)
{
  Step *self = user_data;

  memcpy (self->x, self->at, self->n * sizeof (double));
  add (self->x, t, self->d, self->n);
  return evaluate (self, self->x, loss, g, error);
}

/* A row that neither the step's beginning nor the changes of now need. */
static gsize
find_free_row (const Step *self)
{
  gsize n_changes = (gsize)self->numbers[N_CHANGES], row = 0;

  for (gboolean taken = TRUE; taken; row += taken) {
    taken = FALSE;
    for (gsize i = 0; i < self->n_kept; i++)
      taken = taken || (gsize)self->kept[i] == row;
    for (gsize i = 0; i < n_changes; i++)
      taken = taken || (gsize)self->numbers[ROWS + i] == row;
  }
  return row;
}

/* What the last direction has changed; changes that do not curve upwards are not remembered. */
static void
remember (Step *self)
{
  double *numbers = self->numbers, curvature = 0, square = 0, length = numbers[LENGTH];
  gsize   n = self->n, n_most = (gsize)self->attrs[HISTORY_SIZE].i, n_changes = (gsize)numbers[N_CHANGES], row;

  for (gsize i = 0; i < n; i++) {
    double s = length * self->d[i], y = self->g[i] - self->g_before[i];

    curvature += y * s;
    square += y * y;
  }
  if (!(curvature > 1e-10))
    return;
  if (n_changes == n_most) {
    memmove (numbers + ROWS, numbers + ROWS + 1, (n_changes - 1) * sizeof (double));
    numbers[N_CHANGES] = (double)--n_changes;
  }
  row = find_free_row (self);
  for (gsize i = 0; i < n; i++) {
    double s = length * self->d[i], y = self->g[i] - self->g_before[i];

    if (self->is_wide) {
      ((double *)self->s)[row * n + i] = s;
      ((double *)self->y)[row * n + i] = y;
    } else {
      ((float *)self->s)[row * n + i] = (float)s;
      ((float *)self->y)[row * n + i] = (float)y;
    }
  }
  numbers[ROWS + n_changes] = (double)row;
  numbers[ROWS + n_most + row] = 1 / curvature;
  numbers[N_CHANGES] = (double)(n_changes + 1);
  numbers[DIAGONAL] = curvature / square;
}

/* Minus the gradient, times the inverse of the curvature as far as it is remembered. */
static void
find_direction (Step *self)
{
  const double *rows = self->numbers + ROWS, *ro = rows + self->attrs[HISTORY_SIZE].i;
  gsize         n_changes = (gsize)self->numbers[N_CHANGES];

  for (gsize i = 0; i < self->n; i++)
    self->d[i] = -self->g[i];
  for (gsize k = n_changes; k-- > 0;) {
    gsize row = (gsize)rows[k];

    self->alpha[k] = dot_row (self, self->s, row, self->d) * ro[row];
    add_row (self, self->d, -self->alpha[k], self->y, row);
  }
  for (gsize i = 0; i < self->n; i++)
    self->d[i] *= self->numbers[DIAGONAL];
  for (gsize k = 0; k < n_changes; k++) {
    gsize row = (gsize)rows[k];

    add_row (self, self->d, self->alpha[k] - dot_row (self, self->y, row, self->d) * ro[row], self->s, row);
  }
}

/* Goes along the direction; @is_last: the loss where it ends is not wanted any more. */
static gboolean
go (Step    *self,
    double   slope,
    gboolean is_last,
    GError **error)
{
  double      *length = &self->numbers[LENGTH];
  TlWolfePoint point = { 0, self->loss, slope, self->g };
  TlWolfe      wolfe = { self->n, self->d, 1e-4, 0.9, 1e-9, 25, self->wolfe, evaluate_cb, self };
  guint        n = 0;

  memcpy (self->at, self->x, self->n * sizeof (double));
  if (self->attrs[LINE_SEARCH].i != 0) {
    if (!tl_wolfe_search (&wolfe, *length, &point, &n, error))
      return FALSE;
    *length = point.t;
    self->loss = point.f;
    self->n_evaluations += n;
  }
  memcpy (self->x, self->at, self->n * sizeof (double));
  add (self->x, *length, self->d, self->n);
  if (self->attrs[LINE_SEARCH].i != 0 || is_last)
    return TRUE;
  self->n_evaluations++;
  return evaluate (self, self->x, &self->loss, self->g, error);
}

static gboolean
iterate (Step    *self,
         GError **error)
{
  const TlAttrValue *a = self->attrs;
  double            *numbers = self->numbers;
  gsize              n = self->n;
  double             lr = tl_optimizer_get_lr (self->optimizer), before, slope, sum = 0;
  gint64             most = a[MAX_EVAL].i >= 0 ? a[MAX_EVAL].i : a[MAX_ITER].i * 5 / 4;

  for (gint64 i = 1; i <= a[MAX_ITER].i; i++) {
    if (numbers[N_ITERATIONS]++ > 0)
      remember (self);
    else
      numbers[DIAGONAL] = 1;
    find_direction (self);
    memcpy (self->g_before, self->g, n * sizeof (double));
    before = self->loss;
    for (gsize k = 0; k < n && numbers[N_ITERATIONS] == 1; k++)
      sum += fabs (self->g[k]);
    numbers[LENGTH] = numbers[N_ITERATIONS] == 1 ? MIN (1, 1 / sum) * lr : lr;
    slope = dot (self->g, self->d, n);
    if (slope > -a[TOLERANCE_CHANGE].d)
      return TRUE;
    if (!go (self, slope, i == a[MAX_ITER].i, error))
      return FALSE;
    if (self->n_evaluations >= most || largest (self->g, n) <= a[TOLERANCE_GRAD].d ||
        largest (self->d, n) * numbers[LENGTH] <= a[TOLERANCE_CHANGE].d || fabs (self->loss - before) < a[TOLERANCE_CHANGE].d)
      return TRUE;
  }
  return TRUE;
}

/* What is remembered, where it can be changed. */
static gboolean
open_state (Step    *self,
            GError **error)
{
  gpointer data[NUMBERS + 1];

  for (guint i = 0; i <= NUMBERS; i++) {
    data[i] = tl_variable_begin_write (self->optimizer->common[i], error);
    if (data[i] == NULL && tl_tensor_get_n_elements (tl_variable_get_value (self->optimizer->common[i])) > 0)
      return FALSE;
  }
  self->s = data[HISTORY_S];
  self->y = data[HISTORY_Y];
  self->d = data[DIRECTION];
  self->g_before = data[GRADIENT];
  self->numbers = data[NUMBERS];
  self->is_wide = tl_tensor_get_dtype (tl_variable_get_value (self->optimizer->common[HISTORY_S])) == TL_DTYPE_F64;
  return TRUE;
}

static void
divide_scratch (Step   *self,
                double *memory)
{
  gsize n = self->n;

  self->first = memory;
  self->x = memory + n;
  self->g = memory + 2 * n;
  self->at = memory + 3 * n;
  self->wolfe = memory + 4 * n;
  self->d_first = memory + 9 * n;
  self->g_first = memory + 10 * n;
  self->numbers_first = memory + 11 * n;
  self->alpha = self->numbers_first + count_numbers (self->attrs);
  memcpy (self->d_first, self->d, n * sizeof (double));
  memcpy (self->g_first, self->g_before, n * sizeof (double));
  memcpy (self->numbers_first, self->numbers, count_numbers (self->attrs) * sizeof (double));
  self->kept = self->numbers_first + ROWS;
  self->n_kept = (gsize)self->numbers_first[N_CHANGES];
}

/* After a failure everything is as before the step. */
static void
put_back (Step *self)
{
  set_values (self->optimizer, self->first, NULL);
  memcpy (self->d, self->d_first, self->n * sizeof (double));
  memcpy (self->g_before, self->g_first, self->n * sizeof (double));
  memcpy (self->numbers, self->numbers_first, count_numbers (self->attrs) * sizeof (double));
}

static gboolean
count_step (TlOptimizer *optimizer,
            GError     **error)
{
  gint64 *step = tl_variable_begin_write (optimizer->step, error);

  if (step != NULL)
    ++*step;
  return step != NULL;
}

/* What is not finite is no result. */
static gboolean
finish (Step    *self,
        GError **error)
{
  if (isfinite (largest (self->x, self->n)))
    return set_values (self->optimizer, self->x, error) && count_step (self->optimizer, error);
  g_set_error_literal (error, TL_ERROR, TL_ERROR_NUMERIC, "LBFGS: a parameter would become NaN or infinite; the parameters are as before the step");
  return FALSE;
}

static gboolean
check (TlOptimizer *optimizer,
       GError     **error)
{
  for (guint i = 0; i < optimizer->n; i++) {
    TlDType dtype = tl_tensor_get_dtype (tl_variable_get_value (optimizer->parameters[i]));

    if (dtype != TL_DTYPE_F32 && dtype != TL_DTYPE_F64) {
      g_set_error (error, TL_ERROR, TL_ERROR_DTYPE, "LBFGS: parameter %s is %s, f32 or f64 is wanted", tl_variable_get_path (optimizer->parameters[i]), tl_dtype_name (dtype));
      return FALSE;
    }
  }
  if (optimizer->max_norm == 0 && optimizer->max_value == 0)
    return TRUE;
  g_set_error_literal (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "LBFGS needs gradients as they are: it cannot clip them");
  return FALSE;
}

static gboolean
minimize (TlOptimizer    *optimizer,
          TlOptimizerLoss compute,
          gpointer        user_data,
          double         *loss,
          GError        **error)
{
  TlDType              widest;
  gsize                n = tl_optimizer_count_elements (optimizer, &widest);
  Step                 self = { .optimizer = optimizer, .attrs = tl_optimizer_get_attrs (optimizer), .compute = compute, .user_data = user_data, .n = n, .n_evaluations = 1 };
  TlDim                n_scratch = (TlDim)count_scratch (self.attrs, n);
  g_autoptr (TlTensor) scratch = NULL;
  gboolean             ok;

  if (!check (optimizer, error) || !open_state (&self, error))
    return FALSE;
  scratch = tl_tensor_new (TL_DTYPE_F64, 1, &n_scratch, error);
  if (scratch == NULL)
    return FALSE;
  divide_scratch (&self, tl_tensor_peek_data (scratch));
  get_values (optimizer, self.first);
  memcpy (self.x, self.first, n * sizeof (double));
  ok = evaluate (&self, self.x, &self.loss, self.g, error);
  *loss = self.loss;
  if (ok && !(largest (self.g, n) <= self.attrs[TOLERANCE_GRAD].d))
    ok = iterate (&self, error);
  ok = ok && finish (&self, error);
  if (!ok)
    put_back (&self);
  return ok;
}

const TlOptimizerClass tl_optimizer_LBFGS = {
  .name = "LBFGS",
  .doc = "Limited-memory BFGS: directions by the curvature of the last changes. A step computes the loss several times, so it takes a function "
         "(optimizer:step (function () ... return loss end)); fit has one. For losses over all data at once, rather than over batches.",
  .formula = "p = p + t d, d = -H g, H from the last changes of p and g",
  .source = "Liu & Nocedal 1989, doi:10.1007/BF01589116; Nocedal & Wright 2006, Numerical Optimization, algorithms 3.5 and 3.6",
  .attrs = attrs,
  .common = common,
  .common_meta = common_meta,
  .get_scratch = get_scratch,
  .minimize = minimize,
};
