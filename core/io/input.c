/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/input.h"

#include "core/base/error.h"
#include "core/graph/context.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define WINDOW_SIZE (64 * 1024)

/* Read at a time; between two pieces a cell may be interrupted. */
#define PIECE_SIZE ((gsize)1 << 20)

/* Deflate cannot pack more than 1032 bytes into one (zlib's technical notes: 258 bytes in 2 bits). */
#define DEFLATE_MAX_RATIO 1032

struct _TlInput {
  char   *name;
  int     fd; /* -1 where the source is bytes */
  GBytes *bytes;
  gsize   n_taken; /* of bytes, so far */
  gsize   n_total; /* bytes in the file as it was opened */

  gboolean is_compressed;
  gboolean is_member_open; /* between a gzip header and its trailer */
  gboolean is_ended;       /* the source gave its last byte */
  z_stream stream;         /* next_in and avail_in are the window's rest, compressed or not */
  guint8   window[WINDOW_SIZE];
};

/* Takes up to WINDOW_SIZE more bytes from the source, behind what is left in the window. */
static gboolean
fill_window (TlInput *self,
             GError **error)
{
  gsize  n_left = self->stream.avail_in;
  gssize n_read;

  if (self->is_ended)
    return TRUE;
  if (n_left > 0)
    memmove (self->window, self->stream.next_in, n_left);

  if (self->fd < 0) {
    gsize         n_size;
    const guint8 *data = g_bytes_get_data (self->bytes, &n_size);

    n_read = MIN (n_size - self->n_taken, WINDOW_SIZE - n_left);
    if (n_read > 0)
      memcpy (self->window + n_left, data + self->n_taken, n_read);
    self->n_taken += n_read;
  } else {
    do
      n_read = read (self->fd, self->window + n_left, WINDOW_SIZE - n_left);
    while (n_read < 0 && errno == EINTR);
    if (n_read < 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", self->name, g_strerror (errno));
      return FALSE;
    }
  }

  self->is_ended = n_read == 0;
  self->stream.next_in = self->window;
  self->stream.avail_in = n_left + n_read;
  return TRUE;
}

static gboolean
starts_gzip_member (TlInput *self)
{
  return self->stream.avail_in >= 2 && self->stream.next_in[0] == 0x1f && self->stream.next_in[1] == 0x8b;
}

static gboolean
start (TlInput *self,
       GError **error)
{
  if (!fill_window (self, error))
    return FALSE;
  if (self->stream.avail_in == 1 && !fill_window (self, error))
    return FALSE;
  self->is_compressed = starts_gzip_member (self);
  if (!self->is_compressed)
    return TRUE;
  if (inflateInit2 (&self->stream, 16 + MAX_WBITS) != Z_OK) {
    self->is_compressed = FALSE;
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "%s: no memory to unpack gzip", self->name);
    return FALSE;
  }
  self->is_member_open = TRUE;
  return TRUE;
}

static TlInput *
input_new (const char *name)
{
  TlInput *self = g_new0 (TlInput, 1);

  self->name = g_strdup (name);
  self->fd = -1;
  return self;
}

/**
 * tl_input_open:
 * @path: a file
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: (transfer full): an input at the first byte, or %NULL with @error set
 */
TlInput *
tl_input_open (const char *path,
               GError    **error)
{
  g_autoptr (TlInput) self = NULL;
  struct stat         status;

  g_return_val_if_fail (path != NULL, NULL);

  self = input_new (path);
  /* Without O_NONBLOCK, opening a named pipe that nobody writes to would wait for ever. */
  self->fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (self->fd < 0 || fstat (self->fd, &status) < 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", path, g_strerror (errno));
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: not a regular file", path);
    return NULL;
  }
  self->n_total = status.st_size;
  if (!start (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * tl_input_new_for_bytes:
 * @bytes: what to read
 * @name: what to call it in messages
 *
 * Returns: (transfer full): an input at the first byte
 */
TlInput *
tl_input_new_for_bytes (GBytes     *bytes,
                        const char *name)
{
  TlInput *self;

  g_return_val_if_fail (bytes != NULL && name != NULL, NULL);

  self = input_new (name);
  self->bytes = g_bytes_ref (bytes);
  self->n_total = g_bytes_get_size (bytes);
  if (!start (self, NULL))
    self->is_ended = TRUE;
  return self;
}

/**
 * tl_input_free:
 * @self: (nullable): an input
 */
void
tl_input_free (TlInput *self)
{
  if (self == NULL)
    return;
  if (self->is_compressed)
    inflateEnd (&self->stream);
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self->name);
  g_free (self);
}

/**
 * tl_input_get_name:
 * @self: an input
 *
 * Returns: (transfer none): the path or name it was made with
 */
const char *
tl_input_get_name (TlInput *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->name;
}

/**
 * tl_input_is_compressed:
 * @self: an input
 *
 * Returns: whether it is gzip
 */
gboolean
tl_input_is_compressed (TlInput *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->is_compressed;
}

/**
 * tl_input_get_bound:
 * @self: an input
 *
 * Returns: more bytes than this it cannot give, however it is packed: its size if it is plain, 1032 times its size if
 *   it is gzip.  What a header claims beyond it is a lie, known before anything is allocated.
 */
gsize
tl_input_get_bound (TlInput *self)
{
  gsize bound;

  g_return_val_if_fail (self != NULL, 0);

  if (!self->is_compressed)
    return self->n_total;
  return __builtin_mul_overflow (self->n_total, DEFLATE_MAX_RATIO, &bound) ? G_MAXSIZE : bound;
}

static gssize
read_plain (TlInput *self,
            guint8  *buffer,
            gsize    n_bytes,
            GError **error)
{
  gsize n_done = 0;

  while (n_done < n_bytes) {
    gsize n = MIN (self->stream.avail_in, n_bytes - n_done);

    if (n == 0) {
      if (self->is_ended)
        break;
      if (!fill_window (self, error))
        return -1;
      continue;
    }
    memcpy (buffer + n_done, self->stream.next_in, n);
    self->stream.next_in += n;
    self->stream.avail_in -= n;
    n_done += n;
  }
  return n_done;
}

/* After a member's trailer: another member, the end, or something that is not gzip. */
static gboolean
next_member (TlInput *self,
             GError **error)
{
  if (self->stream.avail_in < 2 && !fill_window (self, error))
    return FALSE;
  /* One byte may have come alone; a second call says whether it is the last. */
  if (self->stream.avail_in == 1 && !fill_window (self, error))
    return FALSE;
  if (self->stream.avail_in == 0)
    return TRUE;
  if (!starts_gzip_member (self)) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: something that is not gzip follows the gzip data", self->name);
    return FALSE;
  }
  inflateReset (&self->stream);
  self->is_member_open = TRUE;
  return TRUE;
}

static gssize
read_compressed (TlInput *self,
                 guint8  *buffer,
                 gsize    n_bytes,
                 GError **error)
{
  gsize n_done = 0;

  while (n_done < n_bytes) {
    int status;

    if (!self->is_member_open) {
      if (!next_member (self, error))
        return -1;
      if (!self->is_member_open)
        break;
    }
    if (self->stream.avail_in == 0 && !fill_window (self, error))
      return -1;

    self->stream.next_out = buffer + n_done;
    self->stream.avail_out = MIN (n_bytes - n_done, G_MAXINT);
    status = inflate (&self->stream, Z_NO_FLUSH);
    n_done = self->stream.next_out - buffer;
    if (status == Z_STREAM_END) {
      self->is_member_open = FALSE;
    } else if (status == Z_BUF_ERROR && self->stream.avail_in == 0 && self->is_ended) {
      g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: the gzip data ends early", self->name);
      return -1;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      g_set_error (error, TL_ERROR, status == Z_MEM_ERROR ? TL_ERROR_MEMORY : TL_ERROR_FORMAT, "%s: damaged gzip data (%s)",
                   self->name, self->stream.msg != NULL ? self->stream.msg : zError (status));
      return -1;
    }
  }
  return n_done;
}

/**
 * tl_input_read:
 * @self: an input
 * @buffer: where the bytes go
 * @n_bytes: how many are wanted
 * @error: return location for an error
 *
 * Reads as many bytes as are wanted, fewer only at the end.
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_FORMAT for damaged gzip data, %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED after tl_context_cancel()
 *
 * Returns: the number of bytes read, 0 at the end, -1 with @error set
 */
gssize
tl_input_read (TlInput *self,
               gpointer buffer,
               gsize    n_bytes,
               GError **error)
{
  TlContext *context = tl_context_peek ();
  gsize      n_done = 0, n_piece;
  gssize     n_read;

  g_return_val_if_fail (self != NULL, -1);
  g_return_val_if_fail (n_bytes <= G_MAXSSIZE, -1);

  do {
    guint8 *piece = (guint8 *)buffer + n_done;

    if (context != NULL && !tl_context_check_cancelled (context, error))
      return -1;
    n_piece = MIN (n_bytes - n_done, PIECE_SIZE);
    n_read = self->is_compressed ? read_compressed (self, piece, n_piece, error) : read_plain (self, piece, n_piece, error);
    if (n_read < 0)
      return -1;
    n_done += (gsize)n_read;
  } while (n_done < n_bytes && (gsize)n_read == n_piece);
  return (gssize)n_done;
}

/**
 * tl_input_rewind:
 * @self: an input
 * @error: return location for an error
 *
 * Goes back to the first byte.
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: whether that was possible
 */
gboolean
tl_input_rewind (TlInput *self,
                 GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);

  if (self->fd >= 0 && lseek (self->fd, 0, SEEK_SET) < 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", self->name, g_strerror (errno));
    return FALSE;
  }
  if (self->is_compressed)
    inflateEnd (&self->stream);
  memset (&self->stream, 0, sizeof self->stream);
  self->n_taken = 0;
  self->is_ended = FALSE;
  self->is_member_open = FALSE;
  self->is_compressed = FALSE;
  return start (self, error);
}
