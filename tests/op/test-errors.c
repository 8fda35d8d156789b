/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "tests/op/sample.h"

typedef struct {
  const char *op;
  TlSample    sample;
  TlError     code;
  const char *text; /* what the message must say, beside the row's name */
} Mistake;

static const Mistake mistakes[] = {
  { "add", { "3,4; 5" }, TL_ERROR_SHAPE, "[3, 4] and [5]" },
  { "where", { "bool:3; 3; 4" }, TL_ERROR_SHAPE, "[3] and [3] and [4]" },
  { "hypot", { "i64:3; i64:3" }, TL_ERROR_DTYPE, "i64" },
  { "bitwise_and", { "3; 3" }, TL_ERROR_DTYPE, "whole numbers" },
  { "unflatten", { "2,6", "dim = 1, sizes = {4, 2}" }, TL_ERROR_SHAPE, "[4, 2]" },
  { "select", { "3", "index = 3" }, TL_ERROR_VALUE, "[3]" },
  { "pow", { "i32:3; i32:3" }, TL_ERROR_DTYPE, "i32" },
  { "matmul", { "3,4; 5,6" }, TL_ERROR_SHAPE, "[3, 4] x [5, 6]" },
  { "matmul", { "; 3,4" }, TL_ERROR_SHAPE, "at least 1 axes" },
  { "matmul", { "3,4; f64:4,5" }, TL_ERROR_DTYPE, "f64" },
  { "linear", { "3,4; 5,3" }, TL_ERROR_SHAPE, "[3, 4]" },
  { "sum", { "3,4", "dim = {2}" }, TL_ERROR_VALUE, "2 axes" },
  { "sum", { "3,4", "dim = {0, -2}" }, TL_ERROR_VALUE, "twice" },
  { "mean", { "i64:3" }, TL_ERROR_DTYPE, "i64" },
  { "amax", { "3,0" }, TL_ERROR_SHAPE, "[3, 0]" },
  { "argmin", { "0" }, TL_ERROR_SHAPE, "[0]" },
  { "reshape", { "3,4", "shape = {5, 2}" }, TL_ERROR_SHAPE, "[3, 4] cannot become [5, 2]" },
  { "permute", { "3,4", "dims = {0}" }, TL_ERROR_VALUE, "1 axes given for a tensor of 2" },
  { "permute", { "3,4", "dims = {0, 0}" }, TL_ERROR_VALUE, "axis 0 is given twice" },
  { "expand", { "3,4", "shape = {3, 5}" }, TL_ERROR_SHAPE, "[3, 4] cannot be repeated to [3, 5]" },
  { "expand", { "3,4", "shape = {}" }, TL_ERROR_SHAPE, "[3, 4] cannot be repeated to []" },
  { "slice", { "3", "dim = 1" }, TL_ERROR_VALUE, "axis 1 is out of range for 1 axes" },
  { "slice", { "" }, TL_ERROR_SHAPE, "at least 1 axes" },
  { "concat", { "2,3; 2,4" }, TL_ERROR_SHAPE, "f32 [2, 4]" },
  { "concat", { "2,3; i64:2,3" }, TL_ERROR_DTYPE, "i64 [2, 3]" },
  { "stack", { "2,3; 3,2" }, TL_ERROR_SHAPE, "f32 [3, 2]" },
  { "ctc_loss", { "4,3,3; i64:3,2<99; i64:3<5; i64:3<3", "blank = 1" }, TL_ERROR_VALUE, "ctc_loss: ctc_rows: index" },
  { "ctc_loss", { "4,3,3; i64:3,2<3; i64:3<5; i64:3<3", "blank = 3" }, TL_ERROR_VALUE, "blank = 3 is none of 3 classes" },
  { "index_select", { "3,4; 2" }, TL_ERROR_DTYPE, "f32" },
  { "index_select", { "3,4; i64:2,2" }, TL_ERROR_SHAPE, "[2, 2]" },
  { "embedding", { "i64:3; 4" }, TL_ERROR_SHAPE, "[4]" },
  { "one_hot", { "3", "num_classes = 4" }, TL_ERROR_DTYPE, "f32" },
  { "softmax", { "i64:3" }, TL_ERROR_DTYPE, "i64" },
  { "softmax", { "3,4", "dim = 3" }, TL_ERROR_VALUE, "axis 3" },
  { "conv2d", { "1,3,5,5; 4,2,3,3" }, TL_ERROR_SHAPE, "x [1, 3, 5, 5], weight [4, 2, 3, 3]" },
  { "conv2d", { "1,3,2,2; 4,3,3,3" }, TL_ERROR_SHAPE, "larger than the picture" },
  { "conv2d", { "1,4,5,5; 3,2,3,3", "groups = 2" }, TL_ERROR_SHAPE, "divided by groups" },
  { "conv2d", { "3,5,5; 4,3,3,3" }, TL_ERROR_SHAPE, "[3, 5, 5]" },
  { "conv2d", { "1,3,5,5; 4,3,3,3", "padding = same, stride = {1, 2}" }, TL_ERROR_VALUE, "padding = \"same\" wants a stride of 1, not 2" },
  { "conv3d", { "1,3,5,5,5; 4,3,3,3,3", "padding = same, stride = {2}" }, TL_ERROR_VALUE, "padding = \"same\" wants a stride of 1, not 2" },
  { "conv2d", { "1,3,5,5; 4,3,3,3; 5" }, TL_ERROR_SHAPE, "5 elements for 4 channels" },
  { "max_pool2d", { "1,1,3,3", "kernel_size = {4}" }, TL_ERROR_SHAPE, "window of 4" },
  { "max_pool2d", { "1,1,9,9", "kernel_size = {2}, padding = {2}" }, TL_ERROR_VALUE, "padding 2" },
  { "avg_pool2d", { "9,9", "kernel_size = {2}" }, TL_ERROR_SHAPE, "[9, 9]" },
  { "batch_norm", { "4,3; 2" }, TL_ERROR_SHAPE, "[4, 3]" },
  { "batch_norm", { "4" }, TL_ERROR_SHAPE, "[4]" },
  { "layer_norm", { "4,3", "normalized_shape = {4}" }, TL_ERROR_SHAPE, "[4, 3]" },
  { "layer_norm", { "4,3; 4", "normalized_shape = {3}" }, TL_ERROR_SHAPE, "[4]" },
  { "cross_entropy", { "4,5; i64:3" }, TL_ERROR_SHAPE, "[4, 5]" },
  { "cross_entropy", { "4,5; 4" }, TL_ERROR_DTYPE, "f32" },
  { "mse_loss", { "4,5; 4" }, TL_ERROR_SHAPE, "[4, 5]" },
  { "dropout", { "3; i32:" }, TL_ERROR_DTYPE, "i32" },
  { "rand", { "i64:2", "shape = {3}" }, TL_ERROR_SHAPE, "[2]" },
  { "split", { "7", "split_size = {3, 3}" }, TL_ERROR_SHAPE, "[3, 3] are not those of an axis of 7" },
  { "split", { "7", "split_size = {0}" }, TL_ERROR_VALUE, "split_size = 0 of an axis of 7" },
  { "split", { "9000", "split_size = {1}" }, TL_ERROR_VALUE, "9000 results" },
  { "chunk", { "0", "chunks = 4000000000" }, TL_ERROR_VALUE, "2147483647 results" },
  { "tensor_split", { "4", "sections = 2, indices = {1}" }, TL_ERROR_VALUE, "sections and indices" },
  { "unbind", { "" }, TL_ERROR_SHAPE, "at least 1 axes" },
  { "unbind", { "3", "dim = 1" }, TL_ERROR_VALUE, "axis 1" },
  { "arange", { "", "end = 3, step = -1" }, TL_ERROR_VALUE, "0 to 3 in steps of -1" },
  { "arange", { "", "end = 300, dtype = u8" }, TL_ERROR_VALUE, "u8" },
  { "arange", { "", "end = 3, dtype = bool" }, TL_ERROR_DTYPE, "bool" },
  { "addmm", { "2,2,2; 3,4; 4,2" }, TL_ERROR_SHAPE, "[2, 2, 2] + [3, 4] x [4, 2]" },
  { "broadcast_to", { "3,4", "shape = {3, 5}" }, TL_ERROR_SHAPE, "[3, 4] cannot be repeated to [3, 5]" },
  { "cdist_rows", { "2,3,4; 2,5,3" }, TL_ERROR_SHAPE, "[2, 3, 4] and [2, 5, 3]" },
  { "ctc_rows", { "9,3,5; i64:2,2<4; i64:3<9; i64:3<2" }, TL_ERROR_SHAPE, "targets [2, 2] are not those of the examples of x [9, 3, 5]" },
  { "conv2d_data_grad", { "2,4,6,5; 4,3,3,3", "padding = {1}, input_shape = {2, 3, 6, 6}" }, TL_ERROR_SHAPE, "x [2, 3, 6, 6]" },
  { "conv2d_weight_grad", { "2,3,6,5; 2,4,6,6", "padding = {1}, kernel_size = {3}" }, TL_ERROR_SHAPE, "dy [2, 4, 6, 6]" },
  { "dequantize", { "i8:3; ; " }, TL_ERROR_DTYPE, "zero_point must be whole numbers, not f32" },
  { "diagonal_scatter", { "4", "size = {4, 4}, offset = 1" }, TL_ERROR_SHAPE, "[4] does not fit diagonal 1 of [4, 4]" },
  { "fourier", { "", "n = 3, length = 3" }, TL_ERROR_SHAPE, "at least 2 axes" },
  { "fourier", { "4,3", "n = 4, length = 4" }, TL_ERROR_SHAPE, "[4, 3]" },
  { "gaussian_blur", { "1,5,5", "kernel_size = {3}, sigma = {1, 1, 1}" }, TL_ERROR_VALUE, "3 numbers" },
  { "index_add", { "3,2; i64:2<2", "size = {4}" }, TL_ERROR_SHAPE, "2 positions for 3 rows" },
  { "index_copy", { "3; i64:2<3; 3", "dim = 0" }, TL_ERROR_SHAPE, "source [3] does not fit x [3] and 2 positions" },
  { "interpolate", { "1,1,1,20000", "size = {1, 1}, mode = bilinear, antialias = true" }, TL_ERROR_UNSUPPORTED, "20000 elements of axis 3" },
  { "masked_scatter", { "8; bool:8; 0" }, TL_ERROR_VALUE, "masked_scatter: take: gather: index" },
  { "slice", { "6", "at = {6, 1}, step = 2" }, TL_ERROR_SHAPE, "1 positions from 6 on are not in axis 0 of [6]" },
  { "slice", { "0", "at = {0, 1}, step = 2" }, TL_ERROR_SHAPE, "1 positions from 0 on are not in axis 0 of [0]" },
  { "slice", { "6", "at = {1}" }, TL_ERROR_VALUE, "at has 1 numbers" },
  { "slice_scatter", { "3", "start = {1}, step = 9000000000000000000, size = {5}" }, TL_ERROR_SHAPE, "3 positions from 1" },
};

static void
test_mistake (gconstpointer data)
{
  const Mistake     *mistake = data;
  const TlOpClass   *op = tl_op_find (mistake->op);
  g_autoptr (Case)   self = NULL;
  TlTensor          *in[CASE_MAX_IN], *out[TL_OP_MAX_OUT + CASE_MAX_IN];
  guint              n_out;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (op);
  self = case_new (op, &mistake->sample, TL_DTYPE_F32);
  for (guint i = 0; i < self->n_in; i++)
    in[i] = case_get_operand (self, i, LAYOUT_CONTIGUOUS);
  g_assert_false (tl_op_count_out (op, in, self->n_in, self->attrs, &n_out, &error) &&
                  tl_op_apply (op, in, self->n_in, self->attrs, out, n_out, &error));
  g_assert_error (error, TL_ERROR, (gint)mistake->code);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, mistake->op));
  g_assert_nonnull (strstr (error->message, mistake->text));
  g_assert_null (strchr (error->message, '\n'));
  for (guint i = 0; i < self->n_in; i++)
    tl_tensor_unref (in[i]);
}

/* Attributes of rows are checked where they are applied too. */
static void
test_ranges (void)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) x = tl_ones (2, (const TlDim[]){ 3, 4 }, TL_DTYPE_F32, &error);
  g_autoptr (TlTensor) weight = tl_ones (4, (const TlDim[]){ 1, 1, 2, 2 }, TL_DTYPE_F32, &error);
  g_autoptr (TlTensor) picture = tl_ones (4, (const TlDim[]){ 1, 1, 5, 5 }, TL_DTYPE_F32, &error);
  const gint64         zero[] = { 0, 0 }, one[] = { 1, 1 };
  TlAttrValue          values[2] = { 0 };

  g_assert_no_error (error);
  g_assert_null (tl_dropout (x, 1.5, NULL, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_cmpstr (error->message, ==, "dropout: p = 1.5 is not between 0 and 1");
  g_clear_error (&error);
  g_assert_null (tl_conv2d (picture, weight, NULL, zero, zero, one, 1, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "conv2d: stride = 0"));
  g_clear_error (&error);
  values[0] = (TlAttrValue){ .n = 9 };
  g_assert_null (tl_op_apply1 (&tl_op_sum, &x, 1, values, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_cmpstr (error->message, ==, "sum: dim has 9 numbers, at most 8 are wanted");
  g_clear_error (&error);
  values[0] = TL_INTS1 (-3);
  g_assert_null (tl_op_apply1 (&tl_op_expand, &x, 1, values, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_cmpstr (error->message, ==, "expand: shape = -3 is no size");
  g_clear_error (&error);
  g_assert_null (tl_narrow (x, 1, 3, 2, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "narrow: 2 positions from 3 on are not in axis 1 of [3, 4]"));
  g_clear_error (&error);
  g_assert_null (tl_unsqueeze (x, 4, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
}

static void
test_missing_inputs (void)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) x = tl_ones (2, (const TlDim[]){ 3, 4 }, TL_DTYPE_F32, &error);
  TlTensor            *in[] = { x, NULL };
  TlTensor            *out[1];

  g_assert_false (tl_op_apply (&tl_op_add, in, 1, NULL, out, 1, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_cmpstr (error->message, ==, "add: 1 inputs given, 2 wanted");
  g_clear_error (&error);
  g_assert_false (tl_op_apply (&tl_op_add, in, 2, NULL, out, 1, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_cmpstr (error->message, ==, "add: input b is missing");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    g_autofree char *path = g_strdup_printf ("/op/errors/%s-%u", mistakes[i].op, i);

    g_test_add_data_func (path, &mistakes[i], test_mistake);
  }
  g_test_add_func ("/op/errors/ranges", test_ranges);
  g_test_add_func ("/op/errors/missing-inputs", test_missing_inputs);
  return g_test_run ();
}
