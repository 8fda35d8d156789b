/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/op.h"

#include <string.h>

#include "core/base/error.h"

static struct {
  const TlOpClass *const *rows;
  guint                   n_rows;
} table;

/**
 * tl_op_register_table:
 * @rows: (array length=n_rows): the rows, static
 * @n_rows: their number
 *
 * Makes the table known; core/op calls it when the library is loaded.
 */
void
tl_op_register_table (const TlOpClass *const *rows,
                      guint                   n_rows)
{
  table.rows = rows;
  table.n_rows = n_rows;
}

/**
 * tl_op_find:
 * @name: a row's name
 *
 * Returns: (transfer none) (nullable): the row
 */
const TlOpClass *
tl_op_find (const char *name)
{
  for (guint i = 0; i < table.n_rows; i++)
    if (strcmp (table.rows[i]->name, name) == 0)
      return table.rows[i];
  return NULL;
}

/**
 * tl_op_get_n_rows:
 *
 * Returns: the number of operations
 */
guint
tl_op_get_n_rows (void)
{
  return table.n_rows;
}

/**
 * tl_op_get_row:
 * @row: a number below tl_op_get_n_rows()
 *
 * Returns: (transfer none): the operation
 */
const TlOpClass *
tl_op_get_row (guint row)
{
  return table.rows[row];
}

/**
 * tl_op_get_n_ports:
 * @ports: (nullable): a row's ports
 *
 * Returns: their number; a variadic one counts once
 */
guint
tl_op_get_n_ports (const TlPort *ports)
{
  guint n = 0;

  if (ports == NULL)
    return 1;
  while (ports[n].name != NULL)
    n++;
  return n;
}

/**
 * tl_op_get_n_attrs:
 * @self: an operation
 *
 * Returns: the number of its attributes
 */
guint
tl_op_get_n_attrs (const TlOpClass *self)
{
  guint n = 0;

  while (self->attrs != NULL && self->attrs[n].name != NULL)
    n++;
  return n;
}

/**
 * tl_attr_is_sizes:
 * @spec: an attribute
 *
 * Returns: whether its whole numbers are sizes, which may be symbolic; those that may be negative, such as axes, are not
 */
gboolean
tl_attr_is_sizes (const TlAttrSpec *spec)
{
  return spec->type == TL_ATTR_INTS && !(spec->has_range && spec->min < 0);
}

/**
 * tl_infer_out:
 * @self: an inference
 * @output: number of an output
 * @dtype: its dtype
 * @rank: its number of axes
 * @shape: (array length=rank): its sizes
 *
 * Describes an output whose last axis varies fastest.
 *
 * Returns: (transfer none): the description
 */
TlMeta *
tl_infer_out (TlInfer     *self,
              guint        output,
              TlDType      dtype,
              guint        rank,
              const TlDim *shape)
{
  tl_meta_init (&self->out[output], dtype, rank, shape);
  return &self->out[output];
}

/**
 * tl_infer_out_like:
 * @self: an inference
 * @output: number of an output
 * @dtype: its dtype
 * @input: number of an input
 *
 * Describes an output of the shape of an input, in its layout.
 *
 * Returns: (transfer none): the description
 */
TlMeta *
tl_infer_out_like (TlInfer *self,
                   guint    output,
                   TlDType  dtype,
                   guint    input)
{
  tl_meta_init_like (&self->out[output], dtype, self->in[input]);
  return &self->out[output];
}

/**
 * tl_infer_same:
 * @self: an inference
 * @error: return location for an error
 *
 * The infer() of rows whose output is like their first input.
 *
 * Returns: %TRUE
 */
gboolean
tl_infer_same (TlInfer *self,
               GError **error)
{
  tl_infer_out_like (self, 0, self->in[0]->dtype, 0);
  return TRUE;
}

/**
 * tl_infer_fail:
 * @self: an inference
 * @code: a #TlError
 * @error: return location for an error
 * @format: what is wrong, with the numbers
 * @...: for @format
 *
 * Sets an error that names the operation.
 *
 * Returns: %FALSE
 */
gboolean
tl_infer_fail (TlInfer    *self,
               int         code,
               GError    **error,
               const char *format,
               ...)
{
  g_autofree char *text = NULL;
  va_list          args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, TL_ERROR, code, "%s: %s", self->op->name, text);
  return FALSE;
}

static const char *
port_name (TlInfer *self,
           guint    input)
{
  guint n = tl_op_get_n_ports (self->op->in);

  return self->op->in[MIN (input, n - 1)].name;
}

/**
 * tl_infer_need_float:
 * @self: an inference
 * @input: number of an input
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_DTYPE
 *
 * Returns: whether the input is floating
 */
gboolean
tl_infer_need_float (TlInfer *self,
                     guint    input,
                     GError **error)
{
  TlDType dtype = self->in[input]->dtype;

  if (tl_dtype_is_float (dtype))
    return TRUE;
  return tl_infer_fail (self, TL_ERROR_DTYPE, error, "%s must be floating, not %s", port_name (self, input),
                        tl_dtype_name (dtype));
}

/**
 * tl_infer_need_index:
 * @self: an inference
 * @input: number of an input
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_DTYPE
 *
 * Returns: whether the input has a dtype of indices: i64, i32 or u8
 */
gboolean
tl_infer_need_index (TlInfer *self,
                     guint    input,
                     GError **error)
{
  TlDType dtype = self->in[input]->dtype;

  if (dtype == TL_DTYPE_I64 || dtype == TL_DTYPE_I32 || dtype == TL_DTYPE_U8)
    return TRUE;
  return tl_infer_fail (self, TL_ERROR_DTYPE, error, "%s must be i64, i32 or u8, not %s", port_name (self, input),
                        tl_dtype_name (dtype));
}

/**
 * tl_infer_need_same_dtype:
 * @self: an inference
 * @a: number of an input
 * @b: number of another
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_DTYPE
 *
 * Returns: whether both have the same dtype
 */
gboolean
tl_infer_need_same_dtype (TlInfer *self,
                          guint    a,
                          guint    b,
                          GError **error)
{
  if (self->in[a]->dtype == self->in[b]->dtype)
    return TRUE;
  return tl_infer_fail (self, TL_ERROR_DTYPE, error, "%s is %s, %s is %s", port_name (self, a),
                        tl_dtype_name (self->in[a]->dtype), port_name (self, b), tl_dtype_name (self->in[b]->dtype));
}

/**
 * tl_infer_need_rank:
 * @self: an inference
 * @input: number of an input
 * @min_rank: fewest axes
 * @max_rank: most axes
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE
 *
 * Returns: whether the input's number of axes is in that range
 */
gboolean
tl_infer_need_rank (TlInfer *self,
                    guint    input,
                    guint    min_rank,
                    guint    max_rank,
                    GError **error)
{
  const TlMeta    *in = self->in[input];
  g_autofree char *shape = NULL;

  if (in->rank >= min_rank && in->rank <= max_rank)
    return TRUE;
  shape = tl_shape_to_string (in->shape, in->rank);
  if (min_rank == max_rank)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s must have %u axes, its shape is %s",
                          port_name (self, input), min_rank, shape);
  if (max_rank >= TL_TENSOR_MAX_RANK)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s must have at least %u axes, its shape is %s",
                          port_name (self, input), min_rank, shape);
  return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s must have %u to %u axes, its shape is %s",
                        port_name (self, input), min_rank, max_rank, shape);
}

/**
 * tl_infer_axis:
 * @self: an inference
 * @axis: number of an axis, from the end if negative
 * @rank: number of axes
 * @normal: (out): the axis counted from 0
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE
 *
 * Returns: whether there is such an axis
 */
gboolean
tl_infer_axis (TlInfer *self,
               gint64   axis,
               guint    rank,
               guint   *normal,
               GError **error)
{
  gint64 n = MAX (rank, 1);

  if (axis < -n || axis >= n)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "axis %" G_GINT64_FORMAT " is out of range for %u axes", axis,
                          rank);
  *normal = (guint)(axis < 0 ? axis + n : axis);
  return TRUE;
}

/**
 * tl_broadcast_shapes:
 * @in: (array length=n_in): descriptions
 * @n_in: their number
 * @shape: (out): the common shape
 * @rank: (out): its number of axes
 *
 * Lines shapes up at their last axes; a size of 1 stretches.  Two different symbolic sizes do not fit.
 *
 * Returns: whether they fit
 */
gboolean
tl_broadcast_shapes (const TlMeta *const *in,
                     guint                n_in,
                     TlDim               *shape,
                     guint               *rank)
{
  *rank = 0;
  for (guint i = 0; i < n_in; i++)
    *rank = MAX (*rank, in[i]->rank);
  for (guint axis = 0; axis < *rank; axis++) {
    shape[axis] = 1;
    for (guint i = 0; i < n_in; i++) {
      guint missing = *rank - in[i]->rank;
      TlDim size = axis < missing ? 1 : in[i]->shape[axis - missing];

      if (size == 1 || size == shape[axis])
        continue;
      if (shape[axis] != 1)
        return FALSE;
      shape[axis] = size;
    }
  }
  return TRUE;
}

/**
 * tl_prepare_set_data:
 * @self: a preparation
 * @data: (array length=n_data): which operand stands at which place of the kernel's data
 * @n_data: their number
 *
 * See tl_prepare_data().
 */
void
tl_prepare_set_data (TlPrepare  *self,
                     const gint *data,
                     guint       n_data)
{
  self->data = tl_arena_dup (self->arena, data, n_data * sizeof (gint));
  self->n_data = n_data;
}
