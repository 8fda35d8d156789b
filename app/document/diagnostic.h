/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is wrong or odd in a document, with its line.
 *
 * Diagnostics are about the document as a file: ids, fences, merge conflicts, encoding, version.  Errors inside cells
 * come from their syntax (`lua/syntax`) and from `app/check`.
 *
 * Thread rule: a value; any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TL_SEVERITY_NOTE,    /* unusual, but it means what it says */
  TL_SEVERITY_WARNING, /* probably not what was meant */
  TL_SEVERITY_ERROR,   /* the document cannot be run as it is */
} TlSeverity;

typedef enum {
  TL_DIAGNOSTIC_MISSING_ID, /* a cell `{#}`, or a ```lua fence without braces, which is prose */
  TL_DIAGNOSTIC_INVALID_ID,
  TL_DIAGNOSTIC_DUPLICATE_ID,
  TL_DIAGNOSTIC_UNCLOSED,     /* a cell, a prose fence or the front matter */
  TL_DIAGNOSTIC_CONFLICT,     /* <<<<<<< ======= >>>>>>> */
  TL_DIAGNOSTIC_ENCODING,     /* not UTF-8, or a NUL */
  TL_DIAGNOSTIC_VERSION,      /* missing, not a number, or newer than this program */
  TL_DIAGNOSTIC_FRONT_MATTER, /* a line that is no `key: value`, a seed that is no integer */
} TlDiagnosticCode;

/**
 * TlDiagnostic:
 * @severity: how bad it is
 * @code: what it is about
 * @line: line in the document, from 1
 * @end_line: last line it is about
 * @cell: id in memory (tl_cell_get_uid()) of the cell it is about, or 0
 * @message: one English line
 */
typedef struct {
  TlSeverity       severity;
  TlDiagnosticCode code;
  guint            line;
  guint            end_line;
  guint64          cell;
  char            *message;
} TlDiagnostic;

/**
 * tl_diagnostic_free:
 */
void tl_diagnostic_free (TlDiagnostic *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlDiagnostic, tl_diagnostic_free)

G_END_DECLS
