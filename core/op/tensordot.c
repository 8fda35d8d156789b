/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/common.h"

enum { DIMS_A,
       DIMS_B };

static const TlPort ports[] = { { "a", "floating" }, { "b", "same dtype" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "dims_a", "axes of a that are summed over, from the end if negative", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { "dims_b", "axes of b that go with them", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

/* The letters of both operands and of the result: "abc,cd->abd". */
static char *
make_equation (guint              rank_a,
               guint              rank_b,
               const TlAttrValue *values)
{
  char     a[TL_TENSOR_MAX_RANK + 1] = { 0 }, b[TL_TENSOR_MAX_RANK + 1] = { 0 };
  GString *y = g_string_new (NULL);
  char    *equation;

  for (guint i = 0; i < rank_a; i++)
    a[i] = (char)('a' + i);
  for (guint i = 0; i < rank_b; i++)
    b[i] = (char)('A' + i);
  for (gint i = 0; i < values[DIMS_A].n; i++)
    b[tl_axis (values[DIMS_B].v[i], rank_b)] = a[tl_axis (values[DIMS_A].v[i], rank_a)];
  for (guint i = 0; i < rank_a; i++)
    if (strchr (b, a[i]) == NULL)
      g_string_append_c (y, a[i]);
  for (guint i = 0; i < rank_b; i++)
    if (strchr (a, b[i]) == NULL)
      g_string_append_c (y, b[i]);
  equation = g_strdup_printf ("%s,%s->%s", a, b, y->str);
  g_string_free (y, TRUE);
  return equation;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *in[] = { self->in[0], self->in[1] };
  TlDim         shape[2 * TL_TENSOR_MAX_RANK];
  guint         seen[2] = { 0 }, rank = 0, axis[2];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error))
    return FALSE;
  if (self->attrs[DIMS_A].n != self->attrs[DIMS_B].n)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "dims_a has %d axes, dims_b %d", self->attrs[DIMS_A].n, self->attrs[DIMS_B].n);
  for (gint i = 0; i < self->attrs[DIMS_A].n; i++) {
    for (guint j = 0; j < 2; j++) {
      if (!tl_infer_axis (self, self->attrs[j].v[i], in[j]->rank, &axis[j], error))
        return FALSE;
      if (in[j]->rank == 0 || (seen[j] >> axis[j] & 1) != 0)
        return tl_infer_fail (self, TL_ERROR_VALUE, error, "axis %u is given twice", axis[j]);
      seen[j] |= 1u << axis[j];
    }
    if (in[0]->shape[axis[0]] != in[1]->shape[axis[1]]) {
      g_autofree char *a = tl_shape_to_string (in[0]->shape, in[0]->rank);
      g_autofree char *b = tl_shape_to_string (in[1]->shape, in[1]->rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u of %s and axis %u of %s differ", axis[0], a, axis[1], b);
    }
  }
  for (guint j = 0; j < 2; j++)
    for (guint i = 0; i < in[j]->rank; i++)
      if ((seen[j] >> i & 1) == 0)
        shape[rank++] = in[j]->shape[i];
  if (rank > TL_TENSOR_MAX_RANK)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "the result has %u axes, at most %d are possible", rank, TL_TENSOR_MAX_RANK);
  tl_infer_out (self, 0, in[0]->dtype, rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autofree char  *equation = make_equation (self->in[0]->meta.rank, self->in[1]->meta.rank, self->attrs);
  const TlAttrValue values[] = { { .s = g_intern_string (equation) } };

  self->dx[0] = tl_op_apply1 (&tl_op_einsum, self->in, 2, values, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "2,3,4; 4,3,5", "dims_a = {2, 1}, dims_b = {0, 1}" },
  { "3,4; 4,2", "dims_a = {-1}, dims_b = {0}" },
  { "2; 3", "dims_a = {}, dims_b = {}" },
  { "0,3; 3,2", "dims_a = {1}, dims_b = {0}" },
  { NULL },
};

const TlOpClass tl_op_tensordot = {
  .name = "tensordot",
  .group = "linear algebra",
  .doc = "Sum of products over pairs of axes.",
  .formula = "y[i, j] = sum over k of a[i, k] b[k, j], k all the axes given",
  .source = "Einstein 1916, doi:10.1002/andp.19163540702",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.tensordot(x0, x1, (dims_a, dims_b))",
};
