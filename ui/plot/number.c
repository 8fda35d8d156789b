/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/plot/number.h"

#include <locale.h>

char *
tl_number_group (gint64 value)
{
  const char *separator = localeconv ()->thousands_sep;
  GString    *text = g_string_new (NULL);
  gssize      first = value < 0 ? 1 : 0;

  if (separator == NULL || *separator == '\0' || !g_utf8_validate (separator, -1, NULL))
    separator = ",";
  g_string_printf (text, "%" G_GINT64_FORMAT, value);
  for (gssize at = (gssize)text->len - 3; at > first; at -= 3)
    g_string_insert (text, at, separator);
  return g_string_free (text, FALSE);
}

char *
tl_number_bytes (guint64 n_bytes)
{
  return g_format_size (n_bytes);
}
