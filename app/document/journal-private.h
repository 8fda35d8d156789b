/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Journal files, without documents: journal-file.c.  One thread at a time. */

#include <glib.h>

G_BEGIN_DECLS

/* A journal that is being written. */
typedef struct {
  char   *folder;
  char   *path; /* NULL while there is no file */
  int     fd;   /* locked; -1 while there is no file */
  GBytes *last; /* what the records so far amount to */
  gsize   n_appended;
} TlJournalFile;

/* What a journal says. */
typedef struct {
  char   *document_path; /* NULL: none */
  GBytes *base;
  GBytes *last;
  guint   n_edits;
  gint64  time;
} TlJournalContent;

void     tl_journal_file_init (TlJournalFile *self,
                               const char    *folder);
gboolean tl_journal_file_write (TlJournalFile *self,
                                const char    *document_path,
                                GBytes        *base,
                                GBytes        *bytes,
                                GError       **error);
void     tl_journal_file_remove (TlJournalFile *self);
void     tl_journal_file_clear (TlJournalFile *self);

int      tl_journal_lock (const char *path);
gboolean tl_journal_content_read (int               fd,
                                  const char       *path,
                                  TlJournalContent *content,
                                  GError          **error);
void     tl_journal_content_clear (TlJournalContent *self);

G_END_DECLS
