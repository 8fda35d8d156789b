/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/common.h"
#include "core/op/copies.h"

enum { DIM,
       START,
       END,
       STEP,
       AT };

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { "start", "first position, from the end if negative", TL_ATTR_INT },
  { "end", "position behind the last one, from the end if negative", TL_ATTR_INT, .def = { .i = G_MAXINT64 } },
  { "step", "distance of positions", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 9.2e18 },
  { "at", "first position and number of positions as sizes, which may be symbolic, instead of start and end", TL_ATTR_INTS },
  { NULL },
};

/* Where @at, counted from the end if negative, stands on an axis of unknown size, which is taken to have that position. */
static TlDim
place (TlDim  size,
       gint64 at)
{
  if (at == G_MAXINT64)
    return size;
  return at < 0 ? tl_dim_sub (size, -at) : at;
}

/* The positions that are taken; as in Python, out of range means up to the end. */
static gboolean
resolve (TlDim              size,
         const TlAttrValue *values,
         TlDim             *first,
         TlDim             *n)
{
  gint64 start = values[START].i, end = values[END].i, step = values[STEP].i;

  if (values[AT].n == 2) {
    *first = values[AT].v[0];
    *n = values[AT].v[1];
    return tl_dim_is_symbolic (size) || tl_dim_is_symbolic (*first) || tl_dim_is_symbolic (*n) ||
           (*first >= 0 && *n >= 0 && *first <= size && (*n == 0 || (*first < size && *n - 1 <= (size - 1 - *first) / step)));
  }
  if (tl_dim_is_symbolic (size)) {
    *first = place (size, start);
    *n = tl_dim_floor_div (tl_dim_add (tl_dim_sub (place (size, end), *first), step - 1), step);
    return *first != TL_DIM_INVALID && *n != TL_DIM_INVALID;
  }
  start += start < 0 ? size : 0;
  end += end < 0 ? size : 0;
  *first = CLAMP (start, 0, size);
  end = CLAMP (end, *first, size);
  *n = (end - *first) / step + ((end - *first) % step != 0);
  return TRUE;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlMeta       *y = &self->out[0];
  guint         axis;
  TlDim         first = 0, n = 0;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_axis (self, self->attrs[DIM].i, x->rank, &axis, error))
    return FALSE;
  if (self->attrs[AT].n != 0 && self->attrs[AT].n != 2)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "at has %d numbers, 2 are wanted", self->attrs[AT].n);
  if (!resolve (x->shape[axis], self->attrs, &first, &n)) {
    g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *from = tl_dim_to_string (first);
    g_autofree char *count = tl_dim_to_string (n);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s positions from %s on are not in axis %u of %s", count, from, axis, shape);
  }
  *y = *x;
  y->offset = n == 0 ? x->offset : tl_dim_add (x->offset, tl_dim_mul (first, x->strides[axis]));
  y->shape[axis] = n;
  y->strides[axis] = tl_dim_mul (x->strides[axis], self->attrs[STEP].i);
  return TRUE;
}

/* Zeros, and the elements where the slice took them from. */
static TlTensor *
put_back (const TlMeta      *x,
          const TlAttrValue *values,
          TlTensor          *dy,
          GError           **error)
{
  guint axis = tl_axis (values[DIM].i, x->rank);
  TlDim first = 0, n = 0;

  resolve (x->shape[axis], values, &first, &n);
  if (first == 0 && n == x->shape[axis])
    return tl_tensor_ref (dy);
  return tl_slice_scatter (dy, axis, first, values[STEP].i, x->shape[axis], 0, error);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  self->dx[0] = put_back (&self->in[0]->meta, self->attrs, self->dy[0], error);
  return self->dx[0] != NULL;
}

/* The part that begins at @first, of those that are not taken yet; @n_parts if there is none. */
static guint
find_part (const TlDim    *firsts,
           const gboolean *taken,
           guint           n_parts,
           guint           near,
           TlDim           first)
{
  /* Those of a split arrive from the last to the first. */
  for (guint k = 0; k < n_parts; k++) {
    guint i = (near + n_parts - k) % n_parts;

    if (!taken[i] && firsts[i] == first)
      return i;
  }
  return n_parts;
}

/* Parts one behind the other along one axis, if they are all of it; @order: their numbers. */
static gboolean
find_order (const TlMeta *x,
            const TlPart *parts,
            guint         n_parts,
            guint        *order)
{
  gint64               axis = tl_axis (parts[0].attrs[DIM].i, x->rank);
  TlDim                at = 0;
  g_autofree TlDim    *firsts = g_new (TlDim, n_parts);
  g_autofree TlDim    *lengths = g_new (TlDim, n_parts);
  g_autofree gboolean *taken = g_new0 (gboolean, n_parts);
  guint                near = n_parts - 1;

  for (guint i = 0; i < n_parts; i++)
    if (parts[i].attrs[STEP].i != 1 || tl_axis (parts[i].attrs[DIM].i, x->rank) != axis || !resolve (x->shape[axis], parts[i].attrs, &firsts[i], &lengths[i]) || lengths[i] == 0)
      return FALSE;
  for (guint k = 0; k < n_parts; k++) {
    guint i = find_part (firsts, taken, n_parts, near, at);

    if (i == n_parts)
      return FALSE;
    taken[i] = TRUE;
    order[k] = i;
    near = (i + n_parts - 1) % n_parts;
    at = tl_dim_add (at, lengths[i]);
  }
  return at == x->shape[axis];
}

/* Parts that make up the whole are put one behind the other; others into zeros, and added. */
static TlTensor *
join (const TlMeta *x,
      const TlPart *parts,
      guint         n_parts,
      GError      **error)
{
  g_autofree TlTensor **tensors = g_new (TlTensor *, n_parts);
  g_autofree guint     *order = g_new (guint, n_parts);
  g_autoptr (TlTensor)  sum = NULL;
  gint                  axis = (gint)tl_axis (parts[0].attrs[DIM].i, x->rank);

  if (n_parts > 1 && find_order (x, parts, n_parts, order)) {
    for (guint i = 0; i < n_parts; i++)
      tensors[i] = parts[order[i]].dy;
    return tl_concat (tensors, n_parts, axis, error);
  }
  for (guint i = 0; i < n_parts; i++) {
    g_autoptr (TlTensor) whole = put_back (x, parts[i].attrs, parts[i].dy, error);

    g_autoptr (TlTensor) before = g_steal_pointer (&sum);

    if (whole != NULL)
      sum = before != NULL ? tl_add (before, whole, error) : tl_tensor_ref (whole);
    if (sum == NULL)
      return NULL;
  }
  return g_steal_pointer (&sum);
}

/**
 * tl_slice:
 * @x: any tensor
 * @axis: an axis, from the end if negative
 * @start: first position, from the end if negative
 * @end: position behind the last one, from the end if negative; %G_MAXINT64 for the end
 * @step: distance of positions, at least 1
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE, %TL_ERROR_SHAPE
 *
 * Returns: (transfer full): a view of the positions, or %NULL
 */
TlTensor *
tl_slice (TlTensor *x,
          gint      axis,
          gint64    start,
          gint64    end,
          gint64    step,
          GError  **error)
{
  const TlAttrValue values[] = { TL_INT (axis), TL_INT (start), TL_INT (end), TL_INT (step), { .n = 0 } };

  return tl_op_apply1 (&tl_op_slice, &x, 1, values, error);
}

/**
 * tl_slice_at:
 * @x: any tensor
 * @axis: an axis, from the end if negative
 * @start: first position; may be symbolic
 * @length: number of positions; may be symbolic
 * @step: distance of positions, at least 1
 * @error: return location for an error
 *
 * As tl_slice(), for positions that are only known at replay.
 *
 * Errors: %TL_ERROR_SHAPE for positions that do not exist
 *
 * Returns: (transfer full): a view of the positions, or %NULL
 */
TlTensor *
tl_slice_at (TlTensor *x,
             gint      axis,
             TlDim     start,
             TlDim     length,
             gint64    step,
             GError  **error)
{
  const TlAttrValue values[] = { TL_INT (axis), TL_INT (0), TL_INT (G_MAXINT64), TL_INT (step), TL_INTS2 (start, length) };

  return tl_op_apply1 (&tl_op_slice, &x, 1, values, error);
}

/**
 * tl_narrow:
 * @x: any tensor
 * @axis: an axis, from the end if negative
 * @start: first position; may be symbolic where the axis is
 * @length: number of positions; may be symbolic where the axis is
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE for positions that do not exist
 *
 * Returns: (transfer full): a view of the positions, or %NULL
 */
TlTensor *
tl_narrow (TlTensor *x,
           gint      axis,
           TlDim     start,
           TlDim     length,
           GError  **error)
{
  gint  rank = x->meta.rank;
  TlDim size;

  if (axis < -rank || axis >= rank) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "narrow: axis %d is out of range for %d axes", axis, rank);
    return NULL;
  }
  size = x->meta.shape[axis < 0 ? axis + rank : axis];
  if (tl_dim_is_symbolic (size))
    return tl_slice_at (x, axis, start, length, 1, error);
  if (start < 0 || length < 0 || start > size || length > size - start) {
    g_autofree char *shape = tl_shape_to_string (x->meta.shape, x->meta.rank);

    g_set_error (error, TL_ERROR, TL_ERROR_VALUE,
                 "narrow: %" G_GINT64_FORMAT " positions from %" G_GINT64_FORMAT " on are not in axis %d of %s", length,
                 start, axis, shape);
    return NULL;
  }
  return tl_slice (x, axis, start, start + length, 1, error);
}

static const TlSample samples[] = {
  { "5,4", "start = 1, end = 3" },
  { "2,6,3", "dim = 1, start = 1, step = 2" },
  { "4,5", "dim = -1, start = -2" },
  { "3", "start = 2, end = 2" },
  { "1", "end = 1" },
  { "6,2", "at = {1, 2}, step = 3" },
  { NULL },
};

const TlOpClass tl_op_slice = {
  .name = "slice",
  .group = "shape",
  .doc = "Positions along an axis, as a view.",
  .formula = "y[i] = x[start + i step]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .flags = TL_OP_VIEW,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .gradient = gradient,
  .join = join,
  .samples = samples,
  .onnx = { "Slice", 1 },
  .torch = "torch.ops.aten.slice(x0, dim, start, end, step) if not at else x0[at[0]::step][:at[1]]",
};
