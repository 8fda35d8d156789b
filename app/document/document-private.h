/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of this folder share: how cells keep their bytes, and the changes all commands are made of.
 *
 *   document-read.c     bytes -> head and cells
 *   document.c          the object: queries, bytes again, snapshot
 *   document-change.c   single changes, steps, undo and redo
 *   document-command.c  commands, made of changes
 *   document-graph.c    commands on graph cells
 *   document-head.c     front matter
 *   document-check.c    diagnostics
 */

#include "app/document/document.h"

G_BEGIN_DECLS

/* How a line ends; KEEP IN STEP: tl_eol_text(). */
typedef enum {
  TL_EOL_NONE,
  TL_EOL_LF,
  TL_EOL_CRLF,
} TlEol;

/* The fence lines of a cell, and what the opening one says.  All strings are owned. */
typedef struct {
  TlCellKind kind;
  char      *id;    /* NULL for prose */
  char      *open;  /* the opening line with its line end; "" for prose */
  char      *close; /* the closing line; "" for prose and where it is missing */
} TlFrame;

/*
 * Invariants: eols has one entry for each line of text, so "\n" stands in text eols->len - 1 times, or eols is empty and so
 * is text (a cell without any line).  Only the last entry may be TL_EOL_NONE, only in the last cell, or without closing line.
 */
struct _TlCell {
  GObject      parent_instance;
  TlDocument  *document; /* borrowed; NULL while the cell is not in it */
  guint64      uid;
  guint64      serial;
  TlFrame      frame;
  GString     *text;
  GByteArray  *eols;
  char        *gap; /* blank lines behind the cell */
  TlLuaChunk  *chunk;
  TlGraphText *graph;
};

typedef enum {
  TL_CHANGE_INSERT,
  TL_CHANGE_REMOVE,
  TL_CHANGE_MOVE,
  TL_CHANGE_TEXT,
  TL_CHANGE_FRAME,
  TL_CHANGE_GAP,
  TL_CHANGE_HEAD,
} TlChangeKind;

/* One change that can be made and taken back exactly. */
typedef struct {
  TlChangeKind kind;
  TlCell      *cell; /* owned; NULL for the head */
  guint        from;
  guint        to;
  gsize        offset; /* of text */
  guint        line;   /* of eols */
  GBytes      *before; /* text, gap or head */
  GBytes      *after;
  GBytes      *eols_before;
  GBytes      *eols_after;
  TlFrame      frame_before;
  TlFrame      frame_after;
} TlChange;

typedef enum {
  TL_TYPING_NONE,
  TL_TYPING_INSERT,
  TL_TYPING_DELETE,
} TlTyping;

/* One entry of the history. */
typedef struct {
  char      *description;
  GPtrArray *changes; /* TlChange */
  gsize      n_bytes;
  TlTyping   typing;
  TlCell    *typing_cell; /* borrowed, compared only */
  gsize      typing_offset;
  gint64     typing_time;
} TlStep;

/* The file as it was read or saved last. */
typedef struct {
  gboolean exists;
  gint64   mtime_ns;
  gint64   size;
  char    *hash;
} TlFileStamp;

struct _TlDocument {
  GObject     parent_instance;
  GString    *head; /* byte order mark, front matter, blank lines */
  GPtrArray  *cells;
  TlEol       eol; /* of new lines */
  gboolean    read_only;
  guint64     serial;
  guint64     emitted_serial; /* when `changed` was last emitted */
  GPtrArray  *steps;          /* TlStep */
  guint       position;
  int         saved_position; /* -1: no step leads back to the saved state */
  gsize       history_bytes;
  TlStep     *open; /* the step that commands add to */
  guint       depth;
  gboolean    replaying;
  GPtrArray  *diagnostics;
  guint64     diagnostics_serial;
  char       *path;
  TlFileStamp stamp;
};

/* document-read.c */

/* What a line at column 0 says when it is a fence. */
typedef struct {
  char        mark; /* '`' or '~' */
  guint       length;
  gboolean    is_cell;
  TlCellKind  kind;
  const char *id;
  gsize       id_length;
} TlFence;

/* A line: content [start, content_end), with its line end [start, end). */
typedef struct {
  gsize start;
  gsize content_end;
  gsize end;
  TlEol eol;
} TlLine;

gboolean   tl_line_next (const char *data,
                         gsize       length,
                         TlLine     *line);
gboolean   tl_fence_open (const char *line,
                          gsize       length,
                          TlFence    *fence);
gboolean   tl_fence_closes (const char    *line,
                            gsize          length,
                            const TlFence *fence);
gsize      tl_head_length (const char *data,
                           gsize       length);
GPtrArray *tl_read_cells (const char *data,
                          gsize       length,
                          gboolean    close_at_once,
                          GString    *head);

/* cell.c */
TlCell     *tl_cell_new (TlCellKind kind);
void        tl_cell_set_lines (TlCell     *self,
                               const char *data,
                               gsize       length);
void        tl_cell_set_text (TlCell     *self,
                              const char *text,
                              gsize       length,
                              TlEol       eol);
void        tl_cell_touch (TlCell *self);
gboolean    tl_cell_open_fence (TlCell  *self,
                                TlFence *fence);
void        tl_cell_append (TlCell  *self,
                            gboolean is_last,
                            TlEol    eol,
                            GString *out);
const char *tl_eol_text (TlEol eol);
void        tl_frame_clear (TlFrame *self);
TlFrame     tl_frame_copy (const TlFrame *self);

/* document-change.c */
void     tl_document_begin (TlDocument *self,
                            const char *description);
void     tl_document_end (TlDocument *self);
void     tl_document_change (TlDocument *self,
                             TlChange   *change);
void     tl_document_splice (TlDocument *self,
                             TlCell     *cell,
                             gsize       start,
                             gsize       n_removed,
                             const char *text,
                             gsize       n_inserted);
gboolean tl_document_can_edit (TlDocument *self,
                               GError    **error);
void     tl_document_clear_history (TlDocument *self);
void     tl_step_free (TlStep *self);

/* document.c */
void tl_document_emit_cell_changed (TlDocument *self,
                                    TlCell     *cell,
                                    gsize       start,
                                    gsize       n_removed,
                                    gsize       n_inserted);
void tl_document_emit_cell_added (TlDocument *self,
                                  TlCell     *cell,
                                  guint       index);
void tl_document_emit_cell_removed (TlDocument *self,
                                    TlCell     *cell,
                                    guint       index);
void tl_document_emit_cell_moved (TlDocument *self,
                                  TlCell     *cell,
                                  guint       from,
                                  guint       to);
void tl_document_emit_history (TlDocument *self,
                               gboolean    was_modified);
void tl_document_emit_head (TlDocument *self);
void tl_document_emit_path (TlDocument *self);

/* document-command.c */
gboolean tl_document_replace_all (TlDocument *self,
                                  GBytes     *bytes,
                                  const char *description,
                                  GError    **error);

/* document-head.c */
gboolean tl_head_find (const char *head,
                       gsize       length,
                       const char *key,
                       TlLine     *line,
                       char      **value);
gboolean tl_head_bounds (const char *head,
                         gsize       length,
                         gsize      *first,
                         gsize      *last);

/* document-check.c */
GPtrArray *tl_document_check (TlDocument *self);

G_END_DECLS
