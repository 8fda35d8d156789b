/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/rule.h"

#include <string.h>

#include "core/base/error.h"
#include "core/kernels/kernels.h"
#include "core/op/ops.h"
#include "core/op/update-common.h"
#include "core/optim/scalars.h"

#define MAX_NAMES (4 + TL_OPTIMIZER_MAX_SLOTS + TL_OPTIMIZER_MAX_SCALARS + 2 * TL_OP_MAX_ATTRS)

/* Names of an expression under construction. */
typedef struct {
  guint      n;
  TlExprName names[MAX_NAMES + 1];
  char       elements[TL_OP_MAX_ATTRS][2][24]; /* "beta1" of "betas" */
} Names;

static void
add_input (Names      *self,
           const char *name)
{
  self->names[self->n++] = (TlExprName){ .name = name };
}

static void
add_constant (Names      *self,
              const char *name,
              double      value)
{
  self->names[self->n++] = (TlExprName){ .name = name, .is_constant = TRUE, .value = value };
}

/* The attributes that are numbers, without the learning rate, which changes. */
static void
add_attrs (Names             *self,
           const TlAttrSpec  *specs,
           const TlAttrValue *values)
{
  for (guint i = 1; specs[i].name != NULL; i++)
    switch (specs[i].type) {
    case TL_ATTR_FLOAT:
      add_constant (self, specs[i].name, values[i].d);
      break;
    case TL_ATTR_INT:
    case TL_ATTR_BOOL:
    case TL_ATTR_ENUM:
      add_constant (self, specs[i].name, (double)values[i].i);
      break;
    case TL_ATTR_FLOATS:
      for (gint j = 0; j < MIN (values[i].n, 2); j++) {
        g_snprintf (self->elements[i][j], sizeof self->elements[i][j], "%.*s%d", (int)strlen (specs[i].name) - 1, specs[i].name, j + 1);
        add_constant (self, self->elements[i][j], values[i].f[j]);
      }
      break;
    default:
      break;
    }
}

static const char *const lr_alone[] = { "lr", NULL };

static const char *const *
scalar_names (const TlOptimizerRule *rule)
{
  return rule->names != NULL ? rule->names : lr_alone;
}

static TlExpr *
parse_scalars (const TlOptimizerClass *klass,
               const TlAttrValue      *attrs,
               GError                **error)
{
  const TlOptimizerRule *rule = &klass->rule;
  const char            *outputs[TL_OPTIMIZER_MAX_SCALARS + 2] = { NULL };
  Names                  names = { 0 };
  guint                  n = 0;

  add_input (&names, "lr");
  add_input (&names, "t");
  if (rule->memory != NULL)
    add_input (&names, rule->memory);
  add_attrs (&names, klass->attrs, attrs);
  for (; scalar_names (rule)[n] != NULL && n < TL_OPTIMIZER_MAX_SCALARS - 1; n++)
    outputs[n] = scalar_names (rule)[n];
  outputs[n] = rule->memory;
  return tl_expr_parse_rule (rule->scalars != NULL ? rule->scalars : "lr = lr", names.names, outputs, error);
}

static TlExpr *
parse_update (const TlOptimizerClass *klass,
              const TlAttrValue      *attrs,
              const char *const      *slots,
              guint                   n_slots,
              GError                **error)
{
  const char      *outputs[TL_OPTIMIZER_MAX_SLOTS + 2] = { "p" };
  Names            names = { 0 };
  g_autofree char *text = g_strconcat ("g = g * scale;", klass->rule.update, NULL);

  add_input (&names, "p");
  add_input (&names, "g");
  for (guint i = 0; i < n_slots; i++) {
    add_input (&names, slots[i]);
    outputs[1 + i] = slots[i];
  }
  add_input (&names, "scale");
  for (guint i = 0; scalar_names (&klass->rule)[i] != NULL; i++)
    add_input (&names, scalar_names (&klass->rule)[i]);
  for (guint i = 0; klass->slots != NULL && klass->slots[i].name != NULL; i++)
    if (!g_strv_contains (outputs, klass->slots[i].name))
      add_constant (&names, klass->slots[i].name, 0);
  add_attrs (&names, klass->attrs, attrs);
  return tl_expr_parse_rule (text, names.names, outputs, error);
}

/* The row and every value that the texts may see, but not the learning rate. */
static char *
describe (const TlOptimizerClass *klass,
          const TlAttrValue      *attrs)
{
  GString *text = g_string_new (klass->name);
  char     number[G_ASCII_DTOSTR_BUF_SIZE];
  Names    names = { 0 };

  add_attrs (&names, klass->attrs, attrs);
  for (guint i = 0; i < names.n; i++)
    g_string_append_printf (text, " %s=%s", names.names[i].name, g_ascii_dtostr (number, sizeof number, names.names[i].value));
  return g_string_free (text, FALSE);
}

G_LOCK_DEFINE_STATIC (rules);
static GHashTable *rules; /* of TlRule, by name */

static const TlRule *
find_rule (const char *name)
{
  const TlRule *rule;

  G_LOCK (rules);
  rule = rules != NULL ? g_hash_table_lookup (rules, name) : NULL;
  G_UNLOCK (rules);
  return rule;
}

/**
 * tl_rule_get:
 * @klass: a row with a rule
 * @attrs: values of its attributes
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_FORMAT if the row's text is wrong
 *
 * Returns: (transfer none): the rule, or %NULL
 */
const TlRule *
tl_rule_get (const TlOptimizerClass *klass,
             const TlAttrValue      *attrs,
             GError                **error)
{
  g_autofree char   *name = describe (klass, attrs);
  const TlRule      *known = find_rule (name);
  const char        *slots[TL_OPTIMIZER_MAX_SLOTS];
  g_autoptr (TlExpr) scalars = NULL;
  g_autoptr (TlExpr) update = NULL;
  guint              n_slots;
  TlRule            *rule;

  if (known != NULL)
    return known;
  n_slots = tl_optimizer_class_get_slots (klass, attrs, slots);
  scalars = parse_scalars (klass, attrs, error);
  update = scalars != NULL ? parse_update (klass, attrs, slots, n_slots, error) : NULL;
  if (update == NULL)
    return NULL;
  rule = g_new0 (TlRule, 1);
  rule->name = g_intern_string (name);
  rule->has_memory = klass->rule.memory != NULL;
  rule->n_slots = n_slots;
  rule->n_scalars = 1 + tl_expr_get_n_out (scalars) - rule->has_memory;
  rule->scalars = g_steal_pointer (&scalars);
  rule->update = g_steal_pointer (&update);
  G_LOCK (rules);
  if (rules == NULL)
    rules = g_hash_table_new (g_str_hash, g_str_equal);
  known = g_hash_table_lookup (rules, rule->name);
  if (known == NULL)
    g_hash_table_insert (rules, (gpointer)rule->name, rule);
  G_UNLOCK (rules);
  if (known != NULL) { /* another thread was faster */
    tl_expr_unref (rule->scalars);
    tl_expr_unref (rule->update);
    g_free (rule);
  }
  return known != NULL ? known : rule;
}

/**
 * tl_optimizer_class_get_slots:
 * @klass: a row
 * @attrs: values of its attributes
 * @names: (array) (out): names of the slots that these attributes need, room for %TL_OPTIMIZER_MAX_SLOTS
 *
 * Returns: the number of slots
 */
guint
tl_optimizer_class_get_slots (const TlOptimizerClass *klass,
                              const TlAttrValue      *attrs,
                              const char            **names)
{
  guint n = 0;

  for (guint i = 0; klass->slots != NULL && klass->slots[i].name != NULL && n < TL_OPTIMIZER_MAX_SLOTS; i++) {
    gint     when = klass->slots[i].when != NULL ? tl_attr_find (klass->attrs, klass->slots[i].when) : -1;
    gboolean wanted = when < 0 || (klass->attrs[when].type == TL_ATTR_FLOAT ? attrs[when].d != 0 : attrs[when].i != 0);

    if (wanted)
      names[n++] = klass->slots[i].name;
  }
  return n;
}

/* Scalars: a program of doubles over one element. */

enum { LR,
       STEP,
       SUM_OF_SQUARES,
       MEMORY };

typedef struct {
  double    max_norm;
  double    sign;
  gboolean  has_memory;
  TlMapArgs map;
} ScalarsArgs;

static void
scalars_measure (const void *args_,
                 TlWork     *work)
{
  const ScalarsArgs *args = args_;

  tl_kernels_get ()->map.measure (&args->map, work);
}

static void
scalars_run (const void  *args_,
             void *const *data,
             void        *workspace,
             unsigned     phase,
             size_t       tile,
             void        *scratch)
{
  const ScalarsArgs *args = args_;
  double             t = (double)*(const gint64 *)data[STEP];
  double            *out = data[4];
  guint              n_out = args->map.program->n_out, n_in = args->map.program->n_in;
  void              *operands[TL_PROGRAM_MAX_IN + TL_PROGRAM_MAX_OUT] = { data[LR], &t, data[MEMORY] };

  out[0] = args->sign * tl_clip_share (args->max_norm, data[SUM_OF_SQUARES]);
  for (guint i = 0; i < n_out; i++)
    operands[n_in + i] = out + 1 + i;
  if (args->has_memory)
    operands[n_in + n_out - 1] = data[5];
  tl_kernels_get ()->map.run (&args->map, operands, workspace, phase, tile, scratch);
}

static const TlKernel scalars_kernel = { scalars_measure, scalars_run };

static const TlPort scalars_in[] = {
  { "lr", "learning rate, f64", TL_PORT_NODIFF },
  { "step", "number of the step, from 1, i64", TL_PORT_NODIFF },
  { "sum_of_squares", "of the gradients, f64", TL_PORT_NODIFF | TL_PORT_OPTIONAL },
  { "memory", "the number that is kept, f64", TL_PORT_NODIFF | TL_PORT_OPTIONAL },
  { NULL },
};

static const TlPort scalars_out[] = { { "y", "the scalars" }, { "memory", "the number that is kept" }, { NULL } };

enum { RULE,
       MAX_NORM,
       MAXIMIZE };

static const TlAttrSpec scalars_attrs[] = {
  { "rule", "name of a rule", TL_ATTR_STRING, .required = TRUE },
  { "max_norm", "largest norm of the gradients", TL_ATTR_FLOAT },
  { "maximize", "whether to go up instead of down", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
scalars_infer (TlInfer *self,
               GError **error)
{
  const TlRule *rule = find_rule (self->attrs[RULE].s);
  TlDim         n = rule != NULL ? (TlDim)rule->n_scalars : 0;

  if (rule == NULL)
    return tl_infer_fail (self, TL_ERROR_NAME, error, "there is no rule %s", self->attrs[RULE].s);
  tl_infer_out (self, 0, TL_DTYPE_F64, 1, &n);
  tl_infer_out (self, 1, TL_DTYPE_F64, 0, NULL);
  return TRUE;
}

static gboolean
has_input (const TlPrepare *self,
           guint            input)
{
  return self->n_in > input && self->in[input] != NULL;
}

static gboolean
scalars_prepare (TlPrepare *self,
                 GError   **error)
{
  ScalarsArgs  *args = tl_prepare_args (self, ScalarsArgs);
  const TlRule *rule = find_rule (self->attrs[RULE].s);

  args->max_norm = self->attrs[MAX_NORM].d;
  args->sign = self->attrs[MAXIMIZE].i != 0 ? -1 : 1;
  args->has_memory = rule->has_memory;
  args->map = (TlMapArgs){ .dtype = TL_DTYPE_F64, .program = tl_expr_get_program (rule->scalars) };
  for (guint i = 0; i < TL_PROGRAM_MAX_IN; i++)
    args->map.in_dtype[i] = TL_DTYPE_F64;
  for (guint i = 0; i < TL_PROGRAM_MAX_OUT; i++)
    args->map.out_dtype[i] = TL_DTYPE_F64;
  self->kernel = &scalars_kernel;
  tl_prepare_data (self, TL_OPERAND_IN (LR), TL_OPERAND_IN (STEP),
                   has_input (self, SUM_OF_SQUARES) ? TL_OPERAND_IN (SUM_OF_SQUARES) : TL_OPERAND_NONE,
                   has_input (self, MEMORY) ? TL_OPERAND_IN (MEMORY) : TL_OPERAND_NONE, TL_OPERAND_OUT (0), TL_OPERAND_OUT (1));
  return TRUE;
}

static const TlOpClass rule_scalars = {
  .name = "rule_scalars",
  .doc = "What a step of a rule needs to know of its number, rate and norm.",
  .in = scalars_in,
  .out = scalars_out,
  .attrs = scalars_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = scalars_infer,
  .prepare = scalars_prepare,
};

/* The update. */

static const TlAttrSpec update_attrs[] = {
  TL_UPDATE_N_PARAMS,
  { "rule", "name of a rule", TL_ATTR_STRING, .required = TRUE },
  { NULL },
};

static gboolean
update_infer (TlInfer *self,
              GError **error)
{
  const TlRule *rule = find_rule (self->attrs[1].s);

  if (rule == NULL)
    return tl_infer_fail (self, TL_ERROR_NAME, error, "there is no rule %s", self->attrs[1].s);
  return tl_update_infer (self, rule->n_slots, rule->n_scalars, error);
}

static gboolean
update_prepare (TlPrepare *self,
                GError   **error)
{
  const TlRule *rule = find_rule (self->attrs[1].s);
  TlRuleArgs   *args = tl_prepare_args (self, TlRuleArgs);

  tl_update_prepare (self, &args->tensors, rule->n_slots);
  args->n_slots = rule->n_slots;
  args->program = tl_expr_get_program (rule->update);
  self->kernel = &tl_kernels_get ()->rule_update;
  return TRUE;
}

static const TlOpClass rule_update = {
  .name = "rule_update",
  .doc = "A step of an optimizer that is text, over many parameters.",
  .in = tl_update_ports,
  .out = tl_update_out_ports,
  .attrs = update_attrs,
  .flags = TL_OP_UPDATE | TL_OP_INTERNAL,
  .infer = update_infer,
  .prepare = update_prepare,
};

/**
 * tl_rule_step:
 * @step: a step of a row with a rule
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED
 *
 * Returns: whether it worked
 */
gboolean
tl_rule_step (TlOptimizerStep *step,
              GError         **error)
{
  const TlRule        *rule = tl_rule_get (step->klass, step->attrs, error);
  gint                 maximize = tl_attr_find (step->klass->attrs, "maximize");
  TlTensor            *in[] = { step->lr, step->step, step->sum_of_squares, step->memory };
  TlTensor            *out[2] = { NULL };
  g_autoptr (TlTensor) scalars = NULL;

  if (rule == NULL)
    return FALSE;
  {
    const TlAttrValue scalars_values[] = { { .s = rule->name }, TL_FLOAT (step->max_norm), TL_INT (maximize >= 0 && step->attrs[maximize].i != 0) };
    const TlAttrValue values[] = { TL_INT (step->n), { .s = rule->name } };

    if (!tl_op_apply (&rule_scalars, in, 4, scalars_values, out, 2, error))
      return FALSE;
    scalars = out[0];
    g_clear_pointer (&step->next_memory, tl_tensor_unref);
    step->next_memory = out[1];
    return tl_optimizer_apply (step, &rule_update, values, scalars, error);
  }
}

/* Expressions of steps that are more than a rule. */

static TlExpr *
find_expr (const TlOptimizerStep *step,
           const char            *text,
           const char            *inputs,
           GError               **error)
{
  static GHashTable *exprs;
  g_autofree char   *attrs = describe (step->klass, step->attrs);
  g_autofree char   *key = g_strconcat (attrs, ";", inputs, ";", text, NULL);
  TlExpr            *expr;

  G_LOCK (rules);
  if (exprs == NULL)
    exprs = g_hash_table_new (g_str_hash, g_str_equal);
  expr = g_hash_table_lookup (exprs, key);
  if (expr == NULL) {
    g_auto (GStrv) split = g_strsplit (inputs, " ", -1);
    Names          names = { 0 };

    for (guint i = 0; split[i] != NULL; i++)
      add_input (&names, split[i]);
    add_attrs (&names, step->klass->attrs, step->attrs);
    expr = tl_expr_parse (text, names.names, error);
    if (expr != NULL)
      g_hash_table_insert (exprs, (gpointer)g_intern_string (key), expr);
  }
  G_UNLOCK (rules);
  return expr;
}

/**
 * tl_step_eval:
 * @step: a step
 * @text: an expression over @inputs and the row's attributes
 * @inputs: names, separated by blanks
 * @in: (array): their tensors; if one is %NULL, an earlier call failed and so does this one
 * @error: return location for an error
 *
 * Returns: (transfer full): the value, or %NULL
 */
TlTensor *(tl_step_eval)(const TlOptimizerStep *step,
                         const char            *text,
                         const char            *inputs,
                         TlTensor *const       *in,
                         GError               **error)
{
  TlExpr *expr;
  guint   n = 1;

  for (const char *at = inputs; *at != '\0'; at++)
    n += *at == ' ';
  for (guint i = 0; i < n; i++)
    if (in[i] == NULL)
      return NULL;
  expr = find_expr (step, text, inputs, error);
  return expr != NULL ? tl_map (expr, in, n, TL_RESULT_PROMOTED, error) : NULL;
}
