/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/journal-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/document/document.h"
#include "core/base/error.h"

#define MAGIC "trellis-journal 1\n"
#define MAX_FILE_BYTES ((gsize)8 * TL_DOCUMENT_MAX_BYTES)
#define HEADER_BYTES 16

enum {
  RECORD_BASE = 1,
  RECORD_EDIT = 2,
};

/* --- records ----------------------------------------------------------------------------------------------------------- */

/* FNV-1a, 64 bit: Fowler, Noll, Vo; notices torn and stale blocks, which is all that is asked of it. */
static guint64
check_sum (guint32       type,
           const guint8 *data,
           gsize         length)
{
  guint64 sum = G_GUINT64_CONSTANT (0xcbf29ce484222325) ^ type;

  sum *= G_GUINT64_CONSTANT (0x100000001b3);
  for (gsize i = 0; i < length; i++)
    sum = (sum ^ data[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return sum;
}

static void
append_u64 (GByteArray *out,
            guint64     value)
{
  value = GUINT64_TO_LE (value);
  g_byte_array_append (out, (const guint8 *)&value, 8);
}

static void
append_record (GByteArray   *out,
               guint32       type,
               const guint8 *payload,
               gsize         length)
{
  append_u64 (out, length | (guint64)type << 32);
  append_u64 (out, check_sum (type, payload, length));
  g_byte_array_append (out, payload, length);
}

static void
append_base (GByteArray *out,
             const char *document_path,
             GBytes     *base)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  const char            *path = document_path ? document_path : "";
  gsize                  length;
  const void            *data = g_bytes_get_data (base, &length);

  g_byte_array_append (payload, (const guint8 *)path, strlen (path) + 1);
  if (length > 0)
    g_byte_array_append (payload, data, length);
  append_record (out, RECORD_BASE, payload->data, payload->len);
}

/* The range in which two versions differ, as one replacement. */
static void
append_edit (GByteArray *out,
             GBytes     *before,
             GBytes     *after)
{
  g_autoptr (GByteArray) payload = NULL;
  gsize                  n_before, n_after, start = 0;
  const guint8          *a = g_bytes_get_data (before, &n_before);
  const guint8          *b = g_bytes_get_data (after, &n_after);

  while (start < n_before && start < n_after && a[start] == b[start])
    start++;
  while (n_before > start && n_after > start && a[n_before - 1] == b[n_after - 1])
    n_before--, n_after--;
  if (n_before == start && n_after == start)
    return;
  payload = g_byte_array_new ();
  append_u64 (payload, start);
  append_u64 (payload, n_before - start);
  if (n_after > start)
    g_byte_array_append (payload, b + start, n_after - start);
  append_record (out, RECORD_EDIT, payload->data, payload->len);
}

/* --- writing ----------------------------------------------------------------------------------------------------------- */

void
tl_journal_file_init (TlJournalFile *self,
                      const char    *folder)
{
  *self = (TlJournalFile){ .folder = g_strdup (folder), .fd = -1 };
}

static gboolean
fail (TlJournalFile *self,
      const char    *what,
      GError       **error)
{
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: the journal cannot be %s: %s", self->folder, what, g_strerror (errno));
  return FALSE;
}

static gboolean
write_and_sync (int         fd,
                GByteArray *data)
{
  for (gsize at = 0; at < data->len;) {
    ssize_t n = write (fd, data->data + at, data->len - at);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    at += n;
  }
  return fdatasync (fd) == 0;
}

static void
close_file (TlJournalFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  g_clear_pointer (&self->last, g_bytes_unref);
}

/* Writes the journal anew, beside the old one, which it then replaces.  It is locked before it can be seen. */
static gboolean
write_whole (TlJournalFile *self,
             const char    *document_path,
             GBytes        *base,
             GBytes        *bytes,
             GError       **error)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  g_autofree char       *id = g_uuid_string_random ();
  g_autofree char       *temporary = g_strdup_printf ("%s/.%s.tmp", self->folder, id);
  int                    fd;

  if (g_mkdir_with_parents (self->folder, 0700) != 0)
    return fail (self, "kept", error);
  fd = open (temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail (self, "made", error);
  if (self->path == NULL)
    self->path = g_strdup_printf ("%s/%s.journal", self->folder, id);
  g_byte_array_append (data, (const guint8 *)MAGIC, strlen (MAGIC));
  append_base (data, document_path, base);
  append_edit (data, base, bytes);
  if (flock (fd, LOCK_EX | LOCK_NB) != 0 || !write_and_sync (fd, data) || rename (temporary, self->path) != 0) {
    fail (self, "written", error);
    unlink (temporary);
    close (fd);
    return FALSE;
  }
  close_file (self);
  self->fd = fd;
  self->n_appended = 0;
  self->last = g_bytes_ref (bytes);
  return TRUE;
}

/* Brings the journal to @bytes.  After an error the next call writes it anew. */
gboolean
tl_journal_file_write (TlJournalFile *self,
                       const char    *document_path,
                       GBytes        *base,
                       GBytes        *bytes,
                       GError       **error)
{
  g_autoptr (GByteArray) data = NULL;

  if (self->last == NULL || self->n_appended > MAX ((gsize)1 << 20, 4 * g_bytes_get_size (bytes)))
    return write_whole (self, document_path, base, bytes, error);
  data = g_byte_array_new ();
  append_edit (data, self->last, bytes);
  if (data->len > 0 && !write_and_sync (self->fd, data)) {
    fail (self, "written", error);
    g_clear_pointer (&self->last, g_bytes_unref);
    return FALSE;
  }
  self->n_appended += data->len;
  g_bytes_unref (self->last);
  self->last = g_bytes_ref (bytes);
  return TRUE;
}

void
tl_journal_file_remove (TlJournalFile *self)
{
  if (self->path != NULL)
    unlink (self->path);
  close_file (self);
  g_clear_pointer (&self->path, g_free);
}

/* Lets go of the file without removing it. */
void
tl_journal_file_clear (TlJournalFile *self)
{
  close_file (self);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->folder, g_free);
}

/* --- reading ----------------------------------------------------------------------------------------------------------- */

/* Opens and locks a journal; -1 when its process lives, or it is gone. */
int
tl_journal_lock (const char *path)
{
  int fd = open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) != 0) {
    close (fd);
    fd = -1;
  }
  return fd;
}

static gboolean
read_edit (TlJournalContent *content,
           const guint8     *payload,
           gsize             length)
{
  guint64       start, n_removed;
  gsize         size;
  const guint8 *old = g_bytes_get_data (content->last, &size);
  GByteArray   *bytes;

  if (length < HEADER_BYTES)
    return FALSE;
  memcpy (&start, payload, 8);
  memcpy (&n_removed, payload + 8, 8);
  start = GUINT64_FROM_LE (start);
  n_removed = GUINT64_FROM_LE (n_removed);
  if (start > size || n_removed > size - start || size - n_removed + length > TL_DOCUMENT_MAX_BYTES + (1 << 20))
    return FALSE;
  bytes = g_byte_array_sized_new (size - n_removed + length);
  if (start > 0)
    g_byte_array_append (bytes, old, start);
  g_byte_array_append (bytes, payload + HEADER_BYTES, length - HEADER_BYTES);
  if (start + n_removed < size)
    g_byte_array_append (bytes, old + start + n_removed, size - start - n_removed);
  g_bytes_unref (content->last);
  content->last = g_byte_array_free_to_bytes (bytes);
  content->n_edits++;
  return TRUE;
}

static gboolean
read_base (TlJournalContent *content,
           const guint8     *payload,
           gsize             length)
{
  const guint8 *nul = memchr (payload, 0, length);

  if (nul == NULL || content->base != NULL)
    return FALSE;
  content->document_path = nul > payload ? g_strdup ((const char *)payload) : NULL;
  content->base = g_bytes_new (nul + 1, length - (nul + 1 - payload));
  content->last = g_bytes_ref (content->base);
  return TRUE;
}

/* Follows the records to the last whole one. */
static void
read_records (TlJournalContent *content,
              const guint8     *data,
              gsize             length)
{
  gsize at = strlen (MAGIC);

  while (length - at >= HEADER_BYTES) {
    guint64  head, sum;
    guint32  type;
    gsize    size;
    gboolean good;

    memcpy (&head, data + at, 8);
    memcpy (&sum, data + at + 8, 8);
    head = GUINT64_FROM_LE (head);
    type = head >> 32;
    size = head & G_MAXUINT32;
    at += HEADER_BYTES;
    if (size > length - at || check_sum (type, data + at, size) != GUINT64_FROM_LE (sum))
      return;
    if (content->base == NULL)
      good = type == RECORD_BASE && read_base (content, data + at, size);
    else
      good = type == RECORD_EDIT && read_edit (content, data + at, size);
    if (!good)
      return;
    at += size;
  }
}

gboolean
tl_journal_content_read (int               fd,
                         const char       *path,
                         TlJournalContent *content,
                         GError          **error)
{
  struct stat        info;
  g_autofree guint8 *data = NULL;
  gsize              n = 0;

  *content = (TlJournalContent){ 0 };
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode) && (guint64)info.st_size <= MAX_FILE_BYTES) {
    data = g_malloc (info.st_size + 1);
    while (n < (gsize)info.st_size) {
      ssize_t got = pread (fd, data + n, info.st_size - n, n);

      if (got <= 0)
        break;
      n += got;
    }
    content->time = info.st_mtim.tv_sec;
    if (n >= strlen (MAGIC) && memcmp (data, MAGIC, strlen (MAGIC)) == 0)
      read_records (content, data, n);
  }
  if (content->base != NULL)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: no journal of a document, or damaged at its start", path);
  return FALSE;
}

void
tl_journal_content_clear (TlJournalContent *self)
{
  g_clear_pointer (&self->document_path, g_free);
  g_clear_pointer (&self->base, g_bytes_unref);
  g_clear_pointer (&self->last, g_bytes_unref);
}
