/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/resource.h>

#include "app/check/graph-cell.h"
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

typedef struct {
  const char *name;
  const char *graph;
  const char *optimizer;
  double      lr;
  gint64      batch;
  guint       rank;
  gint64      item[3];
} Workload;

// clang-format off
static const Workload workloads[] = {
  { "mlp-b1-adam",   mlp,  "Adam", 1e-3, 1,  1, { 784 } },
  { "mlp-b16-adam",  mlp,  "Adam", 1e-3, 16, 1, { 784 } },
  { "mlp-b1-sgd",    mlp,  "SGD",  1e-2, 1,  1, { 784 } },
  { "mlp-b16-sgd",   mlp,  "SGD",  1e-2, 16, 1, { 784 } },
  { "mlp3-b64-adam", mlp3, "Adam", 1e-3, 64, 1, { 784 } },
  { "cnn-b64-adam",  cnn,  "Adam", 1e-3, 64, 3, { 1, 28, 28 } },
};
// clang-format on

static TlPlan *
plan_step (const Workload *workload,
           TlModel        *model,
           TlOptimizer    *optimizer,
           GError        **error)
{
  g_autoptr (TlTrace)  trace = tl_trace_begin (tl_context_get ());
  TlDim                n = tl_dim_symbol ("N"), shape[4] = { n };
  TlMeta               meta;
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) target = NULL;
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) loss = NULL;

  for (guint i = 0; i < workload->rank; i++)
    shape[i + 1] = workload->item[i];
  tl_meta_init (&meta, TL_DTYPE_F32, workload->rank + 1, shape);
  x = tl_trace_add_input (trace, &meta);
  tl_meta_init (&meta, TL_DTYPE_I64, 1, &n);
  target = tl_trace_add_input (trace, &meta);
  tl_optimizer_zero_grad (optimizer);
  if (!tl_model_forward (model, &x, 1, &y, 1, error))
    return NULL;
  loss = tl_cross_entropy (y, target, TL_REDUCTION_MEAN, error);
  if (loss == NULL || !tl_backward (loss, NULL, FALSE, error) || !tl_optimizer_step (optimizer, error))
    return NULL;
  tl_optimizer_zero_grad (optimizer); /* as fit does: nobody reads gradients between steps */
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
             TlTensor *target)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (gsize i = 0; i < tl_tensor_get_n_elements (x); i++)
    ((float *)tl_tensor_peek_data (x))[i] = (float)g_rand_double_range (rand, -1.7, 1.7);
  for (gsize i = 0; i < tl_tensor_get_n_elements (target); i++)
    ((gint64 *)tl_tensor_peek_data (target))[i] = g_rand_int_range (rand, 0, 10);
}

static gboolean
measure (const Workload *workload,
         TlPlan         *plan,
         double          seconds,
         gint64          start_us,
         GError        **error)
{
  TlDim                shape[4] = { workload->batch, workload->item[0], workload->item[1], workload->item[2] };
  g_autoptr (TlTensor) x = tl_tensor_new (TL_DTYPE_F32, workload->rank + 1, shape, error);
  g_autoptr (TlTensor) target = tl_tensor_new (TL_DTYPE_I64, 1, shape, error);
  g_autoptr (GArray)   times = g_array_new (FALSE, FALSE, sizeof (double));
  TlTensor            *inputs[] = { x, target };
  double               first_s = 0;
  gint64               end = 0;
  struct rusage        usage;

  if (x == NULL || target == NULL)
    return FALSE;
  fill_inputs (x, target);
  for (guint i = 0; end == 0 || g_get_monotonic_time () < end || times->len < 5; i++) {
    gint64 before = g_get_monotonic_time ();
    double ms;

    if (!tl_plan_run (plan, inputs, 2, error))
      return FALSE;
    ms = (double)(g_get_monotonic_time () - before) / 1e3;
    if (i == 0)
      first_s = (double)(g_get_monotonic_time () - start_us) / 1e6;
    if (i == 4)
      end = g_get_monotonic_time () + (gint64)(seconds * 1e6);
    if (i > 4)
      g_array_append_val (times, ms);
  }
  g_array_sort (times, compare_doubles);
  getrusage (RUSAGE_SELF, &usage);
  g_print ("{\"workload\": \"%s\", \"mode\": \"planned\", \"threads\": %u, \"ms\": %.4f, \"min_ms\": %.4f, "
           "\"max_ms\": %.4f, \"steps_per_s\": %.2f, \"first_step_s\": %.4f, \"peak_rss_mib\": %ld}\n",
           workload->name, tl_context_get_n_threads (tl_context_get ()), g_array_index (times, double, times->len / 2),
           g_array_index (times, double, 0), g_array_index (times, double, times->len - 1),
           1e3 / g_array_index (times, double, times->len / 2), first_s, usage.ru_maxrss / 1024);
  return TRUE;
}

static gboolean
run_workload (const Workload *workload,
              double          seconds,
              gboolean        show_plan,
              GError        **error)
{
  gint64                  start = g_get_monotonic_time ();
  g_autoptr (TlGraphCell) cell = tl_graph_cell_new ("bench", workload->graph, NULL, NULL);
  TlModel                *model = tl_graph_cell_get_model (cell);
  g_autoptr (GPtrArray)   parameters = NULL;
  g_autoptr (TlOptimizer) optimizer = NULL;
  g_autoptr (TlPlan)      plan = NULL;
  g_autofree char        *text = NULL;

  if (tl_graph_cell_get_n_problems (cell) > 0) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_CODE, tl_graph_cell_get_problem (cell, 0)->message);
    return FALSE;
  }
  tl_context_set_training (tl_context_get (), TRUE);
  if (!tl_model_initialize (model, 42, error))
    return FALSE;
  parameters = tl_model_get_parameters (model);
  optimizer = tl_optimizer_new (tl_optimizer_find (workload->optimizer), (TlVariable **)parameters->pdata,
                                parameters->len, NULL, error);
  if (optimizer == NULL || !tl_optimizer_set_lr (optimizer, workload->lr * LR_SCALE, error))
    return FALSE;
  plan = plan_step (workload, model, optimizer, error);
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
