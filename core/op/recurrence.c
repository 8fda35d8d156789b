/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/recurrence.h"

#include <string.h>

#include "core/op/scan-common.h"

enum { DIM,
       BACKWARDS };

static const TlPort ports[] = {
  { "a", "factors, floating", TL_PORT_CONTIGUOUS },
  { "b", "what is added, of the same shape and dtype", TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { "backwards", "whether it goes from the end, a factor standing before what it is of", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0], *b = self->in[1];
  guint         axis;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error) || !tl_infer_axis (self, self->attrs[DIM].i, a->rank, &axis, error))
    return FALSE;
  if (a->rank != b->rank || memcmp (a->shape, b->shape, a->rank * sizeof (TlDim)) != 0) {
    g_autofree char *x = tl_shape_to_string (a->shape, a->rank);
    g_autofree char *y = tl_shape_to_string (b->shape, b->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "factors %s and what is added %s differ", x, y);
  }
  tl_infer_out (self, 0, a->dtype, a->rank, a->shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlRecurrenceArgs *args = tl_prepare_args (self, TlRecurrenceArgs);
  const TlMeta     *a = self->in[0];
  guint             axis = tl_axis (self->attrs[DIM].i, a->rank);

  *args = (TlRecurrenceArgs){ .dtype = a->dtype == TL_DTYPE_F64 ? TL_DTYPE_F64 : TL_DTYPE_F32, .backwards = self->attrs[BACKWARDS].i != 0, .outer = 1, .n = 1, .inner = 1 };
  for (guint i = 0; i < a->rank; i++)
    *(i < axis ? &args->outer : i > axis ? &args->inner
                                         : &args->n) *= a->shape[i];
  self->kernel = &tl_recurrence_kernel;
  return TRUE;
}

/* The gradient of b is the recurrence the other way; a factor's is that of its sum times what it is multiplied with. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  gboolean          backwards = self->attrs[BACKWARDS].i != 0;
  const TlAttrValue values[] = { self->attrs[DIM], TL_INT (!backwards) };
  TlTensor         *db, *da;
  TlFormula         f;

  tl_formula_init (&f, error);
  db = tl_formula_apply (&f, &tl_op_recurrence, values, 2, self->in[0], self->dy[0]);
  da = backwards ? tl_formula_map (&f, "a * b", 2, tl_scan_shift (&f, db, self->attrs[DIM].i, 0), self->out[0])
                 : tl_formula_map (&f, "a * b", 2, db, tl_scan_shift (&f, self->out[0], self->attrs[DIM].i, 0));
  if (!f.has_failed && self->needs[0])
    self->dx[0] = tl_tensor_ref (da);
  if (!f.has_failed && self->needs[1])
    self->dx[1] = tl_tensor_ref (db);
  tl_formula_finish (&f, NULL);
  return !f.has_failed;
}

static const TlSample samples[] = {
  { "5; 5", "dim = 0" },
  { "3,4; 3,4", "dim = 1, backwards = true" },
  { "2,3,4; 2,3,4", "dim = -2" },
  { "2,4,3; 2,4,3", "dim = 1, backwards = true" },
  { "1; 1", "dim = 0" },
  { "; ", "dim = 0" },
  { "0,3; 0,3", "dim = 1" },
  { "2,0; 2,0", "dim = 1" },
  { NULL },
};

const TlOpClass tl_op_recurrence = {
  .name = "recurrence",
  .group = "reduction",
  .doc = "A linear recurrence along an axis.",
  .formula = "y[i] = b[i] + a[i] y[i - 1]; backwards y[i] = b[i] + a[i + 1] y[i + 1]",
  .source = "Blelloch 1990, Prefix Sums and Their Applications, 1.4",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
};
