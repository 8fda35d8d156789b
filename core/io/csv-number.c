/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/csv.h"

#include <math.h>
#include <string.h>

/* A product or quotient of a whole number below 2^53 and a power of ten up to this one is rounded once, hence right
 * (Clinger 1990, doi:10.1145/93542.93557). */
#define MAX_EXACT_POWER 22
#define MAX_EXACT_WHOLE (G_GUINT64_CONSTANT (1) << 53)

/* An exponent with more digits is infinite or zero anyway. */
#define MAX_EXPONENT 99999

static const double powers_of_ten[MAX_EXACT_POWER + 1] = {
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

static gboolean
is_space (char byte)
{
  return byte == ' ' || byte == '\t';
}

static gboolean
equals_word (const char *text,
             gsize       n_bytes,
             const char *word)
{
  return n_bytes == strlen (word) && g_ascii_strncasecmp (text, word, n_bytes) == 0;
}

static gboolean
parse_infinity (const char *text,
                gsize       n_bytes,
                gboolean    is_negative,
                double     *value)
{
  if (!equals_word (text, n_bytes, "inf") && !equals_word (text, n_bytes, "infinity"))
    return FALSE;
  *value = is_negative ? -INFINITY : INFINITY;
  return TRUE;
}

/* More digits than the short way is exact for: the C library's conversion, on a copy with a point and an end. */
static double
convert_long (const char *text,
              gsize       n_bytes,
              char        decimal)
{
  char             local[64];
  g_autofree char *heap = NULL;
  char            *copy = local;

  if (n_bytes >= sizeof local)
    copy = heap = g_malloc (n_bytes + 1);
  memcpy (copy, text, n_bytes);
  copy[n_bytes] = '\0';
  if (decimal != '.') {
    char *comma = strchr (copy, decimal);

    if (comma != NULL)
      *comma = '.';
  }
  return g_ascii_strtod (copy, NULL);
}

/**
 * tl_csv_parse_number:
 * @text: a field, which a NUL need not follow
 * @n_bytes: its length
 * @decimal: the decimal point, `.` or `,`
 * @value: (out): the number
 *
 * Reads a decimal number (sign, digits, decimal point, exponent) or an infinity, with blanks around it.  The result is the
 * nearest double, in every locale.
 *
 * Returns: whether the whole field is one number
 */
gboolean
tl_csv_parse_number (const char *text,
                     gsize       n_bytes,
                     char        decimal,
                     double     *value)
{
  const char *end = text + n_bytes;
  const char *start;
  guint64     whole = 0;
  gint64      exponent = 0;
  guint       n_digits = 0;
  gboolean    is_negative = FALSE;
  gboolean    is_exact = TRUE;
  gboolean    has_point = FALSE;

  while (text < end && is_space (*text))
    text++;
  while (end > text && is_space (end[-1]))
    end--;
  if (text < end && (*text == '-' || *text == '+'))
    is_negative = *text++ == '-';

  start = text;
  for (; text < end; text++) {
    if (*text == decimal && !has_point) {
      has_point = TRUE;
    } else if (g_ascii_isdigit (*text)) {
      n_digits++;
      exponent -= has_point;
      whole = whole * 10 + (guint64)(*text - '0');
      if (whole >= MAX_EXACT_WHOLE) {
        is_exact = FALSE;
        whole = 0;
      }
    } else {
      break;
    }
  }
  if (n_digits == 0)
    return start == text && parse_infinity (text, end - text, is_negative, value);

  if (text < end && (*text == 'e' || *text == 'E')) {
    gboolean is_small = FALSE;
    gint64   written = 0;

    text++;
    if (text < end && (*text == '-' || *text == '+'))
      is_small = *text++ == '-';
    if (text == end)
      return FALSE;
    for (; text < end && g_ascii_isdigit (*text); text++)
      written = MIN (written * 10 + (*text - '0'), MAX_EXPONENT);
    exponent += is_small ? -written : written;
  }
  if (text != end)
    return FALSE;

  if (is_exact && exponent >= 0 && exponent <= MAX_EXACT_POWER)
    *value = (double)whole * powers_of_ten[exponent];
  else if (is_exact && exponent < 0 && exponent >= -MAX_EXACT_POWER)
    *value = (double)whole / powers_of_ten[-exponent];
  else
    *value = convert_long (start, end - start, decimal);
  if (is_negative)
    *value = -*value;
  return TRUE;
}
