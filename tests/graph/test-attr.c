/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/attr.h"

#include <math.h>

#include "core/base/error.h"

enum { WIDTH,
       RATE,
       BIAS,
       MODE,
       TYPE,
       KERNEL,
       BETAS,
       PATH,
       DIM,
       SHAPE,
       WEIGHT,
       PADDING };

static const char *const modes[] = { "mean", "sum", NULL };
static const char *const words[] = { "valid", "same", NULL };

static const TlAttrSpec specs[] = {
  { "width", "columns", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = 100, .alias = "out_features" },
  { "rate", "speed", TL_ATTR_FLOAT, .def = { .d = 0.5 }, .has_range = TRUE, .max = HUGE_VAL },
  { "bias", "whether", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "mode", "how", TL_ATTR_ENUM, .names = modes },
  { "type", "which", TL_ATTR_DTYPE },
  { "kernel", "window", TL_ATTR_INTS, .def = { .n = 2, .v = { 3, 3 } }, .has_range = TRUE, .min = 1, .max = 9, .n = 2 },
  { "betas", "shares", TL_ATTR_FLOATS, .def = { .n = 2, .f = { 0.9, 0.999 } }, .has_range = TRUE, .max = 1, .n = 2 },
  { "path", "where", TL_ATTR_STRING },
  { "dim", "axes", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },
  { "shape", "sizes", TL_ATTR_INTS },
  { "weight", "factors", TL_ATTR_NUMBERS, .has_range = TRUE, .max = 100 },
  { "padding", "around", TL_ATTR_INTS, .def = { .n = 2 }, .has_range = TRUE, .max = 9, .n = 2, .words = words },
  { NULL },
};

static void
assert_set (guint       attr,
            const char *text,
            const char *back)
{
  TlAttrValue        values[G_N_ELEMENTS (specs)], again[G_N_ELEMENTS (specs)];
  g_autoptr (GError) error = NULL;
  g_autofree char   *written = NULL;

  tl_attr_init_defaults (specs, values);
  tl_attr_init_defaults (specs, again);
  tl_attr_set_text ("Row", specs, values, specs[attr].name, text, &error);
  g_assert_no_error (error);
  written = tl_attr_to_string (&specs[attr], &values[attr]);
  g_assert_cmpstr (written, ==, back);
  tl_attr_set_text ("Row", specs, again, specs[attr].name, written, &error);
  g_assert_no_error (error);
  g_assert_true (tl_attr_equal (&specs[attr], &values[attr], &again[attr]));
}

static void
assert_refused (const char *name,
                const char *text,
                const char *message)
{
  TlAttrValue        values[G_N_ELEMENTS (specs)], before[G_N_ELEMENTS (specs)];
  g_autoptr (GError) error = NULL;

  tl_attr_init_defaults (specs, values);
  tl_attr_init_defaults (specs, before);
  g_assert_false (tl_attr_set_text ("Row", specs, values, name, text, &error));
  g_assert_cmpstr (error->message, ==, message);
  for (guint i = 0; specs[i].name != NULL; i++)
    g_assert_true (tl_attr_equal (&specs[i], &values[i], &before[i]));
}

static void
test_set (void)
{
  assert_set (WIDTH, "7", "7");
  assert_set (WIDTH, "7.0", "7");
  assert_set (WEIGHT, "{1, 0.5, 2, 3, 4, 5, 6, 7, 8, 9}", "{1, 0.5, 2, 3, 4, 5, 6, 7, 8, 9}");
  assert_set (WEIGHT, "0.25", "{0.25}");
  assert_set (WEIGHT, "{}", "{}");
  assert_refused ("weight", "{1, -1}", "Row: weight = {1, -1}: it must be between 0 and 100");
  assert_set (RATE, "1e-3", "0.001");
  assert_set (RATE, "3", "3");
  assert_set (RATE, "0.1", "0.1");
  assert_set (BIAS, "false", "false");
  assert_set (MODE, "sum", "\"sum\"");
  assert_set (MODE, "\"sum\"", "\"sum\"");
  assert_set (TYPE, "float64", "\"f64\"");
  assert_set (KERNEL, "5", "5");
  assert_set (KERNEL, "{5, 4}", "{5, 4}");
  assert_set (KERNEL, " { 5, 5, } ", "5");
  assert_set (BETAS, "{0.5, 0.75}", "{0.5, 0.75}");
  assert_set (PATH, "a b", "\"a b\"");
  assert_set (DIM, "-1", "{-1}");
  assert_set (DIM, "{0, -2}", "{0, -2}");
  assert_set (SHAPE, "{N, 1, 28, 28}", "{N, 1, 28, 28}");
  assert_set (SHAPE, "{-1, 10}", "{-1, 10}");
  assert_set (SHAPE, "{}", "{}");
  assert_set (PADDING, "{1, 2}", "{1, 2}");
  assert_set (PADDING, "valid", "0");
  assert_set (PADDING, "\"same\"", "\"same\"");
}

/* In a graph cell a name without quotes is a size. */
static void
test_unquoted (void)
{
  const TlAttrInput  input = TL_INPUT_DIM (tl_dim_symbol ("f32")), same = TL_INPUT_DIM (tl_dim_symbol ("same"));
  TlAttrValue        values[G_N_ELEMENTS (specs)];
  g_autoptr (GError) error = NULL;

  tl_attr_init_defaults (specs, values);
  g_assert_false (tl_attr_set ("Row", specs, values, "type", &input, &error));
  g_assert_cmpstr (error->message, ==, "Row: type = f32: a name without quotes is that of a size; write \"f32\"");
  g_clear_error (&error);
  g_assert_false (tl_attr_set ("Row", specs, values, "padding", &same, &error));
  g_assert_cmpstr (error->message, ==, "Row: padding = same: a name without quotes is that of a size; write \"same\"");
}

static void
test_refused (void)
{
  assert_refused ("rate", "abc", "Row: rate = \"abc\": a number is wanted");
  assert_refused ("rate", "-1", "Row: rate = -1: it must be at least 0");
  assert_refused ("padding", "some", "Row: padding = \"some\": numbers, \"valid\" or \"same\" are wanted");
  assert_refused ("padding", "{}", "Row: padding = {}: numbers, \"valid\" or \"same\" are wanted");
  assert_refused ("width", "0", "Row: width = 0: it must be between 1 and 100");
  assert_refused ("width", "2.5", "Row: width = 2.5: a whole number is wanted");
  assert_refused ("bias", "1", "Row: bias = 1: true or false is wanted");
  assert_refused ("mode", "max", "Row: mode = \"max\": it must be one of mean, sum");
  assert_refused ("type", "f31", "Row: type = \"f31\": it must be one of f32, f64, f16, bf16, i8, u8, i32, i64, bool");
  assert_refused ("kernel", "{1, 2, 3}", "Row: kernel = {1, 2, 3}: 2 numbers are wanted, or one for all");
  assert_refused ("kernel", "{1, 10}", "Row: kernel = {1, 10}: it must be between 1 and 9");
  assert_refused ("shape", "{1, 2, 3, 4, 5, 6, 7, 8, 9}", "Row: shape = {1, 2, 3, 4, 5, 6, 7, 8, 9}: at most 8 numbers are possible");
  assert_refused ("shape", "{-2}", "Row: shape = {-2}: it must not be negative");
  assert_refused ("path", "3", "Row: path = 3: a text is wanted");
  assert_refused ("widht", "3", "Row has no attribute widht; did you mean width?");
  assert_refused ("out_feature", "3", "Row has no attribute out_feature; did you mean out_features?");
  assert_refused ("zzz", "3", "Row has no attribute zzz");
}

static void
test_required (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (tl_attr_check_required ("Row", specs, 1, &error));
  g_assert_false (tl_attr_check_required ("Row", specs, 2, &error));
  g_assert_cmpstr (error->message, ==, "Row: width must be given (columns)");
  g_assert_cmpint (tl_attr_find (specs, "out_features"), ==, WIDTH);
  g_assert_cmpint (tl_attr_find (specs, "nothing"), ==, -1);
  g_assert_cmpuint (tl_attr_count (specs), ==, 12);
}

/* nil takes a value back. */
static void
test_nil (void)
{
  TlAttrValue        values[G_N_ELEMENTS (specs)];
  g_autoptr (GError) error = NULL;

  tl_attr_init_defaults (specs, values);
  tl_attr_set ("Row", specs, values, "rate", &TL_INPUT_INT (4), &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (values[RATE].d, ==, 4);
  tl_attr_set ("Row", specs, values, "rate", &TL_INPUT_NIL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (values[RATE].d, ==, 0.5);
  g_assert_false (tl_attr_set ("Row", specs, values, "rate", &TL_INPUT_NUMBER (NAN), &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
}

static void
test_nearest (void)
{
  const char *const names[] = { "Conv2d", "ConvTranspose2d", "Linear", "relu", NULL };

  g_assert_cmpstr (tl_attr_nearest ("conv2d", names, 4), ==, "Conv2d");
  g_assert_cmpstr (tl_attr_nearest ("Lineer", names, 4), ==, "Linear");
  g_assert_cmpstr (tl_attr_nearest ("ReLU", names, 4), ==, "relu");
  g_assert_cmpstr (tl_attr_nearest ("ConvT", names, 4), ==, "ConvTranspose2d");
  g_assert_null (tl_attr_nearest ("Dropout", names, 4));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/attr/set", test_set);
  g_test_add_func ("/graph/attr/refused", test_refused);
  g_test_add_func ("/graph/attr/unquoted", test_unquoted);
  g_test_add_func ("/graph/attr/required", test_required);
  g_test_add_func ("/graph/attr/nil", test_nil);
  g_test_add_func ("/graph/attr/nearest", test_nearest);
  return g_test_run ();
}
