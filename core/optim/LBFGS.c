/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limited-memory BFGS.  All parameters are one vector of doubles here; what it remembers of the way so far lies in memory and not in
 * variables, so a checkpoint does not hold it: after one is read, the first direction is the gradient again.
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

/* One change: of the parameters, and of the gradient. */
typedef struct {
  double *s, *y, ro;
} Pair;

typedef struct {
  gsize      n;
  gint64     n_iterations;
  GPtrArray *pairs; /* oldest first */
  double     h;     /* the diagonal from which directions start */
  double     t;
  double    *d, *g_before; /* both behind each other in one block */
} State;

static void
pair_free (gpointer pair)
{
  g_free (((Pair *)pair)->s);
  g_free (pair);
}

static void
state_free (gpointer data)
{
  State *self = data;

  g_ptr_array_unref (self->pairs);
  g_free (self->d);
  g_free (self);
}

/* A step on its way. */
typedef struct {
  TlOptimizer       *optimizer;
  const TlAttrValue *attrs;
  State             *state;
  TlOptimizerLoss    compute;
  gpointer           user_data;
  gsize              n;
  double            *first, *x, *g, *at; /* parameters at the start, now; the gradient; where the line search begins */
  double            *alpha;
  double             loss;
  gint64             n_evaluations;
} Step;

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

/* Parameters and gradients as one vector. */

static gsize
count (TlOptimizer *optimizer)
{
  gsize n = 0;

  for (guint i = 0; i < optimizer->n; i++)
    n += tl_tensor_get_n_elements (tl_variable_get_value (optimizer->parameters[i]));
  return n;
}

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
  add (self->x, t, self->state->d, self->n);
  return evaluate (self, self->x, loss, g, error);
}

/* What the last direction has changed; changes that do not curve upwards are not remembered. */
static gboolean
remember (Step    *self,
          GError **error)
{
  State  *state = self->state;
  gsize   n = self->n;
  Pair   *pair = g_new0 (Pair, 1);
  double  curvature;
  double *memory = g_try_malloc_n (2 * n, sizeof (double));

  if (memory == NULL) {
    g_free (pair);
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "LBFGS: out of memory for change %u of %zu parameters", state->pairs->len + 1, n);
    return FALSE;
  }
  pair->s = memory;
  pair->y = memory + n;
  for (gsize i = 0; i < n; i++) {
    pair->s[i] = state->t * state->d[i];
    pair->y[i] = self->g[i] - state->g_before[i];
  }
  curvature = dot (pair->y, pair->s, n);
  if (!(curvature > 1e-10)) {
    pair_free (pair);
    return TRUE;
  }
  pair->ro = 1 / curvature;
  state->h = curvature / dot (pair->y, pair->y, n);
  if (state->pairs->len == (guint)self->attrs[HISTORY_SIZE].i)
    g_ptr_array_remove_index (state->pairs, 0);
  g_ptr_array_add (state->pairs, pair);
  return TRUE;
}

/* Minus the gradient, times the inverse of the curvature as far as it is remembered. */
static void
find_direction (Step *self)
{
  State *state = self->state;
  gsize  n = self->n;

  for (gsize i = 0; i < n; i++)
    state->d[i] = -self->g[i];
  for (guint k = state->pairs->len; k-- > 0;) {
    Pair *pair = state->pairs->pdata[k];

    self->alpha[k] = dot (pair->s, state->d, n) * pair->ro;
    add (state->d, -self->alpha[k], pair->y, n);
  }
  for (gsize i = 0; i < n; i++)
    state->d[i] *= state->h;
  for (guint k = 0; k < state->pairs->len; k++) {
    Pair *pair = state->pairs->pdata[k];

    add (state->d, self->alpha[k] - dot (pair->y, state->d, n) * pair->ro, pair->s, n);
  }
}

/* Goes along the direction; @is_last: the loss where it ends is not wanted any more. */
static gboolean
go (Step    *self,
    double   slope,
    gboolean is_last,
    GError **error)
{
  State       *state = self->state;
  TlWolfePoint point = { 0, self->loss, slope, self->g };
  TlWolfe      wolfe = { self->n, state->d, 1e-4, 0.9, 1e-9, 25, evaluate_cb, self };
  guint        n = 0;

  memcpy (self->at, self->x, self->n * sizeof (double));
  if (self->attrs[LINE_SEARCH].i != 0) {
    if (!tl_wolfe_search (&wolfe, state->t, &point, &n, error))
      return FALSE;
    state->t = point.t;
    self->loss = point.f;
    self->n_evaluations += n;
  }
  memcpy (self->x, self->at, self->n * sizeof (double));
  add (self->x, state->t, state->d, self->n);
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
  State             *state = self->state;
  gsize              n = self->n;
  double             lr = tl_optimizer_get_lr (self->optimizer), before, slope, sum = 0;
  gint64             most = a[MAX_EVAL].i >= 0 ? a[MAX_EVAL].i : a[MAX_ITER].i * 5 / 4;

  self->alpha = g_new (double, a[HISTORY_SIZE].i);
  for (gint64 i = 1; i <= a[MAX_ITER].i; i++) {
    if (state->n_iterations++ > 0 && !remember (self, error))
      return FALSE;
    find_direction (self);
    memcpy (state->g_before, self->g, n * sizeof (double));
    before = self->loss;
    for (gsize k = 0; k < n && state->n_iterations == 1; k++)
      sum += fabs (self->g[k]);
    state->t = state->n_iterations == 1 ? MIN (1, 1 / sum) * lr : lr;
    slope = dot (self->g, state->d, n);
    if (slope > -a[TOLERANCE_CHANGE].d)
      return TRUE;
    if (!go (self, slope, i == a[MAX_ITER].i, error))
      return FALSE;
    if (self->n_evaluations >= most || largest (self->g, n) <= a[TOLERANCE_GRAD].d ||
        largest (state->d, n) * state->t <= a[TOLERANCE_CHANGE].d || fabs (self->loss - before) < a[TOLERANCE_CHANGE].d)
      return TRUE;
  }
  return TRUE;
}

static State *
get_state (TlOptimizer *optimizer,
           gsize        n,
           GError     **error)
{
  State *state = optimizer->state;

  if (state != NULL)
    return state;
  state = g_new0 (State, 1);
  state->n = n;
  state->h = 1;
  state->pairs = g_ptr_array_new_with_free_func (pair_free);
  state->d = g_try_malloc0_n (2 * n + 1, sizeof (double));
  if (state->d == NULL) {
    state_free (state);
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "LBFGS: out of memory for %zu parameters", n);
    return NULL;
  }
  state->g_before = state->d + n;
  optimizer->state = state;
  optimizer->free_state = state_free;
  return state;
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
  gsize    n = count (optimizer);
  double  *memory;
  Step     self = { .optimizer = optimizer, .attrs = tl_optimizer_get_attrs (optimizer), .compute = compute, .user_data = user_data, .n = n, .n_evaluations = 1 };
  gboolean ok;

  self.state = check (optimizer, error) ? get_state (optimizer, n, error) : NULL;
  memory = self.state != NULL ? g_try_malloc_n (4 * n + 1, sizeof (double)) : NULL;
  if (memory == NULL) {
    if (self.state != NULL)
      g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "LBFGS: out of memory for %zu parameters", n);
    return FALSE;
  }
  self.first = memory;
  self.x = memory + n;
  self.g = memory + 2 * n;
  self.at = memory + 3 * n;
  get_values (optimizer, self.first);
  memcpy (self.x, self.first, n * sizeof (double));
  ok = evaluate (&self, self.x, &self.loss, self.g, error);
  *loss = self.loss;
  if (ok && !(largest (self.g, n) <= self.attrs[TOLERANCE_GRAD].d))
    ok = iterate (&self, error);
  ok = ok && finish (&self, error);
  if (!ok) {
    /* Nothing is changed, and what was remembered on the way is forgotten. */
    set_values (optimizer, self.first, NULL);
    state_free (g_steal_pointer (&optimizer->state));
  }
  g_free (self.alpha);
  g_free (memory);
  return ok;
}

const TlOptimizerClass tl_optimizer_LBFGS = {
  .name = "LBFGS",
  .doc = "Limited-memory BFGS: directions by the curvature of the last changes. A step computes the loss several times, so it takes a function "
         "(optimizer:step (function () ... return loss end)); fit cannot use it. For losses over all data at once, not over batches.",
  .formula = "p = p + t d, d = -H g, H from the last changes of p and g",
  .source = "Liu & Nocedal 1989, doi:10.1007/BF01589116; Nocedal & Wright 2006, Numerical Optimization, algorithms 3.5 and 3.6",
  .attrs = attrs,
  .minimize = minimize,
};
