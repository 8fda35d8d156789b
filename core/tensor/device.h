/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a device must be able to do.
 *
 * A device is memory, copies and programs; operations are not in it.  Slots marked "required" must be set; an optional slot
 * that is NULL means that the device has no such thing and the engine does without.  The CPU is the built-in device; GPUs
 * come as plugins opened at run time, which is why the struct carries its version.
 *
 * Ownership: classes are static and live as long as the process.  Thread rule: any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

#define TL_DEVICE_ABI 1

typedef struct _TlDeviceClass TlDeviceClass;

/**
 * TlDevice:
 * @klass: its functions
 * @name: as users write it: "cpu", "cuda:0", "opencl:1"
 * @index: number among the devices of its class
 */
typedef struct {
  const TlDeviceClass *klass;
  const char          *name;
  guint                index;
} TlDevice;

/**
 * TlDeviceClass:
 * @abi: %TL_DEVICE_ABI
 * @host_memory: whether the host can read and write the device's blocks directly
 * @alloc: required; a block aligned to 64 bytes, or %NULL with an error
 * @free: required; gives a block of that size back
 * @copy: required; copies bytes between any two blocks of host and device, in the order of the stream
 * @fill: required; sets bytes
 * @sync: required; waits until all that was asked for is done
 * @program_build: optional; compiles the text of kernels
 * @program_free: optional, with @program_build
 * @launch: optional, with @program_build; starts one kernel of a program
 * @capture_begin: optional; records launches instead of running them
 * @capture_end: optional, with @capture_begin
 * @replay: optional, with @capture_begin
 */
struct _TlDeviceClass {
  guint       abi;
  const char *kind;
  gboolean    host_memory;

  gpointer (*alloc) (TlDevice *device,
                     gsize     n_bytes,
                     GError  **error);
  void (*free) (TlDevice *device,
                gpointer  block,
                gsize     n_bytes);
  gboolean (*copy) (TlDevice     *device,
                    gpointer      to,
                    gconstpointer from,
                    gsize         n_bytes,
                    GError      **error);
  gboolean (*fill) (TlDevice *device,
                    gpointer  to,
                    guint8    byte,
                    gsize     n_bytes,
                    GError  **error);
  gboolean (*sync) (TlDevice *device,
                    GError  **error);

  gpointer (*program_build) (TlDevice   *device,
                             const char *text,
                             const char *options,
                             GError    **error);
  void (*program_free) (TlDevice *device,
                        gpointer  program);
  gboolean (*launch) (TlDevice      *device,
                      gpointer       program,
                      const char    *kernel,
                      const gsize   *grid,
                      const gsize   *block,
                      gconstpointer *args,
                      const gsize   *arg_bytes,
                      guint          n_args,
                      GError       **error);

  gboolean (*capture_begin) (TlDevice *device,
                             GError  **error);
  gpointer (*capture_end) (TlDevice *device,
                           GError  **error);
  gboolean (*replay) (TlDevice *device,
                      gpointer  capture,
                      GError  **error);
};

TlDevice *tl_device_cpu (void);
TlDevice *tl_device_described (void);
TlDevice *tl_device_find (const char *name,
                          GError    **error);

G_END_DECLS
