/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a training leaves behind: the files of a run's folder.
 *
 *     document.trellis    the document as it ran         metrics.jsonl   one line per step and per epoch
 *     overrides.txt       what --set changed             events.jsonl    everything that was told
 *     curves.png, .svg    loss and metrics               *.safetensors   checkpoints and the model (core/train)
 *
 * Lines are appended as they come and are whole lines at any moment.  A write that fails (a full disk) is reported once and ends the
 * recording, never the training.
 *
 * Ownership: one owner, tl_run_record_free().  Thread rule: one thread at a time.
 */

#include "core/train/events.h"

G_BEGIN_DECLS

typedef struct _TlRunRecord TlRunRecord;

TlRunRecord *tl_run_record_new (const char *folder,
                                GBytes     *document,
                                const char *overrides,
                                GError    **error);
void         tl_run_record_free (TlRunRecord *self);
const char  *tl_run_record_get_folder (TlRunRecord *self);
gboolean     tl_run_record_add_event (TlRunRecord *self,
                                      const char  *json,
                                      GError     **error);
gboolean     tl_run_record_add_step (TlRunRecord     *self,
                                     const TlRunStep *step,
                                     GError         **error);
gboolean     tl_run_record_add_result (TlRunRecord       *self,
                                       const TlRunResult *result,
                                       gboolean           is_validation,
                                       GError           **error);
gboolean     tl_run_record_add_history (TlRunRecord *self,
                                        const char  *folder,
                                        guint64      last_step,
                                        GError     **error);
gboolean     tl_run_record_draw_curves (TlRunRecord *self,
                                        const char  *title,
                                        GError     **error);

/**
 * TlRunPast:
 * @overrides: (array zero-terminated=1): what --set changed
 * @number: how many trainings of its document came before it
 * @has_seed: whether @seed is known
 * @seed: of all random numbers
 * @document: (nullable): the document as it ran
 *
 * What is needed to go on with a run; free with tl_run_past_clear().
 */
typedef struct {
  char   **overrides;
  guint    number;
  gboolean has_seed;
  guint64  seed;
  GBytes  *document;
} TlRunPast;

gboolean tl_run_past_read (TlRunPast  *self,
                           const char *folder,
                           GError    **error);
void     tl_run_past_clear (TlRunPast *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TlRunPast, tl_run_past_clear)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlRunRecord, tl_run_record_free)

G_END_DECLS
