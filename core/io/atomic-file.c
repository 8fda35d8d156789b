/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/atomic-file.h"

#include "core/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (64 * 1024)

struct _TlAtomicFile {
  char  *path;
  char  *temporary_path; /* NULL once committed */
  int    fd;
  gsize  n_buffered;
  guint8 buffer[BUFFER_SIZE];
};

static gboolean
set_io_error (TlAtomicFile *self,
              int           code,
              GError      **error)
{
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", self->path, g_strerror (code));
  return FALSE;
}

/**
 * tl_atomic_file_open:
 * @path: where the file shall be; a symbolic link is followed
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: (transfer full): a file to write to, or %NULL with @error set
 */
TlAtomicFile *
tl_atomic_file_open (const char *path,
                     GError    **error)
{
  g_autoptr (TlAtomicFile) self = NULL;
  g_autofree char         *target = NULL;
  struct stat              status;

  g_return_val_if_fail (path != NULL, NULL);

  self = g_new0 (TlAtomicFile, 1);
  self->fd = -1;
  target = realpath (path, NULL);
  self->path = g_strdup (target != NULL ? target : path);
  self->temporary_path = g_strconcat (self->path, ".XXXXXX", NULL);
  self->fd = g_mkstemp_full (self->temporary_path, O_WRONLY | O_CLOEXEC, 0666);
  if (self->fd < 0) {
    set_io_error (self, errno, error);
    g_clear_pointer (&self->temporary_path, g_free);
    return NULL;
  }
  /* A file that is replaced keeps its permissions. */
  if (stat (self->path, &status) == 0 && fchmod (self->fd, status.st_mode & 07777) < 0 && errno != EPERM) {
    set_io_error (self, errno, error);
    return NULL;
  }
  return g_steal_pointer (&self);
}

static gboolean
write_out (TlAtomicFile *self,
           const guint8 *data,
           gsize         n_bytes,
           GError      **error)
{
  while (n_bytes > 0) {
    gssize n_written = write (self->fd, data, MIN (n_bytes, 1 << 30));

    if (n_written < 0 && errno == EINTR)
      continue;
    if (n_written < 0)
      return set_io_error (self, errno, error);
    data += n_written;
    n_bytes -= n_written;
  }
  return TRUE;
}

static gboolean
flush_buffer (TlAtomicFile *self,
              GError      **error)
{
  gsize n_bytes = self->n_buffered;

  self->n_buffered = 0;
  return write_out (self, self->buffer, n_bytes, error);
}

/**
 * tl_atomic_file_write:
 * @self: a file not yet committed
 * @data: bytes
 * @n_bytes: their number
 * @error: return location for an error
 *
 * Adds bytes at the end.  After an error only tl_atomic_file_free() may follow.
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: whether they were taken
 */
gboolean
tl_atomic_file_write (TlAtomicFile *self,
                      gconstpointer data,
                      gsize         n_bytes,
                      GError      **error)
{
  g_return_val_if_fail (self != NULL && self->fd >= 0, FALSE);

  if (n_bytes > BUFFER_SIZE - self->n_buffered && !flush_buffer (self, error))
    return FALSE;
  if (n_bytes > BUFFER_SIZE)
    return write_out (self, data, n_bytes, error);
  if (n_bytes > 0)
    memcpy (self->buffer + self->n_buffered, data, n_bytes);
  self->n_buffered += n_bytes;
  return TRUE;
}

/* Makes the new name itself durable.  File systems that cannot flush a folder say so, and then it is their affair. */
static void
flush_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int              fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  fsync (fd);
  close (fd);
}

/**
 * tl_atomic_file_commit:
 * @self: a file
 * @error: return location for an error
 *
 * Flushes everything to the disk and puts the file in its place.
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: whether the file is in its place; if not, what was there still is
 */
gboolean
tl_atomic_file_commit (TlAtomicFile *self,
                       GError      **error)
{
  int fd;

  g_return_val_if_fail (self != NULL && self->fd >= 0, FALSE);

  if (!flush_buffer (self, error))
    return FALSE;
  if (fsync (self->fd) < 0)
    return set_io_error (self, errno, error);
  fd = self->fd;
  self->fd = -1;
  if (close (fd) < 0)
    return set_io_error (self, errno, error);
  if (rename (self->temporary_path, self->path) < 0)
    return set_io_error (self, errno, error);
  g_clear_pointer (&self->temporary_path, g_free);
  flush_folder (self->path);
  return TRUE;
}

/**
 * tl_atomic_file_free:
 * @self: (nullable): a file
 *
 * Lets go of the file.  What was not committed leaves no trace.
 */
void
tl_atomic_file_free (TlAtomicFile *self)
{
  if (self == NULL)
    return;
  if (self->fd >= 0)
    close (self->fd);
  if (self->temporary_path != NULL)
    unlink (self->temporary_path);
  g_free (self->temporary_path);
  g_free (self->path);
  g_free (self);
}
