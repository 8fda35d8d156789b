/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/profile-private.h"

#include <string.h>
#include <time.h>

#include "core/graph/context-private.h"

/* 24 MB: some minutes of a small model, and what a viewer still opens. */
#define MAX_EVENTS (1 << 20)

typedef struct {
  guint  row;
  guint  thread;
  gint64 start_ns;
  gint64 end_ns;
} Event;

struct _TlProfile {
  GArray     *rows;    /* TlProfileRow */
  GHashTable *numbers; /* RowKey -> number of the row + 1 */
  GArray     *order;   /* guint: rows by time; emptied when anything is added */
  GArray     *events;  /* Event */
  guint64     n_dropped;
  gint64      first_ns;
};

typedef struct {
  const char *op;
  TlSource    source;
} RowKey;

static guint
hash_key (gconstpointer key)
{
  const RowKey *k = key;

  return (g_direct_hash (k->op) * 31 + g_direct_hash (k->source.cell)) * 31 + g_direct_hash (k->source.node) + k->source.line;
}

static gboolean
same_key (gconstpointer a,
          gconstpointer b)
{
  const RowKey *x = a, *y = b;

  return x->op == y->op && x->source.cell == y->source.cell && x->source.node == y->source.node && x->source.line == y->source.line;
}

gint64
tl_profile_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/**
 * tl_profile_new:
 *
 * Returns: (transfer full): an empty profile
 */
TlProfile *
tl_profile_new (void)
{
  TlProfile *self = g_new0 (TlProfile, 1);

  self->rows = g_array_new (FALSE, FALSE, sizeof (TlProfileRow));
  self->numbers = g_hash_table_new_full (hash_key, same_key, g_free, NULL);
  self->order = g_array_new (FALSE, FALSE, sizeof (guint));
  self->events = g_array_new (FALSE, FALSE, sizeof (Event));
  self->first_ns = tl_profile_now ();
  return self;
}

/**
 * tl_profile_free:
 * @self: (transfer full) (nullable): a profile that no context has
 */
void
tl_profile_free (TlProfile *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->rows);
  g_hash_table_unref (self->numbers);
  g_array_unref (self->order);
  g_array_unref (self->events);
  g_free (self);
}

/**
 * tl_context_set_profile:
 * @self: a context
 * @profile: (transfer none) (nullable): where what it runs is noted
 *
 * Returns: (transfer none) (nullable): the one before
 */
TlProfile *
tl_context_set_profile (TlContext *self,
                        TlProfile *profile)
{
  TlProfile *before = self->profile;

  self->profile = profile;
  return before;
}

/* The number of the row of an operation at a place; @op is static, the names of @source are interned. */
guint
tl_profile_ensure_row (TlProfile      *self,
                       const char     *op,
                       const TlSource *source)
{
  RowKey       key = { op, *source };
  guint        number = GPOINTER_TO_UINT (g_hash_table_lookup (self->numbers, &key));
  TlProfileRow row = { .op = op, .source = *source };

  if (number > 0)
    return number - 1;
  g_array_append_val (self->rows, row);
  g_hash_table_insert (self->numbers, g_memdup2 (&key, sizeof key), GUINT_TO_POINTER (self->rows->len));
  return self->rows->len - 1;
}

/* What one thread did for a call. */
void
tl_profile_add_event (TlProfile *self,
                      guint      row,
                      guint      thread,
                      gint64     start_ns,
                      gint64     end_ns)
{
  Event event = { row, thread, start_ns, end_ns };

  if (self->events->len < MAX_EVENTS)
    g_array_append_val (self->events, event);
  else
    self->n_dropped++;
}

void
tl_profile_add_call (TlProfile *self,
                     guint      row,
                     gint64     time_ns,
                     double     flops,
                     double     bytes)
{
  TlProfileRow *to = &g_array_index (self->rows, TlProfileRow, row);

  to->n_calls++;
  to->seconds += (double)time_ns * 1e-9;
  to->flops += flops;
  to->bytes += bytes;
  g_array_set_size (self->order, 0);
}

/**
 * tl_profile_get_n_rows:
 * @self: a profile
 *
 * Returns: the number of rows
 */
guint
tl_profile_get_n_rows (TlProfile *self)
{
  return self->rows->len;
}

static int
compare_times (gconstpointer a,
               gconstpointer b,
               gpointer      rows)
{
  const TlProfileRow *x = &g_array_index ((GArray *)rows, TlProfileRow, *(const guint *)a);
  const TlProfileRow *y = &g_array_index ((GArray *)rows, TlProfileRow, *(const guint *)b);

  return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

/**
 * tl_profile_get_row:
 * @self: a profile
 * @row: a number below tl_profile_get_n_rows()
 *
 * Returns: (transfer none): the row, the one of most time first
 */
const TlProfileRow *
tl_profile_get_row (TlProfile *self,
                    guint      row)
{
  g_return_val_if_fail (row < self->rows->len, NULL);

  if (self->order->len != self->rows->len) {
    g_array_set_size (self->order, 0);
    for (guint i = 0; i < self->rows->len; i++)
      g_array_append_val (self->order, i);
    g_array_sort_with_data (self->order, compare_times, self->rows);
  }
  return &g_array_index (self->rows, TlProfileRow, g_array_index (self->order, guint, row));
}

static char *
source_to_string (const TlSource *source)
{
  if (source->node != NULL)
    return source->cell != NULL ? g_strdup_printf ("%s.%s", source->cell, source->node) : g_strdup (source->node);
  return source->line > 0 ? g_strdup_printf ("%s:%u", source->cell != NULL ? source->cell : "line", source->line) : g_strdup ("");
}

static char *
rate_to_string (double amount,
                double seconds)
{
  return amount > 0 && seconds > 0 ? g_strdup_printf ("%.1f", amount / seconds * 1e-9) : g_strdup ("");
}

/**
 * tl_profile_to_string:
 * @self: a profile
 * @n_rows: how many rows at most
 *
 * Writes a table for people: time in milliseconds, share of all time, calls, GFLOP and GB a second.
 *
 * Returns: (transfer full): the text
 */
char *
tl_profile_to_string (TlProfile *self,
                      guint      n_rows)
{
  GString *text = g_string_new (NULL);
  double   total = 0;

  for (guint i = 0; i < self->rows->len; i++)
    total += g_array_index (self->rows, TlProfileRow, i).seconds;
  g_string_append_printf (text, "%10s %6s %9s %8s %8s  %-24s %s\n", "ms", "%", "calls", "GFLOP/s", "GB/s", "operation", "where");
  for (guint i = 0; i < MIN (n_rows, self->rows->len); i++) {
    const TlProfileRow *row = tl_profile_get_row (self, i);
    g_autofree char    *where = source_to_string (&row->source);
    g_autofree char    *flops = rate_to_string (row->flops, row->seconds);
    g_autofree char    *bytes = rate_to_string (row->bytes, row->seconds);

    g_string_append_printf (text, "%10.3f %6.1f %9" G_GUINT64_FORMAT " %8s %8s  %-24s %s\n", row->seconds * 1e3,
                            total > 0 ? 100 * row->seconds / total : 0, row->n_calls, flops, bytes, row->op, where);
  }
  if (self->rows->len > n_rows)
    g_string_append_printf (text, "... and %u more\n", self->rows->len - n_rows);
  g_string_append_printf (text, "%10.3f ms in all\n", total * 1e3);
  return g_string_free (text, FALSE);
}

static void
append_json_string (GString    *text,
                    const char *value)
{
  g_string_append_c (text, '"');
  for (const char *p = value; *p != '\0'; p++) {
    if (*p == '"' || *p == '\\')
      g_string_append_c (text, '\\');
    if ((guchar)*p < 0x20)
      g_string_append_printf (text, "\\u%04x", *p);
    else
      g_string_append_c (text, *p);
  }
  g_string_append_c (text, '"');
}

static void
append_event (TlProfile   *self,
              const Event *event,
              GString     *text)
{
  const TlProfileRow *row = &g_array_index (self->rows, TlProfileRow, event->row);
  g_autofree char    *where = source_to_string (&row->source);
  char                start[G_ASCII_DTOSTR_BUF_SIZE], length[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (start, sizeof start, "%.3f", (double)(event->start_ns - self->first_ns) * 1e-3);
  g_ascii_formatd (length, sizeof length, "%.3f", (double)(event->end_ns - event->start_ns) * 1e-3);
  g_string_append (text, ",\n{\"ph\":\"X\",\"pid\":1,\"tid\":");
  g_string_append_printf (text, "%u,\"ts\":%s,\"dur\":%s,\"cat\":\"operation\",\"name\":", event->thread + 1, start, length);
  append_json_string (text, row->op);
  if (*where != '\0') {
    g_string_append (text, ",\"args\":{\"where\":");
    append_json_string (text, where);
    g_string_append_c (text, '}');
  }
  g_string_append_c (text, '}');
}

/**
 * tl_profile_to_trace:
 * @self: a profile
 *
 * Writes the events in the Trace Event Format (JSON object format, complete events; times in microseconds).
 *
 * Returns: (transfer full): the text
 */
char *
tl_profile_to_trace (TlProfile *self)
{
  GString *text = g_string_new ("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
  guint    n_threads = 0;

  g_string_append (text, "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"trellis\"}}");
  for (guint i = 0; i < self->events->len; i++) {
    const Event *event = &g_array_index (self->events, Event, i);

    n_threads = MAX (n_threads, event->thread + 1);
    append_event (self, event, text);
  }
  for (guint i = 0; i < n_threads; i++)
    g_string_append_printf (text, ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":\"thread_name\",\"args\":{\"name\":\"thread %u\"}}", i + 1, i + 1);
  g_string_append_printf (text, "\n],\"otherData\":{\"dropped_events\":\"%" G_GUINT64_FORMAT "\"}}\n", self->n_dropped);
  return g_string_free (text, FALSE);
}
