/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Checkpoints: every variable of a training and where it stands, in one safetensors file.
 *
 *     conv1.weight                    F32 [32, 1, 3, 3]      variables by path
 *     optimizer.conv1.weight.exp_avg  F32 [32, 1, 3, 3]
 *     dropout1.calls                  I64 []
 *     __metadata__                    "trellis.step": "938", "trellis.position": "1 0", ...
 *
 * A checkpoint is written beside the old one and then takes its place, so there is always a whole one.  Loading first compares
 * everything and then changes everything: a file that does not fit changes nothing.
 *
 * Ownership: the caller owns what it gets.  Thread rule: one thread at a time.
 */

#include "core/tensor/variable.h"

G_BEGIN_DECLS

#define TL_CHECKPOINT_FORMAT "1"

typedef struct _TlCheckpoint TlCheckpoint;

TlCheckpoint *tl_checkpoint_new (void);
TlCheckpoint *tl_checkpoint_open (const char *path,
                                  GError    **error);
TlCheckpoint *tl_checkpoint_open_weights (const char *path,
                                          GError    **error);
void          tl_checkpoint_free (TlCheckpoint *self);

void        tl_checkpoint_set (TlCheckpoint *self,
                               const char   *key,
                               const char   *value);
void        tl_checkpoint_set_number (TlCheckpoint *self,
                                      const char   *key,
                                      guint64       value);
void        tl_checkpoint_set_double (TlCheckpoint *self,
                                      const char   *key,
                                      double        value);
const char *tl_checkpoint_get (TlCheckpoint *self,
                               const char   *key);
gboolean    tl_checkpoint_get_number (TlCheckpoint *self,
                                      const char   *key,
                                      guint64      *value,
                                      GError      **error);
gboolean    tl_checkpoint_get_double (TlCheckpoint *self,
                                      const char   *key,
                                      double       *value,
                                      GError      **error);

gboolean tl_checkpoint_save (TlCheckpoint      *self,
                             const char        *path,
                             TlVariable *const *variables,
                             guint              n_variables,
                             GError           **error);
gboolean tl_checkpoint_restore (TlCheckpoint      *self,
                                TlVariable *const *variables,
                                guint              n_variables,
                                gboolean           exact,
                                GError           **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlCheckpoint, tl_checkpoint_free)

G_END_DECLS
