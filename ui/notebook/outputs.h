/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What running a cell left: text, errors, how long it took.
 *
 * Kept in memory by cell id, and on disk one JSON file a cell in `NAME.trellis.d/outputs/`, so a document that is opened
 * again shows what it showed.
 *
 * Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

/** TL_OUTPUT_MAX_BYTES: text of a cell beyond this is not kept; the run's folder has it */
#define TL_OUTPUT_MAX_BYTES (1u << 20)

typedef enum {
  TL_CELL_NEW, /* has not been run */
  TL_CELL_QUEUED,
  TL_CELL_RUNNING,
  TL_CELL_DONE,
  TL_CELL_ERROR,
  TL_CELL_INTERRUPTED,
} TlCellStatus;

/**
 * TlOutputPiece:
 * @stream: "print", "value", "stdout" or "stderr"
 * @text: what was written
 */
typedef struct {
  char    *stream;
  GString *text;
} TlOutputPiece;

/**
 * TlOutputError:
 * @line: line in the cell from 1, or 0
 * @node: (nullable): node of a graph cell
 * @message: one line
 */
typedef struct {
  guint line;
  char *node;
  char *message;
} TlOutputError;

/**
 * TlOutputs:
 * @id: the cell's id
 * @status: what became of it
 * @seconds: how long it ran, or less than 0
 * @started_us: monotonic time at which it started, 0 when it does not run
 * @text_hash: g_str_hash() of the text that was run
 * @pieces: (element-type TlOutputPiece): text in order
 * @errors: (element-type TlOutputError): errors in order
 * @n_bytes: bytes of all pieces
 */
typedef struct {
  char        *id;
  TlCellStatus status;
  double       seconds;
  gint64       started_us;
  guint        text_hash;
  GPtrArray   *pieces;
  GPtrArray   *errors;
  gsize        n_bytes;
} TlOutputs;

TlOutputs *tl_outputs_new (const char *id);
void       tl_outputs_free (TlOutputs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlOutputs, tl_outputs_free)

/**
 * tl_outputs_clear:
 *
 * Forgets text and errors.
 */
void tl_outputs_clear (TlOutputs *self);
void tl_outputs_add_text (TlOutputs  *self,
                          const char *stream,
                          const char *text);
void tl_outputs_add_error (TlOutputs  *self,
                           guint       line,
                           const char *node,
                           const char *message);

/**
 * tl_outputs_to_json:
 *
 * Returns: (transfer full): the file's text
 */
char *tl_outputs_to_json (const TlOutputs *self);

/**
 * tl_outputs_new_from_json:
 * @id: the cell's id
 * @json: a file's text; anything
 *
 * Returns: (transfer full) (nullable): the outputs, or %NULL where the text is not understood
 */
TlOutputs *tl_outputs_new_from_json (const char *id,
                                     const char *json);

G_END_DECLS
