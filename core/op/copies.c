/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/copies.h"

#include "core/kernels/kernels.h"

static void
measure (const void *args_,
         TlWork     *work)
{
  const TlCopiesArgs *args = args_;
  const TlKernels    *kernels = tl_kernels_get ();
  TlWork              part = { 0 };

  *work = (TlWork){ .n_phases = 2 };
  if (args->has_fill) {
    kernels->fill.measure (&args->fill, &part);
    work->n_tiles[0] = part.n_tiles[0];
    work->scratch = part.scratch;
  }
  for (guint i = 0; i < args->n_pieces; i++) {
    part = (TlWork){ 0 };
    kernels->copy.measure (&args->pieces[i].copy, &part);
    g_assert (part.n_phases <= 1 && part.workspace == 0);
    work->n_tiles[1] += part.n_phases > 0 ? part.n_tiles[0] : 0;
    work->scratch = MAX (work->scratch, part.scratch);
  }
}

static void
run (const void  *args_,
     void *const *data,
     void        *workspace,
     unsigned     phase,
     size_t       tile,
     void        *scratch)
{
  const TlCopiesArgs *args = args_;
  const TlKernels    *kernels = tl_kernels_get ();
  guint8             *out = data[args->n_pieces];

  if (phase == 0) {
    if (args->has_fill)
      kernels->fill.run (&args->fill, data + args->n_pieces, workspace, 0, tile, scratch);
    return;
  }
  for (guint i = 0; i < args->n_pieces; i++) {
    const TlCopyPiece *piece = &args->pieces[i];
    void              *operands[] = { data[i], out + piece->offset };
    TlWork             part = { 0 };

    kernels->copy.measure (&piece->copy, &part);
    if (part.n_phases == 0)
      continue;
    if (tile < part.n_tiles[0]) {
      kernels->copy.run (&piece->copy, operands, workspace, 0, tile, scratch);
      return;
    }
    tile -= part.n_tiles[0];
  }
}

const TlKernel tl_copies_kernel = { measure, run };

TlCopiesArgs *
tl_copies_prepare (TlPrepare *prepare,
                   guint      n_pieces)
{
  TlCopiesArgs *args = tl_prepare_args (prepare, TlCopiesArgs);

  args->n_pieces = n_pieces;
  args->pieces = tl_arena_new0 (prepare->arena, TlCopyPiece, MAX (n_pieces, 1));
  prepare->kernel = &tl_copies_kernel;
  return args;
}

/* Where a piece comes from and where it goes; both have the same shape. */
void
tl_copies_set_piece (TlCopiesArgs *self,
                     guint         piece,
                     const TlMeta *from,
                     const TlMeta *to)
{
  TlCopyArgs *copy = &self->pieces[piece].copy;

  copy->src_dtype = from->dtype;
  copy->dst_dtype = to->dtype;
  copy->rank = from->rank;
  for (guint i = 0; i < from->rank; i++) {
    copy->shape[i] = from->shape[i];
    copy->src_strides[i] = from->strides[i];
    copy->dst_strides[i] = to->strides[i];
  }
  self->pieces[piece].offset = to->offset * (gint64)tl_dtype_size (to->dtype);
}

void
tl_copies_set_fill (TlCopiesArgs *self,
                    const TlMeta *to,
                    double        value)
{
  self->has_fill = TRUE;
  self->fill = (TlFillArgs){ .dtype = to->dtype, .rank = to->rank, .value = value };
  if (!tl_dtype_is_float (to->dtype))
    self->fill.int_value = (gint64)value;
  for (guint i = 0; i < to->rank; i++) {
    self->fill.shape[i] = to->shape[i];
    self->fill.strides[i] = to->strides[i];
  }
}
