/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One open document: the document itself, its journal, its kernel, and what running it left.
 *
 * Widgets of a page all hold the same session; they show it and send commands.  Signals come at most 30 times a second
 * however many events a kernel sends:
 *
 *     outputs-changed (id)      outputs or status of a cell
 *     training-changed ()       numbers or curves of the training, 10 times a second while it runs
 *     kernel-changed ()         state of the kernel
 *
 * Thread rule: main thread only.
 */

#include "app/document/document-file.h"
#include "app/document/document.h"
#include "app/document/journal.h"
#include "ui/notebook/kernel-client.h"
#include "ui/notebook/outputs.h"
#include "ui/notebook/training.h"

G_BEGIN_DECLS

#define TL_TYPE_SESSION (tl_session_get_type ())
G_DECLARE_FINAL_TYPE (TlSession, tl_session, TL, SESSION, GObject)

/**
 * tl_session_new:
 * @document: a document
 * @journal: (nullable) (transfer full): its journal; a new one when %NULL
 *
 * Shows what is on disk from earlier runs and attaches to a kernel that still runs.
 *
 * Returns: (transfer full): the session
 */
TlSession *tl_session_new (TlDocument *document,
                           TlJournal  *journal);

/**
 * tl_session_close:
 * @self: a session
 * @keep_journal: keep what was not saved for the next start
 *
 * Detaches.  A kernel at work goes on; an idle one ends.
 */
void tl_session_close (TlSession *self,
                       gboolean   keep_journal);

/**
 * tl_session_end_kernel:
 * @self: a session that is about to be closed
 *
 * Ends the kernel, whatever it does; a training leaves a checkpoint.
 */
void tl_session_end_kernel (TlSession *self);

TlDocument     *tl_session_get_document (TlSession *self);
TlKernelClient *tl_session_get_kernel (TlSession *self);
gboolean        tl_session_is_busy (TlSession *self);

/**
 * tl_session_get_training:
 *
 * Returns: (nullable) (transfer none): the training that runs or ran last
 */
const TlTraining *tl_session_get_training (TlSession *self);

/**
 * tl_session_get_outputs:
 *
 * Returns: (nullable) (transfer none): what running that cell left
 */
const TlOutputs *tl_session_get_outputs (TlSession  *self,
                                         const char *id);

/**
 * tl_session_is_stale:
 *
 * Returns: whether @cell was run with another text than it has now
 */
gboolean tl_session_is_stale (TlSession *self,
                              TlCell    *cell);

/**
 * tl_session_run_cell:
 * @self: a session
 * @cell: a Lua or graph cell
 *
 * Starts a kernel if there is none.
 */
void tl_session_run_cell (TlSession *self,
                          TlCell    *cell);
void tl_session_run_all (TlSession *self);
void tl_session_interrupt (TlSession *self);
void tl_session_restart (TlSession *self);
void tl_session_clear_outputs (TlSession *self);

/**
 * tl_session_set_paused:
 *
 * Pauses or resumes the training that runs.
 */
void tl_session_set_paused (TlSession *self,
                            gboolean   paused);

/**
 * tl_session_set_lr:
 *
 * Gives the training that runs another learning rate from its next step on.
 */
void tl_session_set_lr (TlSession *self,
                        double     lr);

/**
 * tl_session_stop_training:
 *
 * Lets the training write a checkpoint and end after the step it is at.
 */
void tl_session_stop_training (TlSession *self);

G_END_DECLS
