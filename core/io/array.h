/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A block of numbers as files hold it: element type, sizes and contiguous bytes.
 *
 *     shape [2, 3], f32:   a00 a01 a02 a10 a11 a12      row-major, the machine's byte order, no padding
 *
 * Readers give out a TlArray, which owns its bytes; writers take a TlArrayView, which borrows them.  Neither knows tensors:
 * core/data and core/train wrap and unwrap them.
 *
 * Ownership: tl_array_clear() drops what a TlArray holds; a TlArrayView holds nothing.
 * Thread rule: any thread, as the bytes are never written after they are read.
 */

#include <glib.h>

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

G_BEGIN_DECLS

/**
 * TlArray:
 * @dtype: element type
 * @rank: number of axes, at most %TL_MAX_RANK; 0 is a scalar
 * @shape: sizes, of which the first @rank count
 * @bytes: (nullable): the elements, aligned for any dtype; %NULL in a cleared array
 */
typedef struct {
  TlDType dtype;
  guint   rank;
  gint64  shape[TL_MAX_RANK];
  GBytes *bytes;
} TlArray;

/**
 * TlArrayView:
 * @dtype: element type
 * @rank: number of axes
 * @shape: sizes, of which the first @rank count
 * @data: the elements, contiguous; may be %NULL where a size is 0
 */
typedef struct {
  TlDType       dtype;
  guint         rank;
  gint64        shape[TL_MAX_RANK];
  gconstpointer data;
} TlArrayView;

void        tl_array_clear (TlArray *self);
gpointer    tl_array_allocate (TlArray      *self,
                               TlDType       dtype,
                               guint         rank,
                               const gint64 *shape,
                               GError      **error);
TlArrayView tl_array_view (const TlArray *self);
const char *tl_io_dtype_name (TlDType dtype);
gboolean    tl_io_size_of_shape (guint         rank,
                                 const gint64 *shape,
                                 gsize         element_size,
                                 gsize        *n_elements,
                                 gsize        *n_bytes);
char       *tl_io_shape_to_text (guint         rank,
                                 const gint64 *shape);
void        tl_io_swap_bytes (gpointer data,
                              gsize    n_elements,
                              gsize    element_size);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TlArray, tl_array_clear)

G_END_DECLS
