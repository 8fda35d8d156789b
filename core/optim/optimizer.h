/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Optimizers: THE TABLE optimizers.def, one file per row, and an optimizer in use.
 *
 *     optimizer = tl_optimizer_new (tl_optimizer_find ("Adam"), parameters, n, NULL, &error);
 *     tl_optimizer_set_attr (optimizer, "lr", &TL_INPUT_NUMBER (1e-3), &error);
 *     loop: tl_optimizer_zero_grad (optimizer); ...loss...; tl_backward (loss); tl_optimizer_step (optimizer, &error);
 *
 * A step works at once and while a step is traced: then it is recorded, and which parameters have gradients is decided while
 * tracing.  All that changes is in variables: the learning rate and the number of steps (optimizer.lr, optimizer.step) and, for each
 * parameter, the row's slots (optimizer.conv1.weight.exp_avg); so a schedule sets the rate without tracing again, and a checkpoint that holds
 * the variables holds the optimizer.
 *
 * A row that searches (LBFGS) computes the loss several times a step: tl_optimizer_minimize() is given how.  What it remembers of all
 * parameters together is in variables too.
 *
 * All parameters are updated by one operation.  Its scalars (rate, bias corrections, clipping) are computed by another from lr, step and the
 * norm of the gradients, so that a replayed step needs nothing from outside.
 *
 * Ownership: counted references; the optimizer holds the parameters.  Thread rule: one thread at a time, except
 * tl_optimizer_set_lr(): between steps.
 */

#include "core/graph/attr.h"
#include "core/graph/node.h"
#include "core/tensor/variable.h"

G_BEGIN_DECLS

#define TL_OPTIMIZER_MAX_SLOTS 4
#define TL_OPTIMIZER_MAX_SCALARS 5

typedef struct _TlOptimizer      TlOptimizer;
typedef struct _TlOptimizerClass TlOptimizerClass;

/**
 * TlOptimizerStep:
 * @klass: the row
 * @attrs: attribute values
 * @n: number of parameters that have a gradient
 * @targets: (array length=n*(1+n_slots)): the parameters, then their first slots, then their second...
 * @n_slots: number of slots
 * @grads: (array length=n): their gradients
 * @lr: learning rate, f64 without axes
 * @step: number of this step, i64 without axes, from 1
 * @sum_of_squares: (nullable): of all gradients, f64 without axes, if clipping by norm is on
 * @max_norm: largest norm, 0 for no clipping
 * @memory: (nullable): the row's one number that is kept between steps, f64 without axes
 * @next_memory: (nullable) (transfer full): its value after this step; to be set
 */
typedef struct {
  const TlOptimizerClass *klass;
  const TlAttrValue      *attrs;
  guint                   n;
  guint                   n_slots;
  TlVariable *const      *targets;
  TlTensor *const        *grads;
  TlTensor               *lr;
  TlTensor               *step;
  TlTensor               *sum_of_squares;
  double                  max_norm;
  TlTensor               *memory;
  TlTensor               *next_memory;
} TlOptimizerStep;

/**
 * TlOptimizerSlot:
 * @name: PyTorch's name of a state of each parameter; it starts at 0
 * @when: (nullable): an attribute without which, or at 0, there is no such state
 */
typedef struct {
  const char *name;
  const char *when;
} TlOptimizerSlot;

/**
 * TlOptimizerRule:
 * @update: assignments to p and the slots, for each element; see tl_expr_parse_rule()
 * @scalars: (nullable): assignments in f64, once a step; the learning rate alone if %NULL
 * @names: (array zero-terminated=1) (nullable): which of them @update uses, at most %TL_OPTIMIZER_MAX_SCALARS - 1
 * @memory: (nullable): name of a number that @scalars also assigns and that is kept for the next step; it starts at 1
 *
 * An optimizer that treats every element by itself, as text.  Names in @update: p, g (the gradient, clipped, and negated where the attribute
 * maximize says so), the slots, the attributes, the scalars.  Names in @scalars: lr, t (number of the step, from 1), the attributes,
 * the memory.  The elements of an attribute "betas" are called beta1 and beta2.
 */
typedef struct {
  const char        *update;
  const char        *scalars;
  const char *const *names;
  const char        *memory;
} TlOptimizerRule;

/**
 * TlOptimizerLoss:
 * @user_data: what it was given with
 * @loss: (out): the loss for the parameters as they are
 * @error: return location for an error
 *
 * Computes the loss, and its gradients into the parameters'.
 *
 * Returns: whether it worked
 */
typedef gboolean (*TlOptimizerLoss) (gpointer user_data,
                                     double  *loss,
                                     GError **error);

struct _TlOptimizerClass {
  const char       *name;
  const char       *doc;
  const char       *formula;
  const char       *source;
  const TlAttrSpec *attrs; /* the first is lr */

  const TlOptimizerSlot *slots;          /* NULL: none; ends with a nameless one */
  void (*slot_meta) (guint         slot, /* optional: where slots are not of the parameter's shape */
                     const TlMeta *parameter,
                     TlMeta       *meta);
  const char *const *common; /* names of states of all parameters together, ended by NULL; NULL: none */
  void (*common_meta) (guint              state,
                       const TlAttrValue *attrs,
                       gsize              n_elements, /* of all parameters */
                       TlDType            widest,     /* f64 if one of them is */
                       TlMeta            *meta);
  gsize (*get_scratch) (const TlAttrValue *attrs, /* bytes that minimize() takes while it runs */
                        gsize              n_elements);
  gboolean (*check) (const TlAttrValue *attrs, /* optional: what the specs cannot say */
                     GError           **error);
  TlOptimizerRule rule;                    /* either this */
  gboolean (*step) (TlOptimizerStep *self, /* or this */
                    GError         **error);
  gboolean (*minimize) (TlOptimizer    *self, /* or this: it computes the loss several times a step */
                        TlOptimizerLoss compute,
                        gpointer        user_data,
                        double         *loss,
                        GError        **error);
};

/* The table. */
const TlOptimizerClass *tl_optimizer_find (const char *name);
guint                   tl_optimizer_get_n_rows (void);
const TlOptimizerClass *tl_optimizer_get_row (guint row);

/* Optimizers in use. */
TlOptimizer *tl_optimizer_new (const TlOptimizerClass *klass,
                               TlVariable *const      *parameters,
                               guint                   n_parameters,
                               const TlAttrValue      *attrs,
                               GError                **error);
gboolean     tl_optimizer_add_group (TlOptimizer       *self,
                                     TlVariable *const *parameters,
                                     guint              n_parameters,
                                     const TlAttrValue *attrs,
                                     GError           **error);
TlOptimizer *tl_optimizer_ref (TlOptimizer *self);
void         tl_optimizer_unref (TlOptimizer *self);

const TlOptimizerClass *tl_optimizer_get_class (TlOptimizer *self);
const TlAttrValue      *tl_optimizer_get_attrs (TlOptimizer *self);
double                  tl_optimizer_get_lr (TlOptimizer *self);
gint64                  tl_optimizer_get_n_steps (TlOptimizer *self);
gboolean                tl_optimizer_set_lr (TlOptimizer *self,
                                             double       lr,
                                             GError     **error);
gboolean                tl_optimizer_set_attr (TlOptimizer       *self,
                                               const char        *name,
                                               const TlAttrInput *input,
                                               GError           **error);
gboolean                tl_optimizer_searches (TlOptimizer *self);
gsize                   tl_optimizer_get_scratch (TlOptimizer *self);
void                    tl_optimizer_set_path (TlOptimizer *self,
                                               const char  *path);
void                    tl_optimizer_set_clip_norm (TlOptimizer *self,
                                                    double       max_norm);
void                    tl_optimizer_set_clip_value (TlOptimizer *self,
                                                     double       max_value);
gboolean                tl_optimizer_foreach_variable (TlOptimizer *self,
                                                       gboolean (*func) (TlVariable *variable,
                                                          gpointer    user_data),
                                                       gpointer user_data);

gboolean tl_optimizer_foreach_parameter (TlOptimizer *self,
                                         gboolean (*func) (TlVariable *variable,
                                                           gpointer    user_data),
                                         gpointer user_data);
void     tl_optimizer_zero_grad (TlOptimizer *self);
gboolean tl_optimizer_step (TlOptimizer *self,
                            GError     **error);
gboolean tl_optimizer_minimize (TlOptimizer    *self,
                                TlOptimizerLoss compute,
                                gpointer        user_data,
                                double         *loss,
                                GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlOptimizer, tl_optimizer_unref)

G_END_DECLS
