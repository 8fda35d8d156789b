/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Lua's patterns, matched in steps that are counted, so that a pattern that backtracks for ages can be interrupted.
 *
 * The language is that of the Lua 5.4 manual, §6.4.1: classes, sets, captures, positions, %b, %f, and the repetitions * + - ?.
 *
 * Ownership: a matcher is a plain value over memory of others.  Thread rule: one thread at a time.
 */

#include <lua.h>

#include <glib.h>

G_BEGIN_DECLS

#define TL_PATTERN_MAX_CAPTURES 32

typedef struct {
  const char *start;
  gssize      n_bytes; /* -1: a position; -2: still open */
} TlCapture;

/**
 * TlMatcher:
 * @L: where errors are raised and interrupts are seen
 * @subject: the text
 * @subject_end: its end
 * @pattern_end: end of the pattern
 * @n_captures: captures so far
 * @captures: what they hold
 */
typedef struct {
  lua_State  *L;
  const char *subject;
  const char *subject_end;
  const char *pattern_end;
  guint       depth;
  guint       n_steps;
  guint       n_captures;
  TlCapture   captures[TL_PATTERN_MAX_CAPTURES];
} TlMatcher;

void        tl_matcher_init (TlMatcher  *self,
                             lua_State  *L,
                             const char *subject,
                             gsize       n_subject,
                             const char *pattern,
                             gsize       n_pattern);
const char *tl_matcher_match (TlMatcher  *self,
                              const char *at,
                              const char *pattern);
void        tl_matcher_push_capture (TlMatcher  *self,
                                     guint       capture,
                                     const char *start,
                                     const char *end);
int         tl_matcher_push_captures (TlMatcher  *self,
                                      const char *start,
                                      const char *end);

G_END_DECLS
