/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"

static gboolean
fail (GError    **error,
      const char *what,
      const char *path,
      int         code)
{
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s: %s", path, what, g_strerror (code));
  return FALSE;
}

/* The file behind symbolic links, which need not exist yet. */
static char *
follow_links (const char *path,
              GError    **error)
{
  g_autofree char *at = g_strdup (path);

  for (int i = 0; i < 40; i++) {
    g_autofree char *target = g_file_read_link (at, NULL);
    g_autofree char *folder = NULL;
    char            *next;

    if (target == NULL)
      return g_steal_pointer (&at);
    folder = g_path_get_dirname (at);
    next = g_path_is_absolute (target) ? g_strdup (target) : g_build_filename (folder, target, NULL);
    g_free (at);
    at = next;
  }
  fail (error, "cannot be followed", path, ELOOP);
  return NULL;
}

static gboolean
write_all (int         fd,
           const char *data,
           gsize       n_bytes)
{
  while (n_bytes > 0) {
    ssize_t n = write (fd, data, MIN (n_bytes, (gsize)1 << 20));

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    data += n;
    n_bytes -= n;
  }
  return TRUE;
}

/* Permissions, owner and group of the old file, or those a new file gets. */
static gboolean
copy_mode (int         fd,
           const char *path)
{
  struct stat old;
  mode_t      mask;

  if (stat (path, &old) == 0) {
    if (fchown (fd, (uid_t)-1, old.st_gid) != 0)
      old.st_mode &= ~(mode_t)(S_ISGID | S_ISUID);
    return fchmod (fd, old.st_mode & 07777) == 0;
  }
  mask = umask (0);
  umask (mask);
  return fchmod (fd, 0666 & ~mask) == 0;
}

static void
sync_folder (const char *folder)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  fsync (fd);
  close (fd);
}

gboolean
tl_file_replace (const char *path,
                 const void *data,
                 gsize       n_bytes,
                 GError    **error)
{
  g_autofree char *target = follow_links (path, error);
  g_autofree char *folder = NULL;
  g_autofree char *name = NULL;
  g_autofree char *temporary = NULL;
  struct stat      info;
  gboolean         done;
  int              fd, code;

  if (target == NULL)
    return FALSE;
  if (stat (target, &info) == 0 && S_ISDIR (info.st_mode))
    return fail (error, "cannot be written", path, EISDIR);
  /* Renaming would replace a file that its owner has protected. */
  if (access (target, F_OK) == 0 && access (target, W_OK) != 0)
    return fail (error, "cannot be written", path, errno);
  folder = g_path_get_dirname (target);
  name = g_path_get_basename (target);
  temporary = g_strdup_printf ("%s/.%.200s.XXXXXX", folder, name);
  fd = mkostemp (temporary, O_CLOEXEC);
  if (fd < 0)
    return fail (error, "cannot make a file in its folder", path, errno);
  done = write_all (fd, data, n_bytes) && copy_mode (fd, target) && fsync (fd) == 0;
  code = errno;
  if (close (fd) != 0 && done) {
    done = FALSE;
    code = errno;
  }
  if (done && rename (temporary, target) != 0) {
    done = FALSE;
    code = errno;
  }
  if (!done) {
    unlink (temporary);
    return fail (error, "cannot be written", path, code);
  }
  sync_folder (folder);
  return TRUE;
}
