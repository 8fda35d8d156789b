/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A kernel that fills its output and copies pieces into it, made of the kernels fill and copy.
 *
 *     phase 0: fill the output (if has_fill)
 *     phase 1: all pieces; they must not overlap
 *
 * data[]: the sources of the pieces, then the output.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/copy.h"
#include "core/op/common.h"

G_BEGIN_DECLS

typedef struct {
  TlCopyArgs copy;
  gint64     offset; /* of the piece in the output, in bytes */
} TlCopyPiece;

typedef struct {
  gboolean     has_fill;
  TlFillArgs   fill;
  guint        n_pieces;
  TlCopyPiece *pieces;
} TlCopiesArgs;

extern const TlKernel tl_copies_kernel;

TlCopiesArgs *tl_copies_prepare (TlPrepare *prepare,
                                 guint      n_pieces);
void          tl_copies_set_piece (TlCopiesArgs *self,
                                   guint         piece,
                                   const TlMeta *from,
                                   const TlMeta *to);
void          tl_copies_set_fill (TlCopiesArgs *self,
                                  const TlMeta *to,
                                  double        value);

G_END_DECLS
