/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The journal: no edit is lost, named or not.
 *
 * From a document's first edit a journal stands in a folder of the user's state (`trellis/journal`): a header, the bytes
 * the document had on disk, then one record for each second in which it changed, every record with its length and check
 * sum.  Records are written and synced on a thread of their own, at most one second after the edit.  The journal is
 * removed when the document is saved or closed.  What a killed process leaves is found by tl_journal_list().
 *
 *     "trellis-journal 1\n"
 *     record: u32 length, u32 type, u64 check sum of type and payload, payload      little endian
 *       BASE   the document's path (or nothing), NUL, the bytes on disk
 *       EDIT   u64 offset, u64 n_removed, inserted bytes
 *
 * A journal is locked while its process lives, so a second window never offers it; one that changes nothing compared with
 * the file is not offered either.  Recovering keeps the old journal until the new one is on disk.
 *
 * Thread rule: main thread only; tl_journal_list() and tl_journal_recover() on any, whose results go to the main thread.
 */

#include "app/document/document.h"

G_BEGIN_DECLS

typedef struct _TlJournal TlJournal;

/**
 * TlJournalEntry:
 * @journal_path: the journal's file
 * @document_path: (nullable): the document it belongs to, or %NULL for one without a name
 * @title: first heading of the document, or its file name, or "Untitled"
 * @time: when it was last written, seconds since 1970
 */
typedef struct {
  char  *journal_path;
  char  *document_path;
  char  *title;
  gint64 time;
} TlJournalEntry;

void tl_journal_entry_free (TlJournalEntry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlJournalEntry, tl_journal_entry_free)

/**
 * tl_journal_default_folder:
 *
 * Returns: (transfer full): `$XDG_STATE_HOME/trellis/journal`
 */
char *tl_journal_default_folder (void);

/**
 * tl_journal_attach:
 * @document: a document
 * @folder: (nullable): where the journal is kept; tl_journal_default_folder() when %NULL
 *
 * Keeps a journal of @document from its next edit on, until tl_journal_close() or until it is freed.  Trouble with the
 * disk never disturbs editing; see tl_journal_get_error().
 *
 * Returns: (transfer full): the journal
 */
TlJournal *tl_journal_attach (TlDocument *document,
                              const char *folder);

/**
 * tl_journal_flush:
 * @self: a journal
 *
 * Waits until everything is on disk.
 */
void tl_journal_flush (TlJournal *self);

/**
 * tl_journal_get_error:
 *
 * Returns: (nullable) (transfer none): why the last record could not be written, or %NULL
 */
const GError *tl_journal_get_error (TlJournal *self);

/**
 * tl_journal_dup_path:
 *
 * Returns: (transfer full) (nullable): the journal's file, or %NULL while there is none
 */
char *tl_journal_dup_path (TlJournal *self);

/**
 * tl_journal_close:
 * @self: (transfer full): a journal
 *
 * Ends the journal and removes its file: the document was closed, and what was not saved is not wanted.
 */
void tl_journal_close (TlJournal *self);

/**
 * tl_journal_keep:
 * @self: (transfer full): a journal
 *
 * Writes what is left to write and ends the journal, but leaves its file: the session ends and nobody can be asked.
 */
void tl_journal_keep (TlJournal *self);

/**
 * tl_journal_list:
 * @folder: (nullable): where to look
 *
 * Finds journals whose process is gone and whose document differs from its file; removes those that change nothing.
 *
 * Returns: (transfer full) (element-type TlJournalEntry): newest first
 */
GPtrArray *tl_journal_list (const char *folder);

/**
 * tl_journal_recover:
 * @journal_path: a journal
 * @journal: (out) (transfer full) (optional): the journal of the recovered document
 * @error: return location for an error
 *
 * Reads a journal up to its last whole record.  The document is modified; its history starts with one step from what was
 * on disk to what was recovered.
 *
 * Returns: (transfer full): the document, or %NULL with @error set
 */
TlDocument *tl_journal_recover (const char *journal_path,
                                TlJournal **journal,
                                GError    **error);

/**
 * tl_journal_discard:
 *
 * Removes a journal that shall not be recovered.
 *
 * Returns: %FALSE with @error set
 */
gboolean tl_journal_discard (const char *journal_path,
                             GError    **error);

G_END_DECLS
