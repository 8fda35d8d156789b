/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/gather-common.h"
#include "core/op/scan-common.h"
#include "core/op/sort-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDType dtype = self->in[0]->dtype;

  if (!tl_dtype_is_float (dtype) && dtype != TL_DTYPE_I64 && dtype != TL_DTYPE_I32)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "%s numbers cannot be multiplied", tl_dtype_name (dtype));
  return tl_scatter_infer (self, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  tl_gather_prepare (self, TL_SCATTER_PROD);
  self->kernel = &tl_scatter_kernel;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), TL_OPERAND_IN (2), TL_OPERAND_OUT (0), TL_OPERAND_INDEX_ERROR);
  return TRUE;
}

/*
 * The product of the others at a place is that of all without zeros, if there are no other zeros, and nothing is divided by 0.
 * The derivative of this is wrong between two zeros of one place; decompose() has it.
 */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *x = self->in[0], *index = self->in[1], *src = self->in[2], *dy = self->dy[0];
  TlTensor *safe_x, *safe_src, *zero_x, *zero_src, *zeros, *product, *dx, *dsrc;
  TlFormula f;

  tl_formula_init (&f, error);
  safe_x = tl_formula_map (&f, "select (a == 0, 1, a)", 1, x);
  safe_src = tl_formula_map (&f, "select (a == 0, 1, a)", 1, src);
  zero_x = tl_formula_cast (&f, tl_formula_map (&f, "a == 0", 1, x), x->meta.dtype);
  zero_src = tl_formula_cast (&f, tl_formula_map (&f, "a == 0", 1, src), x->meta.dtype);
  zeros = tl_formula_apply (&f, &tl_op_scatter_add, self->attrs, 3, zero_x, index, zero_src);
  product = tl_formula_map (&f, "a * b", 2, dy, tl_formula_apply (&f, &tl_op_scatter_prod, self->attrs, 3, safe_x, index, safe_src));
  dx = tl_formula_map (&f, "select (a == b, c / d, 0)", 4, zeros, zero_x, product, safe_x);
  dsrc = tl_formula_map (&f, "select (a == b, c / d, 0)", 4, tl_formula_apply (&f, &tl_op_gather, self->attrs, 2, zeros, index), zero_src,
                         tl_formula_apply (&f, &tl_op_gather, self->attrs, 2, product, index), safe_src);
  if (!f.has_failed && self->needs[0])
    self->dx[0] = tl_tensor_ref (dx);
  if (!f.has_failed && self->needs[2])
    self->dx[2] = tl_tensor_ref (dsrc);
  tl_formula_finish (&f, NULL);
  return !f.has_failed;
}

/* Whether an element stands at another place than the one before it along the axis, as 0 or 1. */
static TlTensor *
starts_place (TlFormula *f,
              TlTensor  *place,
              gint64     axis,
              TlDType    dtype)
{
  return tl_formula_cast (f, tl_formula_map (f, "a != b", 2, place, tl_scan_shift (f, place, axis, -1)), dtype);
}

/* Places from the front, in order, and the elements of src in that order. */
static TlTensor *
put_in_order (TlFormula        *f,
              const TlGradient *self,
              TlTensor        **elements)
{
  const TlMeta *x = &self->in[0]->meta;
  TlTensor     *size = tl_formula_size (f, x->shape[tl_axis (self->attrs[0].i, x->rank)], TL_DTYPE_I64);
  TlTensor     *place = tl_formula_map (f, "select (a < 0, a + b, a)", 2, tl_formula_cast (f, self->in[1], TL_DTYPE_I64), size);
  TlTensor     *sorted = NULL, *order = NULL;

  if (f->has_failed || !tl_sort (place, self->attrs[0].i, FALSE, &sorted, &order, f->error)) {
    f->has_failed = TRUE;
    return NULL;
  }
  tl_formula_keep (f, sorted);
  *elements = tl_formula_apply (f, &tl_op_gather, self->attrs, 2, self->in[2], tl_formula_keep (f, order));
  return sorted;
}

/*
 * Elements in the order of their places: running products that begin anew at each place, of which the last ones count.  Whole numbers,
 * which have no derivative, are multiplied in f64.
 */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta     *meta = &self->in[0]->meta;
  const TlAttrValue flip[] = { TL_INTS1 (self->attrs[0].i) }, forwards[] = { self->attrs[0], TL_INT (FALSE) };
  TlDType           dtype = tl_dtype_is_float (meta->dtype) ? meta->dtype : TL_DTYPE_F64;
  TlTensor         *x, *place, *elements = NULL, *first, *last, *running, *empty, *product;
  TlFormula         f;

  tl_formula_init (&f, error);
  if (meta->rank == 0)
    return tl_formula_into (&f, tl_formula_map (&f, "a * b", 2, self->in[0], self->in[2]), &self->dx[0]);
  x = tl_formula_cast (&f, self->in[0], dtype);
  place = put_in_order (&f, self, &elements);
  elements = tl_formula_cast (&f, elements, dtype);
  first = starts_place (&f, place, self->attrs[0].i, dtype);
  last = tl_formula_apply (&f, &tl_op_flip, flip, 1, starts_place (&f, tl_formula_apply (&f, &tl_op_flip, flip, 1, place), self->attrs[0].i, dtype));
  running = tl_formula_apply (&f, &tl_op_recurrence, forwards, 2, tl_formula_map (&f, "select (b != 0, 0, a)", 2, elements, first),
                              tl_formula_map (&f, "select (b != 0, a, 0)", 2, elements, first));
  empty = tl_formula_apply (&f, &tl_op_scatter_add, self->attrs, 3, tl_formula_full (&f, meta->rank, meta->shape, 1, dtype), place,
                            tl_formula_map (&f, "-a", 1, first));
  product = tl_formula_apply (&f, &tl_op_scatter_add, self->attrs, 3, empty, place, tl_formula_map (&f, "select (b != 0, a, 0)", 2, running, last));
  return tl_formula_into (&f, tl_formula_cast (&f, tl_formula_map (&f, "a * b", 2, x, product), meta->dtype), &self->dx[0]);
}

static const TlSample samples[] = {
  { "5; i64:3<5; 3", "dim = 0", 0.5, 2 },
  { "1; i64:4<1; 4", "dim = 0", .special = "2 0" },
  { "1; i64:4<1; 4", "dim = 0", .special = "2 0 0" },
  { "1; i64:4<1; 4", "dim = 0", .special = "0 0" },
  { "1; i64:4<1; 4", "dim = 0", .special = "2 0 0 0" },
  { "4; i32:7<4; 7", "dim = 0", .special = "0 2 0 3 0 0" },
  { "3,3; i64:2,4<3; 2,4", "dim = 1", .special = "0 0 1 0 0 2 0" },
  { "3,3; i64:5,2<3; 5,2", "dim = -2", .special = "1 0 0 1 0 2 0" },
  { "i64:3; i64:6<3; i64:6", "dim = 0" },
  { "; i64:<1; ", "dim = 0" },
  { "2,2; i64:0,2<2; 0,2", "dim = 0" },
  { NULL },
};

const TlOpClass tl_op_scatter_prod = {
  .name = "scatter_prod",
  .group = "index",
  .doc = "Products of elements and what is put to them along an axis: scatter_reduce with all that is there.",
  .formula = "y = x, then y[index[j]] = y[index[j]] * src[j]",
  .source = "elementary",
  .in = tl_scatter_ports,
  .attrs = tl_gather_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .decompose = decompose,
  .samples = samples,
};
