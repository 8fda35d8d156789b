/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/lua-pattern.h"

#include <ctype.h>
#include <string.h>

#include "lua/lua-private.h"

#define CAPTURE_POSITION (-1)
#define CAPTURE_OPEN (-2)

/* Nested calls of match(): each takes about a hundred bytes of the C stack. */
#define MAX_DEPTH 200
#define STEPS_PER_POLL 4096

/*
 * Prepares to match @pattern, without its anchor, against @subject.
 */
void
tl_matcher_init (TlMatcher  *self,
                 lua_State  *L,
                 const char *subject,
                 gsize       n_subject,
                 const char *pattern,
                 gsize       n_pattern)
{
  self->L = L;
  self->subject = subject;
  self->subject_end = subject + n_subject;
  self->pattern_end = pattern + n_pattern;
  self->depth = 0;
  self->n_steps = 0;
  self->n_captures = 0;
}

static inline void
count_step (TlMatcher *self)
{
  if (++self->n_steps % STEPS_PER_POLL == 0)
    tl_lua_poll (self->L);
}

/* The end of the single-character item that starts at @p. */
static const char *
item_end (TlMatcher  *self,
          const char *p)
{
  char first = *p++;

  if (first == '%') {
    if (p == self->pattern_end)
      luaL_error (self->L, "malformed pattern (ends with '%%')");
    return p + 1;
  }
  if (first != '[')
    return p;
  if (p < self->pattern_end && *p == '^')
    p++;
  /* A bracket that comes first stands for itself. */
  do {
    if (p == self->pattern_end)
      luaL_error (self->L, "malformed pattern (missing ']')");
    if (*p++ == '%') {
      if (p == self->pattern_end)
        luaL_error (self->L, "malformed pattern (missing ']')");
      p++;
    }
  } while (p == self->pattern_end || *p != ']');
  return p + 1;
}

static gboolean
in_class (int c,
          char class)
{
  gboolean in;

  switch (tolower ((guchar) class)) {
  case 'a':
    in = isalpha (c) != 0;
    break;
  case 'c':
    in = iscntrl (c) != 0;
    break;
  case 'd':
    in = isdigit (c) != 0;
    break;
  case 'g':
    in = isgraph (c) != 0;
    break;
  case 'l':
    in = islower (c) != 0;
    break;
  case 'p':
    in = ispunct (c) != 0;
    break;
  case 's':
    in = isspace (c) != 0;
    break;
  case 'u':
    in = isupper (c) != 0;
    break;
  case 'w':
    in = isalnum (c) != 0;
    break;
  case 'x':
    in = isxdigit (c) != 0;
    break;
  case 'z': /* deprecated in Lua, and still there */
    in = c == 0;
    break;
  default:
    return (guchar) class == c;
  }
  return isupper ((guchar) class) ? !in : in;
}

/* @p is at the '[', @last at the closing ']'. */
static gboolean
in_set (int         c,
        const char *p,
        const char *last)
{
  gboolean inside = TRUE;

  p++;
  if (*p == '^') {
    inside = FALSE;
    p++;
  }
  while (p < last) {
    if (*p == '%') {
      if (in_class (c, p[1]))
        return inside;
      p += 2;
    } else if (p[1] == '-' && p + 2 < last) {
      if ((guchar)p[0] <= c && c <= (guchar)p[2])
        return inside;
      p += 3;
    } else {
      if ((guchar)*p == c)
        return inside;
      p++;
    }
  }
  return !inside;
}

static gboolean
is_single_match (TlMatcher  *self,
                 const char *at,
                 const char *p,
                 const char *end)
{
  int c;

  count_step (self);
  if (at >= self->subject_end)
    return FALSE;
  c = (guchar)*at;
  switch (*p) {
  case '.':
    return TRUE;
  case '%':
    return in_class (c, p[1]);
  case '[':
    return in_set (c, p, end - 1);
  default:
    return (guchar)*p == c;
  }
}

static const char *
match_balance (TlMatcher  *self,
               const char *at,
               const char *p)
{
  guint depth = 1;

  if (p + 1 >= self->pattern_end)
    luaL_error (self->L, "malformed pattern (missing arguments to '%%b')");
  if (at >= self->subject_end || *at != p[0])
    return NULL;
  while (++at < self->subject_end) {
    count_step (self);
    if (*at == p[1]) {
      if (--depth == 0)
        return at + 1;
    } else if (*at == p[0]) {
      depth++;
    }
  }
  return NULL;
}

static const char *
match_most (TlMatcher  *self,
            const char *at,
            const char *p,
            const char *end)
{
  gssize n = 0;

  while (is_single_match (self, at + n, p, end))
    n++;
  for (; n >= 0; n--) {
    const char *found = tl_matcher_match (self, at + n, end + 1);

    if (found != NULL)
      return found;
  }
  return NULL;
}

static const char *
match_least (TlMatcher  *self,
             const char *at,
             const char *p,
             const char *end)
{
  for (;; at++) {
    const char *found = tl_matcher_match (self, at, end + 1);

    if (found != NULL)
      return found;
    if (!is_single_match (self, at, p, end))
      return NULL;
  }
}

static const char *
open_capture (TlMatcher  *self,
              const char *at,
              const char *p,
              gssize      kind)
{
  const char *found;

  if (self->n_captures >= TL_PATTERN_MAX_CAPTURES)
    luaL_error (self->L, "too many captures");
  self->captures[self->n_captures++] = (TlCapture){ at, kind };
  found = tl_matcher_match (self, at, p);
  if (found == NULL)
    self->n_captures--;
  return found;
}

static const char *
close_capture (TlMatcher  *self,
               const char *at,
               const char *p)
{
  guint       i = self->n_captures;
  const char *found;

  while (i > 0 && self->captures[i - 1].n_bytes != CAPTURE_OPEN)
    i--;
  if (i == 0)
    luaL_error (self->L, "invalid pattern capture");
  i--;
  self->captures[i].n_bytes = at - self->captures[i].start;
  found = tl_matcher_match (self, at, p);
  if (found == NULL)
    self->captures[i].n_bytes = CAPTURE_OPEN;
  return found;
}

static const char *
match_capture (TlMatcher  *self,
               const char *at,
               char        digit)
{
  int   i = digit - '1';
  gsize n;

  if (i < 0 || i >= (int)self->n_captures || self->captures[i].n_bytes == CAPTURE_OPEN)
    luaL_error (self->L, "invalid capture index %%%d", i + 1);
  n = (gsize)self->captures[i].n_bytes;
  self->n_steps += (guint)MIN (n / 64, STEPS_PER_POLL);
  if ((gsize)(self->subject_end - at) >= n && memcmp (self->captures[i].start, at, n) == 0)
    return at + n;
  return NULL;
}

static gboolean
is_frontier (TlMatcher  *self,
             const char *at,
             const char *p,
             const char *end)
{
  int before = at == self->subject ? '\0' : (guchar)at[-1];
  int here = at < self->subject_end ? (guchar)*at : '\0';

  return !in_set (before, p, end - 1) && in_set (here, p, end - 1);
}

/* Items that are more than one character: "done" tells whether @at and @p were moved and matching goes on. */
static const char *
match_special (TlMatcher   *self,
               const char **at,
               const char **p,
               gboolean    *done)
{
  const char *end;

  *done = FALSE;
  switch ((*p)[1]) {
  case 'b':
    *at = match_balance (self, *at, *p + 2);
    *p += 4;
    break;
  case 'f':
    *p += 2;
    if (*p >= self->pattern_end || **p != '[')
      luaL_error (self->L, "missing '[' after '%%f' in pattern");
    end = item_end (self, *p);
    if (!is_frontier (self, *at, *p, end))
      *at = NULL;
    *p = end;
    break;
  default:
    *at = match_capture (self, *at, (*p)[1]);
    *p += 2;
  }
  *done = *at == NULL;
  return *at;
}

/*
 * Matches the pattern from @p on at @at.
 *
 * Returns: the end of the match, or %NULL.  Raises for a malformed pattern and when interrupted.
 */
const char *
tl_matcher_match (TlMatcher  *self,
                  const char *at,
                  const char *p)
{
  if (self->depth++ >= MAX_DEPTH)
    luaL_error (self->L, "pattern too complex");
  while (at != NULL && p != self->pattern_end) {
    const char *end;
    gboolean    done = FALSE, has_next = p + 1 < self->pattern_end;
    char        suffix;

    count_step (self);
    if (*p == '(') {
      at = has_next && p[1] == ')' ? open_capture (self, at, p + 2, CAPTURE_POSITION)
                                   : open_capture (self, at, p + 1, CAPTURE_OPEN);
      break;
    }
    if (*p == ')') {
      at = close_capture (self, at, p + 1);
      break;
    }
    if (*p == '$' && !has_next) {
      at = at == self->subject_end ? at : NULL;
      break;
    }
    if (*p == '%' && has_next && (p[1] == 'b' || p[1] == 'f' || isdigit ((guchar)p[1]))) {
      match_special (self, &at, &p, &done);
      if (done)
        break;
      continue;
    }
    end = item_end (self, p);
    suffix = end < self->pattern_end ? *end : '\0';
    if (suffix == '*' || (suffix == '+' && is_single_match (self, at, p, end))) {
      at = match_most (self, suffix == '+' ? at + 1 : at, p, end);
      break;
    }
    if (suffix == '-') {
      at = match_least (self, at, p, end);
      break;
    }
    if (suffix == '?') {
      const char *found = NULL;

      if (is_single_match (self, at, p, end))
        found = tl_matcher_match (self, at + 1, end + 1);
      if (found != NULL) {
        at = found;
        break;
      }
      p = end + 1;
      continue;
    }
    if (suffix == '+' || !is_single_match (self, at, p, end)) {
      at = NULL;
      break;
    }
    at++;
    p = end;
  }
  self->depth--;
  return at;
}

/*
 * Pushes capture @capture of a match from @start to @end; the whole match where there are no captures.
 */
void
tl_matcher_push_capture (TlMatcher  *self,
                         guint       capture,
                         const char *start,
                         const char *end)
{
  const TlCapture *held = &self->captures[capture];

  if (capture >= self->n_captures) {
    if (capture != 0)
      luaL_error (self->L, "invalid capture index %%%d", (int)capture + 1);
    lua_pushlstring (self->L, start, (size_t)(end - start));
  } else if (held->n_bytes == CAPTURE_OPEN) {
    luaL_error (self->L, "unfinished capture");
  } else if (held->n_bytes == CAPTURE_POSITION) {
    lua_pushinteger (self->L, held->start - self->subject + 1);
  } else {
    lua_pushlstring (self->L, held->start, (size_t)held->n_bytes);
  }
}

/*
 * Pushes all captures, or the whole match if @start is not %NULL and there are none.
 *
 * Returns: how many values
 */
int
tl_matcher_push_captures (TlMatcher  *self,
                          const char *start,
                          const char *end)
{
  guint n = self->n_captures == 0 && start != NULL ? 1 : self->n_captures;

  luaL_checkstack (self->L, (int)n, "too many captures");
  for (guint i = 0; i < n; i++)
    tl_matcher_push_capture (self, i, start, end);
  return (int)n;
}
