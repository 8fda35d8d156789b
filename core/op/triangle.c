/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/triangle.h"

#include <string.h>

const TlPort     tl_triangle_ports[] = { { "x", "matrices `[..., rows, columns]`", TL_PORT_CONTIGUOUS }, { NULL } };
const TlAttrSpec tl_triangle_attrs[] = {
  { "diagonal", "which diagonal: above the main one if positive", TL_ATTR_INT, .has_range = TRUE, .min = -1e15, .max = 1e15 },
  { NULL },
};
const TlSample tl_triangle_samples[] = {
  { "3,4" },
  { "2,4,3", "diagonal = 1" },
  { "4,4", "diagonal = -2" },
  { "i64:2,2" },
  { "1,1" },
  { "0,3" },
  { "2,2", "diagonal = 9" },
  { NULL },
};

typedef struct {
  gboolean upper;
  gint64   diagonal;
  gint64   n; /* rows of all matrices */
  gint64   rows;
  gint64   columns;
  gsize    size; /* of an element */
  gint64   per_tile;
} Args;

static void
measure (const void *args_,
         TlWork     *work)
{
  const Args *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (gsize)((args->n + args->per_tile - 1) / args->per_tile) } };
}

static void
run (const void  *args_,
     void *const *data,
     void        *workspace,
     unsigned     phase,
     size_t       tile,
     void        *scratch)
{
  const Args *args = args_;
  gint64      first = (gint64)tile * args->per_tile, end = MIN (args->n, first + args->per_tile);
  gsize       row_bytes = (gsize)args->columns * args->size;

  for (gint64 r = first; r < end; r++) {
    /* In the lower triangle the columns before @split stay, in the upper one those from it on. */
    gint64        split = CLAMP (r % args->rows + args->diagonal + !args->upper, 0, args->columns);
    gsize         bytes = (gsize)split * args->size;
    const guint8 *x = (const guint8 *)data[0] + (gsize)r * row_bytes;
    guint8       *y = (guint8 *)data[1] + (gsize)r * row_bytes;

    if (args->upper) {
      memset (y, 0, bytes);
      memcpy (y + bytes, x + bytes, row_bytes - bytes);
    } else {
      memcpy (y, x, bytes);
      memset (y + bytes, 0, row_bytes - bytes);
    }
  }
}

static const TlKernel kernel = { measure, run };

gboolean
tl_triangle_infer (TlInfer *self,
                   GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

gboolean
tl_triangle_prepare (TlPrepare *self,
                     gboolean   upper)
{
  Args         *args = tl_prepare_args (self, Args);
  const TlMeta *x = self->in[0];

  args->upper = upper;
  args->diagonal = self->attrs[0].i;
  args->rows = MAX (x->shape[x->rank - 2], 1);
  args->columns = x->shape[x->rank - 1];
  args->size = tl_dtype_size (x->dtype);
  args->n = args->columns > 0 ? tl_meta_get_n_elements (x) / args->columns : 0;
  args->per_tile = MAX (1, 262144 / MAX (1, args->columns * (gint64)args->size));
  self->kernel = &kernel;
  return TRUE;
}

const TlAttrSpec tl_triangle_indices_attrs[] = {
  { "row", "rows of the matrix", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e6 },
  { "col", "columns of the matrix", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 1e6 },
  { "offset", "which diagonal: above the main one if positive", TL_ATTR_INT, .has_range = TRUE, .min = -1e6, .max = 1e6 },
  { NULL },
};
const TlSample tl_triangle_indices_samples[] = {
  { "", "row = 3, col = 4" },
  { "", "row = 4, col = 3, offset = 1" },
  { "", "row = 3, col = 3, offset = -2" },
  { "", "row = 0, col = 2" },
  { NULL },
};

/* The columns of a row that lie in the triangle: from *@first to below *@end. */
static void
find_columns (const TlAttrValue *values,
              gboolean           upper,
              gint64             row,
              gint64            *first,
              gint64            *end)
{
  gint64 columns = values[1].i, split = CLAMP (row + values[2].i + !upper, 0, columns);

  *first = upper ? split : 0;
  *end = upper ? columns : split;
}

static gint64
count_indices (const TlAttrValue *values,
               gboolean           upper)
{
  gint64 n = 0;

  for (gint64 i = 0; i < values[0].i; i++) {
    gint64 first, end;

    find_columns (values, upper, i, &first, &end);
    n += end - first;
  }
  return n;
}

gboolean
tl_triangle_indices_infer (TlInfer *self,
                           gboolean upper,
                           GError **error)
{
  tl_infer_out (self, 0, TL_DTYPE_I64, 2, (const TlDim[]){ 2, count_indices (self->attrs, upper) });
  return TRUE;
}

gboolean
tl_triangle_indices_decompose (TlGradient *self,
                               gboolean    upper,
                               GError    **error)
{
  gint64  n = count_indices (self->attrs, upper), at = 0;
  gint64 *data;

  self->dx[0] = tl_tensor_new (TL_DTYPE_I64, 2, (const TlDim[]){ 2, n }, error);
  if (self->dx[0] == NULL)
    return FALSE;
  data = tl_tensor_peek_data (self->dx[0]);
  for (gint64 i = 0; i < self->attrs[0].i; i++) {
    gint64 first, end;

    find_columns (self->attrs, upper, i, &first, &end);
    for (gint64 j = first; j < end; j++, at++) {
      data[at] = i;
      data[n + at] = j;
    }
  }
  return TRUE;
}
