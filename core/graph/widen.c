/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 16-bit operands of kernels that know only f32.
 *
 *     phase 0        every 16-bit operand -> f32 in the workspace
 *     phases 1..k    the kernel itself, on those
 *     phase k + 1    what it wrote -> 16 bits, rounded once
 *
 * So a kernel that exists in f32 exists in f16 and bf16 too, at once and in plans, and values that are kept between operations take half
 * the memory.
 */
#include <string.h>

#include "core/graph/node-private.h"
#include "core/kernels/copy.h"
#include "core/kernels/kernels.h"
#include "core/kernels/phases.h"

#define ALIGNMENT 64

/* A place in the kernel's data with a 16-bit operand. */
typedef struct {
  guint      place;
  gsize      offset; /* of its f32 elements in the workspace */
  gboolean   is_read, is_written;
  TlCopyArgs in, out;
  gsize      n_in_tiles, n_out_tiles;
} WideOperand;

typedef struct {
  const TlKernel *kernel;
  gpointer        args;
  TlWork          work;
  guint           n_data;
  guint           n_operands;
  WideOperand    *operands;
  gsize           n_in_tiles, n_out_tiles;
  gsize           workspace; /* offset of the kernel's own; the addresses of its data stand at the start */
  TlWork          whole;
} WideArgs;

gboolean
tl_dtype_is_half (TlDType dtype)
{
  return dtype == TL_DTYPE_F16 || dtype == TL_DTYPE_BF16;
}

/* Kernels that read and write elements of any dtype; so does whatever only moves them. */
static gboolean
takes_halves (const TlOpClass *op,
              const TlKernel  *kernel)
{
  const TlKernels *all = tl_kernels_get ();

  return op->precision == TL_PRECISION_MOVES || kernel == &all->copy || kernel == &all->fill || kernel == &all->reduce || kernel == &all->index_select ||
         kernel == &all->one_hot || kernel == &all->permutation || kernel == &all->random;
}

static gsize
copy_tiles (const TlCopyArgs *args,
            gsize            *scratch)
{
  TlWork work = { 0 };

  tl_kernels_get ()->copy.measure (args, &work);
  g_assert (work.n_phases == 1);
  *scratch = MAX (*scratch, work.scratch);
  return work.n_tiles[0];
}

static void
measure (gconstpointer args,
         TlWork       *work)
{
  *work = ((const WideArgs *)args)->whole;
}

/* Converts one tile of what is read; tile 0 writes the addresses that the kernel will see. */
static void
widen_tile (const WideArgs *self,
            void *const    *data,
            guint8         *workspace,
            gsize           tile,
            void           *scratch)
{
  void **seen = (void **)workspace;

  if (tile-- == 0) {
    memcpy (seen, data, self->n_data * sizeof *seen);
    for (guint i = 0; i < self->n_operands; i++)
      seen[self->operands[i].place] = workspace + self->operands[i].offset;
    return;
  }
  for (guint i = 0; i < self->n_operands; i++) {
    const WideOperand *operand = &self->operands[i];
    void              *pair[] = { data[operand->place], workspace + operand->offset };

    if (tile < operand->n_in_tiles) {
      tl_kernels_get ()->copy.run (&operand->in, pair, NULL, 0, tile, scratch);
      return;
    }
    tile -= operand->n_in_tiles;
  }
}

static void
narrow_tile (const WideArgs *self,
             void *const    *data,
             guint8         *workspace,
             gsize           tile,
             void           *scratch)
{
  for (guint i = 0; i < self->n_operands; i++) {
    const WideOperand *operand = &self->operands[i];
    void              *pair[] = { workspace + operand->offset, data[operand->place] };

    if (tile < operand->n_out_tiles) {
      tl_kernels_get ()->copy.run (&operand->out, pair, NULL, 0, tile, scratch);
      return;
    }
    tile -= operand->n_out_tiles;
  }
}

static gsize
tiles_of (const WideArgs *self,
          guint           phase)
{
  if (phase == 0)
    return self->n_in_tiles;
  return phase <= self->work.n_phases ? tl_work_get_n_tiles (&self->work, phase - 1) : self->n_out_tiles;
}

static void
run (const void  *args,
     void *const *data,
     void        *workspace,
     unsigned     phase,
     size_t       tile,
     void        *scratch)
{
  const WideArgs *self = args;

  if (tile >= tiles_of (self, phase))
    return;
  if (phase == 0)
    widen_tile (self, data, workspace, tile, scratch);
  else if (phase <= self->work.n_phases)
    self->kernel->run (self->args, workspace, (guint8 *)workspace + self->workspace, phase - 1, tile, scratch);
  else
    narrow_tile (self, data, workspace, tile, scratch);
}

static const TlKernel wide_kernel = { measure, run };

/* As the kernel sees it: f32, as the elements lie, or one behind the other where there are gaps or repeats. */
static TlMeta
widen_meta (const TlMeta *meta)
{
  TlMeta wide = *meta;

  if (!tl_dtype_is_half (meta->dtype))
    return wide;
  if (!tl_meta_is_dense (meta))
    tl_meta_init (&wide, TL_DTYPE_F32, meta->rank, meta->shape);
  wide.dtype = TL_DTYPE_F32;
  wide.offset = 0;
  return wide;
}

static TlCopyArgs
copy_args (const TlMeta *from,
           const TlMeta *to)
{
  TlCopyArgs args = { .src_dtype = from->dtype, .dst_dtype = to->dtype, .rank = from->rank };

  for (guint i = 0; i < from->rank; i++) {
    args.shape[i] = from->shape[i];
    args.src_strides[i] = from->strides[i];
    args.dst_strides[i] = to->strides[i];
  }
  return args;
}

static gsize
align (gsize n)
{
  return (n + ALIGNMENT - 1) & ~(gsize)(ALIGNMENT - 1);
}

/* The operand of a place: below n_in an input, then an output; G_MAXUINT for none. */
static guint
operand_at (const TlPrepare *prepare,
            guint            place)
{
  gint operand;

  if (prepare->n_data == 0)
    return place;
  operand = prepare->data[place];
  if (operand == TL_OPERAND_INDEX_ERROR || operand == TL_OPERAND_NONE)
    return G_MAXUINT;
  return operand > 0 ? (guint)operand - 1 : prepare->n_in + (guint)(-operand - 1);
}

static void
add_operand (WideArgs     *self,
             guint         place,
             const TlMeta *meta,
             const TlMeta *wide,
             gboolean      is_output,
             gsize        *end)
{
  WideOperand *operand = &self->operands[self->n_operands++];

  *operand = (WideOperand){ .place = place, .offset = *end, .is_read = !is_output, .is_written = is_output };
  *end += align ((gsize)tl_meta_get_n_elements (meta) * sizeof (float));
  operand->in = copy_args (meta, wide);
  operand->out = copy_args (wide, meta);
}

/* Output i of an update is written where input i lies, and input i is written back. */
static gboolean
join_updated (WideArgs        *self,
              const TlPrepare *prepare,
              guint            place,
              guint            operand)
{
  if ((prepare->op->flags & TL_OP_UPDATE) == 0 || operand < prepare->n_in)
    return FALSE;
  for (guint i = 0; i < self->n_operands; i++)
    if (operand_at (prepare, self->operands[i].place) == operand - prepare->n_in) {
      WideOperand *same = &self->operands[self->n_operands++];

      *same = self->operands[i];
      same->place = place;
      same->is_read = same->is_written = FALSE;
      return TRUE;
    }
  return FALSE;
}

static void
finish (WideArgs *self,
        gsize     end)
{
  TlWork *whole = &self->whole;
  gsize   scratch = self->work.scratch;

  self->n_in_tiles = 1;
  for (guint i = 0; i < self->n_operands; i++) {
    WideOperand *operand = &self->operands[i];

    operand->n_in_tiles = operand->is_read ? copy_tiles (&operand->in, &scratch) : 0;
    operand->n_out_tiles = operand->is_written ? copy_tiles (&operand->out, &scratch) : 0;
    self->n_in_tiles += operand->n_in_tiles;
    self->n_out_tiles += operand->n_out_tiles;
  }
  *whole = (TlWork){ .n_phases = self->work.n_phases + 2, .scratch = scratch };
  /* Those that are not counted apart have as many tiles as the largest of them; what a phase does not have does nothing. */
  for (guint phase = 0; phase < whole->n_phases; phase++) {
    gsize *n = &whole->n_tiles[MIN (phase, TL_WORK_MAX_PHASES - 1)];

    *n = MAX (*n, tiles_of (self, phase));
  }
  self->workspace = end;
  whole->workspace = end + self->work.workspace;
}

static void
wrap (TlPrepare    *prepare,
      const TlMeta *wide)
{
  WideArgs *self = tl_prepare_args (prepare, WideArgs);
  guint     n_data = prepare->n_data != 0 ? prepare->n_data : prepare->n_in + prepare->n_out;
  gsize     end = align (n_data * sizeof (void *));

  self->n_data = n_data;
  self->operands = tl_arena_new0 (prepare->arena, WideOperand, n_data + 1);
  for (guint place = 0; place < n_data; place++) {
    guint         operand = operand_at (prepare, place);
    gboolean      is_output = operand >= prepare->n_in;
    const TlMeta *meta = operand == G_MAXUINT ? NULL : is_output ? &prepare->out[operand - prepare->n_in]
                                                                 : prepare->in[operand];

    if (meta == NULL || !tl_dtype_is_half (meta->dtype) || join_updated (self, prepare, place, operand))
      continue;
    add_operand (self, place, meta, &wide[operand], is_output, &end);
    if ((prepare->op->flags & TL_OP_UPDATE) != 0 && operand < prepare->n_out)
      self->operands[self->n_operands - 1].is_written = TRUE;
  }
  self->whole.workspace = end;
}

/* Prepares a row again, for f32 where operands have 16 bits, and puts conversions around its kernel. */
static gboolean
prepare_wide (TlPrepare *prepare,
              GError   **error)
{
  TlPrepare      inner = *prepare;
  TlMeta        *wide = tl_arena_new0 (prepare->arena, TlMeta, prepare->n_in + prepare->n_out);
  const TlMeta **in = tl_arena_new0 (prepare->arena, const TlMeta *, prepare->n_in + 1);
  WideArgs      *self;

  for (guint i = 0; i < prepare->n_in; i++)
    if (prepare->in[i] != NULL) {
      wide[i] = widen_meta (prepare->in[i]);
      in[i] = &wide[i];
    }
  for (guint i = 0; i < prepare->n_out; i++)
    wide[prepare->n_in + i] = widen_meta (&prepare->out[i]);
  inner.in = in;
  inner.out = wide + prepare->n_in;
  inner.kernel = NULL;
  inner.n_data = 0;
  if (!inner.op->prepare (&inner, error))
    return FALSE;
  prepare->n_data = inner.n_data;
  prepare->data = inner.data;
  wrap (prepare, wide);
  self = prepare->args;
  self->kernel = inner.kernel;
  self->args = inner.args;
  self->kernel->measure (self->args, &self->work);
  finish (self, self->whole.workspace);
  prepare->kernel = &wide_kernel;
  return TRUE;
}

/* To be called when a row without expression was prepared: what its kernel cannot do in 16 bits it does in f32. */
gboolean
tl_kernel_widen (TlPrepare *prepare,
                 GError   **error)
{
  gboolean is_needed = FALSE;

  for (guint i = 0; i < prepare->n_in; i++)
    is_needed = is_needed || (prepare->in[i] != NULL && tl_dtype_is_half (prepare->in[i]->dtype));
  for (guint i = 0; i < prepare->n_out; i++)
    is_needed = is_needed || tl_dtype_is_half (prepare->out[i].dtype);
  if (!is_needed || prepare->kernel == NULL || takes_halves (prepare->op, prepare->kernel))
    return TRUE;
  return prepare_wide (prepare, error);
}
