/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * IDX, the format of MNIST and its descendants, plain or gzip.
 *
 *     0 0 T R   S1 S1 S1 S1   ...   SR SR SR SR   elements
 *         | rank                                  big-endian, row-major
 *         element type: 08 u8, 09 i8, 0b i16 (read as i32), 0c i32, 0d f32, 0e f64
 *
 * A file must hold exactly what its header says: one that ends early or goes on is refused, with the numbers.  What the
 * header claims is compared with what the file can possibly hold before memory is asked for.
 *
 * Ownership: the caller owns what a reader fills in.
 * Thread rule: any thread.
 */

#include "core/io/array.h"
#include "core/io/input.h"

G_BEGIN_DECLS

gboolean tl_idx_read (const char *path,
                      gsize       max_bytes,
                      TlArray    *array,
                      GError    **error);
gboolean tl_idx_read_input (TlInput *input,
                            gsize    max_bytes,
                            TlArray *array,
                            GError **error);

G_END_DECLS
