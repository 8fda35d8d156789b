/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/op/case.h"

#include "core/graph/plan.h"

static void
check_plan (Case       *self,
            const char *what,
            TlTensor  **eager,
            guint       n,
            TlPlanFlags flags)
{
  TlContext         *context = tl_context_get ();
  TlTrace           *trace = tl_trace_begin (context);
  TlTensor          *results[MAX_OUT] = { NULL }, *outputs[MAX_OUT];
  guint              n_outputs = 0, k = 0;
  g_autoptr (TlPlan) plan = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (case_compute (self, results), ==, n);
  for (guint i = 0; i < n; i++) {
    g_assert_true ((results[i] == NULL) == (eager[i] == NULL));
    if (results[i] != NULL)
      outputs[n_outputs++] = results[i];
  }
  plan = tl_plan_new (trace, outputs, n_outputs, flags, &error);
  g_assert_no_error (error);
  case_unref_all (results, n);
  for (guint run = 0; run < 2; run++) {
    tl_plan_run (plan, NULL, 0, &error);
    g_assert_no_error (error);
  }
  for (guint i = 0; i < n; i++) {
    g_autoptr (TlTensor) planned = NULL;

    if (eager[i] == NULL)
      continue;
    planned = tl_plan_dup_output (plan, k++, &error);
    g_assert_no_error (error);
    case_assert_same_bits (self, what, planned, eager[i]);
  }
}

/* Planned, node by node and fused, and on another number of threads: the same bits. */
void
case_check_evaluation (const TlOpClass *op,
                       const TlSample  *sample,
                       TlDType          dtype)
{
  g_autoptr (Case)      self = case_new (op, sample, dtype);
  g_autoptr (TlContext) two = tl_context_new (2);
  TlTensor             *eager[MAX_OUT] = { NULL }, *again[MAX_OUT] = { NULL };
  TlContext            *before;
  guint                 n = case_compute (self, eager);
  gboolean              planned = (op->flags & TL_OP_DATA_SIZED) == 0;

  if (planned) {
    check_plan (self, "plan, unfused", eager, n, TL_PLAN_UNFUSED);
    check_plan (self, "plan, fused", eager, n, 0);
  }
  before = tl_context_make_current (two);
  case_compute (self, again);
  if (planned)
    check_plan (self, "plan on two threads", eager, n, 0);
  for (guint i = 0; i < n; i++)
    if (eager[i] != NULL)
      case_assert_same_bits (self, "two threads", again[i], eager[i]);
  case_unref_all (again, n);
  tl_context_make_current (before);
  case_unref_all (eager, n);
}
