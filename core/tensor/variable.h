/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Variables: what changes over time.
 *
 * A variable has a path ("conv1.weight"), a value of fixed shape and dtype, and, if it is trained, a gradient.  Parameters,
 * running statistics, optimizer states and random counters are variables; they are what a checkpoint holds.  Operations read
 * a variable with tl_read() and change it with tl_assign() (core/graph), so that both can be traced.
 *
 * Ownership: counted references.  Thread rule: one thread at a time.
 */

#include "core/tensor/tensor.h"

G_BEGIN_DECLS

/**
 * TlVariableKind:
 * @TL_VARIABLE_PARAMETER: trained by gradients
 * @TL_VARIABLE_BUFFER: belongs to the model, not trained: running statistics
 * @TL_VARIABLE_STATE: an optimizer's or schedule's
 * @TL_VARIABLE_COUNTER: i64 without axes: how often a random row was called
 */
typedef enum {
  TL_VARIABLE_PARAMETER,
  TL_VARIABLE_BUFFER,
  TL_VARIABLE_STATE,
  TL_VARIABLE_COUNTER,
} TlVariableKind;

TlVariable *tl_variable_new_undefined (const char    *path,
                                       TlVariableKind kind,
                                       const TlMeta  *meta,
                                       GError       **error);
TlVariable *tl_variable_new (const char    *path,
                             TlVariableKind kind,
                             TlTensor      *value,
                             GError       **error);
TlVariable *tl_variable_ref (TlVariable *self);
void        tl_variable_unref (TlVariable *self);

const char    *tl_variable_get_path (TlVariable *self);
void           tl_variable_set_path (TlVariable *self,
                                     const char *path);
TlVariableKind tl_variable_get_kind (TlVariable *self);
guint64        tl_variable_get_stream (TlVariable *self);
gboolean       tl_variable_get_trainable (TlVariable *self);
void           tl_variable_set_trainable (TlVariable *self,
                                          gboolean    trainable);
TlTensor      *tl_variable_get_value (TlVariable *self);
TlTensor      *tl_variable_get_grad (TlVariable *self);
void           tl_variable_set_grad (TlVariable *self,
                                     TlTensor   *grad);
gboolean       tl_variable_set_value (TlVariable *self,
                                      TlTensor   *value,
                                      GError    **error);
gpointer       tl_variable_begin_write (TlVariable *self,
                                        GError    **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlVariable, tl_variable_unref)

G_END_DECLS
