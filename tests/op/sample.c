/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/op/sample.h"

#include <math.h>
#include <string.h>

#include "core/graph/attr.h"
#include "core/kernels/half.h"

/* "dim = {0, 2}, keepdim = true": commas inside braces or quotes do not separate. */
static void
parse_attrs (Case       *self,
             const char *text)
{
  const char *at = text != NULL ? text : "";

  tl_attr_init_defaults (self->op->attrs, self->attrs);
  while (*at != '\0') {
    g_autofree char   *item = NULL;
    g_autoptr (GError) error = NULL;
    const char        *end = at;
    char              *equals;
    int                depth = 0;
    gboolean           quoted = FALSE;

    while (*end != '\0' && (*end != ',' || depth > 0 || quoted)) {
      quoted ^= *end == '"';
      depth += *end == '{' ? 1 : *end == '}' ? -1
                                             : 0;
      end++;
    }
    item = g_strndup (at, (gsize)(end - at));
    equals = strchr (item, '=');
    g_assert_nonnull (equals);
    *equals = '\0';
    g_strdelimit (equals + 1, "\"", ' ');
    tl_attr_set_text (self->op->name, self->op->attrs, self->attrs, g_strstrip (item), g_strstrip (equals + 1), &error);
    g_assert_no_error (error);
    at = *end == ',' ? end + 1 : end;
  }
}

/* Of the numbers that the dtype has; those of f32 for f64, so that both see the same. */
static double
round_to (TlDType dtype,
          double  value)
{
  switch (dtype) {
  case TL_DTYPE_F16:
    return tl_f16_to_f32 (tl_f32_to_f16 ((float)value));
  case TL_DTYPE_BF16:
    return tl_bf16_to_f32 (tl_f32_to_bf16 ((float)value));
  default:
    return (double)(float)value;
  }
}

static double
draw_float (GRand          *rand,
            const TlSample *sample)
{
  double low = sample->low, high = sample->high, value;

  if (low == 0 && high == 0) {
    low = -1;
    high = 1;
  }
  value = g_rand_double_range (rand, low, high);
  for (const char *at = sample->kinks; at != NULL && *at != '\0';) {
    char  *end;
    double kink = g_ascii_strtod (at, &end);

    g_assert_true (end != at);
    if (fabs (value - kink) < 0.05)
      value = kink + (value < kink ? -0.06 : 0.06);
    at = end + strspn (end, " ");
  }
  return value;
}

static void
put_special (CaseOperand *operand,
             const char  *special)
{
  gsize i = 0;

  for (const char *at = special; at != NULL && *at != '\0' && i < operand->n; i++) {
    char *end;

    operand->values[i] = g_ascii_strtod (at, &end);
    g_assert_true (end != at);
    at = end + strspn (end, " ");
  }
}

static void
parse_operand (Case           *self,
               CaseOperand    *operand,
               char           *text,
               const TlSample *sample,
               GRand          *rand)
{
  char  *colon = strchr (text, ':'), *below = strchr (text, '<');
  gint64 limit = 10;

  operand->dtype = self->dtype;
  operand->is_missing = strcmp (text, "-") == 0;
  if (operand->is_missing)
    return;
  operand->is_tested = colon == NULL;
  operand->n = 1;
  if (below != NULL) {
    limit = g_ascii_strtoll (below + 1, NULL, 10);
    *below = '\0';
  }
  if (colon != NULL) {
    *colon = '\0';
    g_assert_true (tl_dtype_from_name (text, &operand->dtype));
    text = colon + 1;
  }
  for (g_strstrip (text); *text != '\0';) {
    operand->shape[operand->rank] = g_ascii_strtoll (text, &text, 10);
    operand->n *= (gsize)operand->shape[operand->rank++];
    text += strspn (text, ", ");
  }
  operand->values = g_new0 (double, operand->n + 1);
  for (gsize i = 0; i < operand->n; i++)
    operand->values[i] = tl_dtype_is_float (operand->dtype) ? round_to (operand->dtype, draw_float (rand, sample))
                         : operand->dtype == TL_DTYPE_BOOL  ? (double)g_rand_int_range (rand, 0, 2)
                                                            : (double)g_rand_int_range (rand, 0, (gint32)limit);
  if (tl_dtype_is_float (operand->dtype))
    put_special (operand, sample->special);
}

Case *
case_new (const TlOpClass *op,
          const TlSample  *sample,
          TlDType          dtype)
{
  Case              *self = g_new0 (Case, 1);
  g_auto (GStrv)     parts = g_strsplit (sample->shapes, ";", -1);
  g_autoptr (GRand)  rand = g_rand_new_with_seed (12345);
  g_autoptr (GError) error = NULL;

  self->op = op;
  self->dtype = dtype;
  parse_attrs (self, sample->attrs);
  if (tl_op_get_n_ports (op->in) == 0)
    return self;
  /* An empty text is one operand without axes. */
  self->n_in = MAX (g_strv_length (parts), 1);
  g_assert_cmpuint (self->n_in, <=, CASE_MAX_IN);
  for (guint i = 0; i < self->n_in; i++) {
    CaseOperand     *operand = &self->in[i];
    g_autofree char *text = g_strstrip (g_strdup (parts[i] != NULL ? parts[i] : ""));

    parse_operand (self, operand, text, sample, rand);
    if (operand->is_tested) {
      g_autoptr (TlTensor) value = case_get_operand (self, i, LAYOUT_CONTIGUOUS);

      operand->variable = tl_variable_new ("x", TL_VARIABLE_PARAMETER, value, &error);
      g_assert_no_error (error);
    }
  }
  return self;
}

void
case_free (Case *self)
{
  for (guint i = 0; i < self->n_in; i++) {
    g_free (self->in[i].values);
    g_clear_pointer (&self->in[i].variable, tl_variable_unref);
  }
  g_free (self);
}

static void
store (gpointer data,
       gsize    at,
       TlDType  dtype,
       double   value)
{
  switch (dtype) {
  case TL_DTYPE_F32:
    ((float *)data)[at] = (float)value;
    break;
  case TL_DTYPE_F64:
    ((double *)data)[at] = value;
    break;
  case TL_DTYPE_I32:
    ((gint32 *)data)[at] = (gint32)value;
    break;
  case TL_DTYPE_I64:
    ((gint64 *)data)[at] = (gint64)value;
    break;
  case TL_DTYPE_I8:
  case TL_DTYPE_U8:
    ((guint8 *)data)[at] = (guint8)value;
    break;
  case TL_DTYPE_BOOL:
    ((guint8 *)data)[at] = value != 0;
    break;
  case TL_DTYPE_F16:
    ((guint16 *)data)[at] = tl_f32_to_f16 ((float)value);
    break;
  case TL_DTYPE_BF16:
    ((guint16 *)data)[at] = tl_f32_to_bf16 ((float)value);
    break;
  }
}

static void
init_meta (TlMeta            *meta,
           const CaseOperand *operand,
           CaseLayout         layout)
{
  TlDim stride = 1;

  tl_meta_init (meta, operand->dtype, operand->rank, operand->shape);
  for (guint i = 0; i < operand->rank; i++) {
    if (layout == LAYOUT_GAPS)
      meta->strides[i] *= 2;
    if (layout == LAYOUT_REPEATED)
      meta->strides[i] = 0;
    if (layout == LAYOUT_PERMUTED) {
      meta->strides[i] = stride;
      stride *= MAX (operand->shape[i], 1);
    }
  }
  if (layout == LAYOUT_GAPS)
    meta->offset = 1;
}

/* Returns: (transfer full) (nullable): an operand, its elements in memory in another way */
TlTensor *
case_get_operand (Case      *self,
                  guint      number,
                  CaseLayout layout)
{
  const CaseOperand    *operand = &self->in[number];
  gsize                 n_bytes = (2 * operand->n + 2) * tl_dtype_size (operand->dtype);
  g_autoptr (TlStorage) storage = NULL;
  g_autoptr (GError)    error = NULL;
  TlMeta                meta;

  if (operand->is_missing)
    return NULL;
  init_meta (&meta, operand, layout);
  storage = tl_storage_new (tl_device_cpu (), n_bytes, &error);
  g_assert_no_error (error);
  /* What lies in the gaps must not matter. */
  memset (tl_storage_get_data (storage), 0x7f, n_bytes);
  for (gsize i = 0; i < operand->n; i++) {
    gsize rest = i, at = (gsize)meta.offset;

    for (guint axis = operand->rank; axis-- > 0;) {
      at += (rest % (gsize)operand->shape[axis]) * (gsize)meta.strides[axis];
      rest /= (gsize)operand->shape[axis];
    }
    if (layout != LAYOUT_REPEATED || i == 0)
      store (tl_storage_get_data (storage), at, operand->dtype, operand->values[i]);
  }
  return tl_tensor_new_wrapped (&meta, storage);
}

/* The variables take the values that were changed. */
void
case_update_variables (Case *self)
{
  for (guint i = 0; i < self->n_in; i++) {
    g_autoptr (GError)   error = NULL;
    g_autoptr (TlTensor) value = NULL;

    if (self->in[i].variable == NULL)
      continue;
    value = case_get_operand (self, i, LAYOUT_CONTIGUOUS);
    tl_variable_set_value (self->in[i].variable, value, &error);
    g_assert_no_error (error);
  }
}

/* How many results the row has for these operands; it must be able to tell. */
guint
case_get_n_out (Case *self)
{
  TlTensor          *in[CASE_MAX_IN];
  g_autoptr (GError) error = NULL;
  guint              n_out;

  for (guint i = 0; i < self->n_in; i++)
    in[i] = case_get_operand (self, i, LAYOUT_CONTIGUOUS);
  tl_op_count_out (self->op, in, self->n_in, self->attrs, &n_out, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < self->n_in; i++)
    tl_tensor_unref (in[i]);
  return n_out;
}
