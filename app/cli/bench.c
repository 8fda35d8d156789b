/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/resource.h>

#include "app/check/graph-cell.h"
#include "app/cli/bench-models.h"
#include "app/cli/cli.h"
#include "core/base/error.h"
#include "core/graph/autodiff.h"
#include "core/graph/plan.h"
#include "core/op/ops.h"
#include "core/optim/optimizer.h"

/* The learning rate is scaled down so that long runs stay at the gradients' first magnitude; the arithmetic is the same. */
#define LR_SCALE 1e-6

static const char mlp[] =
  "x = Input { shape = {N, 784} }\nfc1 = Linear(x) { out = 256 }\na1 = ReLU(fc1)\nfc2 = Linear(a1) { out = 10 }\n";
static const char mlp3[] =
  "x = Input { shape = {N, 784} }\nfc1 = Linear(x) { out = 256 }\na1 = ReLU(fc1)\nfc2 = Linear(a1) { out = 128 }\n"
  "a2 = ReLU(fc2)\nfc3 = Linear(a2) { out = 10 }\n";
static const char cnn[] =
  "x = Input { shape = {N, 1, 28, 28} }\nconv1 = Conv2d(x) { out = 32, kernel = 3, padding = 1 }\na1 = ReLU(conv1)\n"
  "p1 = MaxPool2d(a1) { kernel = 2 }\nconv2 = Conv2d(p1) { out = 64, kernel = 3, padding = 1 }\na2 = ReLU(conv2)\n"
  "p2 = MaxPool2d(a2) { kernel = 2 }\nflat = Flatten(p2)\nfc1 = Linear(flat) { out = 128 }\na3 = ReLU(fc1)\n"
  "fc2 = Linear(a3) { out = 10 }\n";

#define BASIC(name, x, n, stride)                                                                                                                    \
  name "c1 = Conv2d(" x ") { out = " n ", kernel = 3, stride = " stride ", padding = 1, bias = false }\n" name "b1 = BatchNorm2d(" name "c1)\n" name \
       "r1 = ReLU(" name "b1)\n" name "c2 = Conv2d(" name "r1) { out = " n ", kernel = 3, padding = 1, bias = false }\n" name "b2 = BatchNorm2d(" name "c2)\n"
#define SAME(name, x, n) BASIC (name, x, n, "1") name "s = Add(" name "b2, " x ")\n" name " = ReLU(" name "s)\n"
#define NARROW(name, x, n)                                                                                                     \
  BASIC (name, x, n, "2")                                                                                                      \
  name "c3 = Conv2d(" x ") { out = " n ", kernel = 1, stride = 2, bias = false }\n" name "b3 = BatchNorm2d(" name "c3)\n" name \
       "s = Add(" name "b2, " name "b3)\n" name " = ReLU(" name "s)\n"

static const char resnet[] =
  "x = Input { shape = {N, 3, 32, 32} }\nconv = Conv2d(x) { out = 64, kernel = 3, padding = 1, bias = false }\nbn = BatchNorm2d(conv)\nr0 = ReLU(bn)\n" //
  SAME ("a", "r0", "64") SAME ("b", "a", "64") NARROW ("c", "b", "128") SAME ("d", "c", "128")                                                          //
  NARROW ("e", "d", "256") SAME ("f", "e", "256") NARROW ("g", "f", "512") SAME ("h", "g", "512")                                                       //
  "pool = AdaptiveAvgPool2d(h) { output_size = 1 }\nflat = Flatten(pool)\nfc = Linear(flat) { out = 10 }\n";

typedef struct {
  const char *name;
  const char *graph;                          /* either this */
  TlBenchModel *(*sequence) (GError **error); /* or this, over tokens */
  const char *optimizer;
  double      lr;
  gint64      batch;
  gint64      n_classes;
  guint       rank;
  gint64      item[3];
} Workload;

// clang-format off
static const Workload workloads[] = {
  { "mlp-b1-adam",      mlp,    NULL, "Adam", 1e-3, 1,  10, 1, { 784 } },
  { "mlp-b16-adam",     mlp,    NULL, "Adam", 1e-3, 16, 10, 1, { 784 } },
  { "mlp-b1-sgd",       mlp,    NULL, "SGD",  1e-2, 1,  10, 1, { 784 } },
  { "mlp-b16-sgd",      mlp,    NULL, "SGD",  1e-2, 16, 10, 1, { 784 } },
  { "mlp3-b64-adam",    mlp3,   NULL, "Adam", 1e-3, 64, 10, 1, { 784 } },
  { "cnn-b64-adam",     cnn,    NULL, "Adam", 1e-3, 64, 10, 3, { 1, 28, 28 } },
  { "resnet18-b32-sgd", resnet, NULL, "SGD",  0.1,  32, 10, 3, { 3, 32, 32 } },
  { "gpt-b4-adamw",     NULL, tl_bench_model_new_gpt,  "AdamW", 1e-3, 4,  65,  1, { 256 } },
  { "gpt-b12-adamw",    NULL, tl_bench_model_new_gpt,  "AdamW", 1e-3, 12, 65,  1, { 256 } },
  { "lstm-b32-adam",    NULL, tl_bench_model_new_lstm, "Adam",  1e-3, 32, 128, 1, { 64 } },
};
// clang-format on

/* What a workload runs: one of both. */
typedef struct {
  const Workload *workload;
  TlGraphCell    *cell;
  TlBenchModel   *sequence;
  TlOptimizer    *optimizer;
} Bench;

static void
bench_clear (Bench *self)
{
  g_clear_pointer (&self->optimizer, tl_optimizer_unref);
  g_clear_pointer (&self->sequence, tl_bench_model_free);
  g_clear_pointer (&self->cell, tl_graph_cell_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bench, bench_clear)

static TlTensor *
forward (Bench    *self,
         TlTensor *x,
         GError  **error)
{
  g_autoptr (TlTensor) y = NULL;
  TlDim                shape[2];

  if (self->cell != NULL)
    return tl_model_forward (tl_graph_cell_get_model (self->cell), &x, 1, &y, 1, error) ? g_steal_pointer (&y) : NULL;
  y = self->sequence->forward (self->sequence, x, error);
  if (y == NULL)
    return NULL;
  shape[0] = tl_dim_mul (tl_tensor_get_shape (y)[0], tl_tensor_get_shape (y)[1]);
  shape[1] = self->workload->n_classes;
  return tl_reshape (y, 2, shape, error);
}

static TlPlan *
plan_step (Bench   *self,
           GError **error)
{
  const Workload      *workload = self->workload;
  g_autoptr (TlTrace)  trace = tl_trace_begin (tl_context_get ());
  TlDim                n = tl_dim_symbol ("N"), shape[4] = { n };
  TlMeta               meta;
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) targets = NULL;
  g_autoptr (TlTensor) target = NULL;
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) loss = NULL;

  for (guint i = 0; i < workload->rank; i++)
    shape[i + 1] = workload->item[i];
  tl_meta_init (&meta, workload->sequence != NULL ? TL_DTYPE_I64 : TL_DTYPE_F32, workload->rank + 1, shape);
  x = tl_trace_add_input (trace, &meta);
  tl_meta_init (&meta, TL_DTYPE_I64, workload->sequence != NULL ? 2 : 1, shape);
  targets = tl_trace_add_input (trace, &meta);
  shape[0] = workload->sequence != NULL ? tl_dim_mul (n, workload->item[0]) : n;
  target = tl_reshape (targets, 1, shape, error);
  tl_optimizer_zero_grad (self->optimizer);
  y = target != NULL ? forward (self, x, error) : NULL;
  loss = y != NULL ? tl_cross_entropy (y, target, TL_REDUCTION_MEAN, error) : NULL;
  if (loss == NULL || !tl_backward (loss, NULL, FALSE, error) || !tl_optimizer_step (self->optimizer, error))
    return NULL;
  tl_optimizer_zero_grad (self->optimizer); /* as fit does: nobody reads gradients between steps */
  return tl_plan_new (g_steal_pointer (&trace), &loss, 1, TL_PLAN_CHECKED, error);
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

static void
fill_inputs (TlTensor *x,
             TlTensor *target,
             gint64    n_classes)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (gsize i = 0; i < tl_tensor_get_n_elements (x); i++)
    if (tl_tensor_get_dtype (x) == TL_DTYPE_I64)
      ((gint64 *)tl_tensor_peek_data (x))[i] = g_rand_int_range (rand, 0, (gint32)n_classes);
    else
      ((float *)tl_tensor_peek_data (x))[i] = (float)g_rand_double_range (rand, -1.7, 1.7);
  for (gsize i = 0; i < tl_tensor_get_n_elements (target); i++)
    ((gint64 *)tl_tensor_peek_data (target))[i] = g_rand_int_range (rand, 0, (gint32)n_classes);
}

/* Of all threads, between two times: where other programs run, it says more than what a clock shows. */
static double
cpu_ms (const struct rusage *from,
        const struct rusage *to)
{
  return 1e3 * (double)(to->ru_utime.tv_sec - from->ru_utime.tv_sec) + 1e-3 * (double)(to->ru_utime.tv_usec - from->ru_utime.tv_usec);
}

static gboolean
measure (const Workload *workload,
         TlPlan         *plan,
         double          seconds,
         gint64          start_us,
         GError        **error)
{
  TlDim                shape[4] = { workload->batch, workload->item[0], workload->item[1], workload->item[2] };
  g_autoptr (TlTensor) x = tl_tensor_new (workload->sequence != NULL ? TL_DTYPE_I64 : TL_DTYPE_F32, workload->rank + 1, shape, error);
  g_autoptr (TlTensor) target = tl_tensor_new (TL_DTYPE_I64, workload->sequence != NULL ? 2 : 1, shape, error);
  g_autoptr (GArray)   times = g_array_new (FALSE, FALSE, sizeof (double));
  TlTensor            *inputs[] = { x, target };
  double               first_s = 0;
  gint64               end = 0;
  struct rusage        usage, began = { 0 };

  if (x == NULL || target == NULL)
    return FALSE;
  fill_inputs (x, target, workload->n_classes);
  for (guint i = 0; end == 0 || g_get_monotonic_time () < end || times->len < 5; i++) {
    gint64 before = g_get_monotonic_time ();
    double ms;

    if (!tl_plan_run (plan, inputs, 2, error))
      return FALSE;
    ms = (double)(g_get_monotonic_time () - before) / 1e3;
    if (i == 0)
      first_s = (double)(g_get_monotonic_time () - start_us) / 1e6;
    if (i == 4)
      getrusage (RUSAGE_SELF, &began);
    if (i == 4)
      end = g_get_monotonic_time () + (gint64)(seconds * 1e6);
    if (i > 4)
      g_array_append_val (times, ms);
  }
  g_array_sort (times, compare_doubles);
  getrusage (RUSAGE_SELF, &usage);
  g_print ("{\"workload\": \"%s\", \"mode\": \"planned\", \"threads\": %u, \"ms\": %.4f, \"min_ms\": %.4f, "
           "\"max_ms\": %.4f, \"cpu_ms\": %.4f, \"steps_per_s\": %.2f, \"first_step_s\": %.4f, \"peak_rss_mib\": %ld}\n",
           workload->name, tl_context_get_n_threads (tl_context_get ()), g_array_index (times, double, times->len / 2),
           g_array_index (times, double, 0), g_array_index (times, double, times->len - 1), cpu_ms (&began, &usage) / times->len,
           1e3 / g_array_index (times, double, times->len / 2), first_s, usage.ru_maxrss / 1024);
  return TRUE;
}

/* As peers do it: matrices decay, the norm of all gradients is at most 1. */
static gboolean
make_adamw (Bench     *self,
            GPtrArray *parameters,
            GError   **error)
{
  const TlOptimizerClass *klass = tl_optimizer_find ("AdamW");
  g_autoptr (GPtrArray)   matrices = g_ptr_array_new (), others = g_ptr_array_new ();
  TlAttrValue             values[TL_OP_MAX_ATTRS];

  for (guint i = 0; i < parameters->len; i++)
    g_ptr_array_add (tl_tensor_get_rank (tl_variable_get_value (parameters->pdata[i])) > 1 ? matrices : others, parameters->pdata[i]);
  tl_attr_init_defaults (klass->attrs, values);
  values[tl_attr_find (klass->attrs, "lr")].d = self->workload->lr * LR_SCALE;
  values[tl_attr_find (klass->attrs, "betas")] = TL_FLOATS2 (0.9, 0.99);
  values[tl_attr_find (klass->attrs, "weight_decay")].d = 0.1;
  self->optimizer = tl_optimizer_new (klass, (TlVariable **)matrices->pdata, matrices->len, values, error);
  values[tl_attr_find (klass->attrs, "weight_decay")].d = 0;
  if (self->optimizer == NULL ||
      !tl_optimizer_add_group (self->optimizer, (TlVariable **)others->pdata, others->len, values, error))
    return FALSE;
  tl_optimizer_set_clip_norm (self->optimizer, 1);
  return TRUE;
}

static gboolean
make_optimizer (Bench     *self,
                GPtrArray *parameters,
                GError   **error)
{
  const TlOptimizerClass *klass = tl_optimizer_find (self->workload->optimizer);
  TlAttrValue             values[TL_OP_MAX_ATTRS];

  if (strcmp (self->workload->optimizer, "AdamW") == 0)
    return make_adamw (self, parameters, error);
  tl_attr_init_defaults (klass->attrs, values);
  values[tl_attr_find (klass->attrs, "lr")].d = self->workload->lr * LR_SCALE;
  if (self->workload->graph == resnet) {
    values[tl_attr_find (klass->attrs, "momentum")].d = 0.9;
    values[tl_attr_find (klass->attrs, "weight_decay")].d = 5e-4;
  }
  self->optimizer = tl_optimizer_new (klass, (TlVariable **)parameters->pdata, parameters->len, values, error);
  return self->optimizer != NULL;
}

static gboolean
make_model (Bench   *self,
            GError **error)
{
  g_autoptr (GPtrArray) parameters = NULL;

  if (self->workload->sequence != NULL) {
    self->sequence = self->workload->sequence (error);
    return self->sequence != NULL && make_optimizer (self, self->sequence->parameters, error);
  }
  self->cell = tl_graph_cell_new ("bench", self->workload->graph, NULL, NULL);
  if (tl_graph_cell_get_n_problems (self->cell) > 0) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_CODE, tl_graph_cell_get_problem (self->cell, 0)->message);
    return FALSE;
  }
  if (!tl_model_initialize (tl_graph_cell_get_model (self->cell), 42, error))
    return FALSE;
  parameters = tl_model_get_parameters (tl_graph_cell_get_model (self->cell));
  return make_optimizer (self, parameters, error);
}

static gboolean
run_workload (const Workload *workload,
              double          seconds,
              gboolean        show_plan,
              GError        **error)
{
  gint64             start = g_get_monotonic_time ();
  g_auto (Bench)     bench = { .workload = workload };
  g_autoptr (TlPlan) plan = NULL;
  g_autofree char   *text = NULL;

  tl_context_set_training (tl_context_get (), TRUE);
  if (!make_model (&bench, error))
    return FALSE;
  plan = plan_step (&bench, error);
  if (plan == NULL)
    return FALSE;
  text = show_plan ? tl_plan_to_string (plan) : NULL;
  if (show_plan)
    g_printerr ("%s", text);
  return measure (workload, plan, seconds, start, error);
}

/**
 * tl_cli_bench:
 * @argc: number of words behind --bench
 * @argv: (array length=argc): a workload's name, then --threads N, --seconds S, --plan (shows the plan), --json (the only format)
 *
 * Times one training workload: the whole step, inputs in memory.
 *
 * Returns: the exit status
 */
int
tl_cli_bench (int   argc,
              char *argv[])
{
  double                seconds = 2;
  guint                 n_threads = 0;
  gboolean              show_plan = FALSE, list = strcmp (argv[0], "list") == 0;
  g_autoptr (GError)    error = NULL;
  g_autoptr (TlContext) context = NULL;

  for (int i = 1; i < argc; i++) {
    if (strcmp (argv[i], "--plan") == 0)
      show_plan = TRUE;
    else if (strcmp (argv[i], "--threads") == 0 && i + 1 < argc)
      n_threads = (guint)g_ascii_strtoull (argv[++i], NULL, 10);
    else if (strcmp (argv[i], "--seconds") == 0 && i + 1 < argc)
      seconds = g_ascii_strtod (argv[++i], NULL);
    else if (strcmp (argv[i], "--json") != 0) {
      g_printerr ("trellis: --bench: unknown option %s\n", argv[i]);
      return TL_EXIT_USAGE;
    }
  }
  context = tl_context_new (n_threads);
  tl_context_make_current (context);
  for (guint i = 0; i < G_N_ELEMENTS (workloads); i++) {
    if (list)
      g_print ("%s\n", workloads[i].name);
    if (strcmp (argv[0], workloads[i].name) != 0)
      continue;
    if (run_workload (&workloads[i], seconds, show_plan, &error))
      return TL_EXIT_OK;
    g_printerr ("trellis: %s: %s\n", argv[0], error->message);
    return TL_EXIT_ERROR;
  }
  if (list)
    return TL_EXIT_OK;
  g_printerr ("trellis: --bench %s: no such workload; \"trellis --bench list\" names them\n", argv[0]);
  return TL_EXIT_USAGE;
}
