/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The error domain of Trellis.
 *
 * Everything that can go wrong because of the world or the user is a GError of this domain, with one English line
 * that says what, where and with which numbers: "matmul: inner sizes differ: [32, 784] x [100, 10]".  Programmer
 * errors are g_return_if_fail() and assertions instead.
 *
 * Thread rule: any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

#define TL_ERROR (tl_error_quark ())

/**
 * TlError:
 * @TL_ERROR_SHAPE: sizes that do not fit each other
 * @TL_ERROR_DTYPE: element types that do not fit each other, or are not supported
 * @TL_ERROR_VALUE: an attribute, option or value out of its range or of the wrong type
 * @TL_ERROR_NAME: an unknown or ambiguous name (operation, layer, attribute, cell, file key)
 * @TL_ERROR_MEMORY: the memory limit or the machine's memory is exhausted
 * @TL_ERROR_IO: a file or stream could not be read or written
 * @TL_ERROR_FORMAT: a file, document or message is damaged or not of the expected format
 * @TL_ERROR_UNSUPPORTED: valid, but not possible here
 * @TL_ERROR_CANCELLED: stopped by the user
 * @TL_ERROR_NUMERIC: a NaN or Inf stopped a training step
 * @TL_ERROR_DEVICE: a device failed or is missing
 * @TL_ERROR_CODE: an error in the user's Lua or graph text
 */
typedef enum {
  TL_ERROR_SHAPE,
  TL_ERROR_DTYPE,
  TL_ERROR_VALUE,
  TL_ERROR_NAME,
  TL_ERROR_MEMORY,
  TL_ERROR_IO,
  TL_ERROR_FORMAT,
  TL_ERROR_UNSUPPORTED,
  TL_ERROR_CANCELLED,
  TL_ERROR_NUMERIC,
  TL_ERROR_DEVICE,
  TL_ERROR_CODE,
} TlError;

GQuark tl_error_quark (void);

G_END_DECLS
