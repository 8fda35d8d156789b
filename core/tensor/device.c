/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tensor/device.h"

#include <string.h>
#include <sys/mman.h>

#include "core/base/error.h"
#include "core/base/memory.h"

static gpointer
cpu_alloc (TlDevice *device,
           gsize     n_bytes,
           GError  **error)
{
  return tl_memory_alloc (n_bytes, error);
}

static void
cpu_free (TlDevice *device,
          gpointer  block,
          gsize     n_bytes)
{
  tl_memory_free (block, n_bytes);
}

static gboolean
cpu_copy (TlDevice     *device,
          gpointer      to,
          gconstpointer from,
          gsize         n_bytes,
          GError      **error)
{
  if (n_bytes > 0)
    memcpy (to, from, n_bytes);
  return TRUE;
}

static gboolean
cpu_fill (TlDevice *device,
          gpointer  to,
          guint8    byte,
          gsize     n_bytes,
          GError  **error)
{
  if (n_bytes > 0)
    memset (to, byte, n_bytes);
  return TRUE;
}

static gboolean
cpu_sync (TlDevice *device,
          GError  **error)
{
  return TRUE;
}

static const TlDeviceClass cpu_class = {
  .abi = TL_DEVICE_ABI,
  .kind = "cpu",
  .host_memory = TRUE,
  .alloc = cpu_alloc,
  .free = cpu_free,
  .copy = cpu_copy,
  .fill = cpu_fill,
  .sync = cpu_sync,
};

static TlDevice cpu = { &cpu_class, "cpu", 0 };

static gpointer
described_alloc (TlDevice *device,
                 gsize     n_bytes,
                 GError  **error)
{
  gpointer block = mmap (NULL, MAX (n_bytes, 1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (block != MAP_FAILED)
    return block;
  g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "there is no address space for %" G_GSIZE_FORMAT " bytes", n_bytes);
  return NULL;
}

static void
described_free (TlDevice *device,
                gpointer  block,
                gsize     n_bytes)
{
  munmap (block, MAX (n_bytes, 1));
}

static const TlDeviceClass described_class = {
  .abi = TL_DEVICE_ABI,
  .kind = "described",
  .host_memory = TRUE,
  .alloc = described_alloc,
  .free = described_free,
  .copy = cpu_copy,
  .fill = cpu_fill,
  .sync = cpu_sync,
};

static TlDevice described = { &described_class, "described", 0 };

/**
 * tl_device_cpu:
 *
 * Returns: (transfer none): the CPU
 */
TlDevice *
tl_device_cpu (void)
{
  return &cpu;
}

/**
 * tl_device_described:
 *
 * A device whose blocks are address space alone: they read as zeros, take no memory until they are written, and count
 * towards no limit.  For models that are looked at and not run, see tl_tensor_set_described().
 *
 * Returns: (transfer none): the device
 */
TlDevice *
tl_device_described (void)
{
  return &described;
}

/**
 * tl_device_find:
 * @name: a device's name, as `--device` takes it
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_DEVICE
 *
 * Returns: (transfer none): the device, or %NULL
 */
TlDevice *
tl_device_find (const char *name,
                GError    **error)
{
  if (g_strcmp0 (name, "cpu") == 0)
    return &cpu;
  g_set_error (error, TL_ERROR, TL_ERROR_DEVICE, "device \"%s\" is not known; this machine has: cpu", name);
  return NULL;
}
