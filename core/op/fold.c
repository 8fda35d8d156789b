/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

enum { OUTPUT_SIZE,
       KERNEL_SIZE,
       DILATION,
       PADDING,
       STRIDE };

static const TlPort ports[] = { { "x", "blocks as columns `[batch, channels * kernel, blocks]` or without the batch, floating" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "output_size", "rows and columns of the pictures", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = 1, .max = 1e9, .n = 2 },
  { "kernel_size", "rows and columns of a block", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = 1, .max = 1e9, .n = 2 },
  { "dilation", "distance of elements of a block", TL_ATTR_INTS, .def = { .n = 2, .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 1e9, .n = 2 },
  { "padding", "rows and columns around the picture that are dropped", TL_ATTR_INTS, .def = { .n = 2, .v = { 0, 0 } }, .has_range = TRUE, .min = 0, .max = 1e9, .n = 2 },
  { "stride", "distance of blocks", TL_ATTR_INTS, .def = { .n = 2, .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 1e9, .n = 2 },
  { NULL },
};

/* Blocks along axis @i of the picture. */
static gint64
count_blocks (const TlAttrValue *a,
              guint              i)
{
  gint64 free = tl_attr_pair (&a[OUTPUT_SIZE], i) + 2 * tl_attr_pair (&a[PADDING], i) - tl_attr_pair (&a[DILATION], i) * (tl_attr_pair (&a[KERNEL_SIZE], i) - 1) - 1;

  return free < 0 ? 0 : free / tl_attr_pair (&a[STRIDE], i) + 1;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta      *x = self->in[0];
  const TlAttrValue *a = self->attrs;
  gint64             kernel = tl_attr_pair (&a[KERNEL_SIZE], 0) * tl_attr_pair (&a[KERNEL_SIZE], 1), blocks = count_blocks (a, 0) * count_blocks (a, 1);
  TlDim              shape[4], channels;
  guint              n = 0;

  if (!tl_infer_need_float (self, 0, error))
    return FALSE;
  if (!tl_infer_need_rank (self, 0, 2, 3, error))
    return FALSE;
  channels = x->shape[x->rank - 2];
  if (tl_dim_is_symbolic (channels) || channels % kernel != 0 || x->shape[x->rank - 1] != blocks || blocks == 0) {
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "x is %s, channels in multiples of %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " blocks are wanted", text,
                          kernel, blocks);
  }
  if (x->rank == 3)
    shape[n++] = x->shape[0];
  shape[n++] = channels / kernel;
  shape[n++] = tl_attr_pair (&a[OUTPUT_SIZE], 0);
  shape[n++] = tl_attr_pair (&a[OUTPUT_SIZE], 1);
  tl_infer_out (self, 0, x->dtype, n, shape);
  return TRUE;
}

/* [b, c, kh, kw, h, w]: windows are added along the columns, then along the rows. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta      *x = &self->in[0]->meta;
  const TlAttrValue *a = self->attrs;
  gint64             kh = tl_attr_pair (&a[KERNEL_SIZE], 0), kw = tl_attr_pair (&a[KERNEL_SIZE], 1);
  gint64             h = tl_attr_pair (&a[OUTPUT_SIZE], 0), w = tl_attr_pair (&a[OUTPUT_SIZE], 1), ph = tl_attr_pair (&a[PADDING], 0), pw = tl_attr_pair (&a[PADDING], 1);
  TlDim              batch = x->rank == 3 ? x->shape[0] : 1, channels = x->shape[x->rank - 2] / (kh * kw);
  const TlDim        six[] = { batch, channels, kh, kw, count_blocks (a, 0), count_blocks (a, 1) };
  const TlAttrValue  columns[] = { TL_INT (tl_attr_pair (&a[STRIDE], 1)), TL_INT (tl_attr_pair (&a[DILATION], 1)), TL_INTS1 (w + 2 * pw) };
  const TlAttrValue  rows[] = { TL_INT (tl_attr_pair (&a[STRIDE], 0)), TL_INT (tl_attr_pair (&a[DILATION], 0)), TL_INTS1 (h + 2 * ph) };
  TlTensor          *y;
  TlFormula          f;

  tl_formula_init (&f, error);
  y = tl_formula_reshape (&f, self->in[0], 6, six);
  y = f.has_failed ? NULL : tl_formula_keep (&f, tl_permute (y, (const guint[]){ 0, 1, 4, 2, 5, 3 }, error));
  y = tl_formula_apply (&f, &tl_op_overlap_add, columns, 1, y); /* b c h kh W */
  y = f.has_failed ? NULL : tl_formula_keep (&f, tl_permute (y, (const guint[]){ 0, 1, 4, 2, 3 }, error));
  y = tl_formula_apply (&f, &tl_op_overlap_add, rows, 1, y); /* b c W H */
  y = tl_formula_transpose (&f, y);
  y = tl_formula_narrow (&f, tl_formula_narrow (&f, y, -2, ph, h), -1, pw, w);
  if (x->rank == 2)
    y = tl_formula_squeeze (&f, y, 0);
  return tl_formula_into (&f, y, &self->dx[0]);
}

static const TlSample samples[] = {
  { "2,8,6", "output_size = {3, 4}, kernel_size = {2}" },
  { "6,6", "output_size = {4, 5}, kernel_size = {2, 3}, stride = {2, 1}" },
  { "1,8,9", "output_size = {5}, kernel_size = {2}, dilation = {2}, padding = {1}, stride = {2}" },
  { "1,4,1", "output_size = {2}, kernel_size = {2}" },
  { "0,4,1", "output_size = {2}, kernel_size = {2}" },
  { NULL },
};

const TlOpClass tl_op_fold = {
  .name = "fold",
  .group = "image",
  .doc = "Pictures from blocks that may overlap, whose elements are added (col2im).",
  .formula = "y[p] = sum over blocks that cover p",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Col2Im", 18 },
  .torch = "F.fold(x0, output_size, kernel_size, dilation, padding, stride)",
};
