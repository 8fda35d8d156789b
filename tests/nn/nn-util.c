/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/nn/nn-util.h"

#include <string.h>

TlTensor *
random_tensor (TlDType      dtype,
               guint        rank,
               const TlDim *shape,
               guint32      seed)
{
  g_autoptr (GRand)  rand = g_rand_new_with_seed (seed);
  g_autoptr (GError) error = NULL;
  TlTensor          *tensor = tl_tensor_new (dtype, rank, shape, &error);
  gpointer           data;
  gsize              n;

  g_assert_no_error (error);
  data = tl_tensor_peek_data (tensor);
  n = tl_tensor_get_n_elements (tensor);
  for (gsize i = 0; i < n; i++) {
    double value = (double)(float)g_rand_double_range (rand, -1, 1);

    if (dtype == TL_DTYPE_F32)
      ((float *)data)[i] = (float)value;
    else
      ((double *)data)[i] = value;
  }
  return tensor;
}

TlTensor *
random_classes (gint64  n,
                gint64  n_classes,
                guint32 seed)
{
  g_autoptr (GRand)  rand = g_rand_new_with_seed (seed);
  g_autofree gint64 *classes = g_new (gint64, n);
  g_autoptr (GError) error = NULL;
  TlTensor          *tensor;

  for (gint64 i = 0; i < n; i++)
    classes[i] = g_rand_int_range (rand, 0, (gint32)n_classes);
  tensor = tl_tensor_new_from_data (TL_DTYPE_I64, 1, &n, classes, &error);
  g_assert_no_error (error);
  return tensor;
}

/* Calls @func for each "name = value" of a text in which commas separate, except inside braces. */
static void
foreach_attr (const char *text,
              void (*func) (const char *name,
                            const char *value,
                            gpointer    user_data),
              gpointer user_data)
{
  const char *at = text != NULL ? text : "";

  while (*at != '\0') {
    g_autofree char *item = NULL;
    const char      *end = at;
    char            *equals;
    int              depth = 0;

    while (*end != '\0' && (*end != ',' || depth > 0)) {
      depth += *end == '{' ? 1 : *end == '}' ? -1
                                             : 0;
      end++;
    }
    item = g_strndup (at, (gsize)(end - at));
    equals = strchr (item, '=');
    g_assert_nonnull (equals);
    *equals = '\0';
    func (g_strstrip (item), g_strstrip (equals + 1), user_data);
    at = *end == ',' ? end + 1 : end;
  }
}

typedef struct {
  TlModel    *model;
  const char *node;
} NodeOfModel;

static void
set_node_attr (const char *name,
               const char *value,
               gpointer    user_data)
{
  NodeOfModel       *to = user_data;
  g_autoptr (GError) error = NULL;

  tl_model_set_attr_text (to->model, to->node, name, value, &error);
  g_assert_no_error (error);
}

static void
set_layer_attr (const char *name,
                const char *value,
                gpointer    user_data)
{
  g_autoptr (GError) error = NULL;

  tl_layer_set_attr_text (user_data, name, value, &error);
  g_assert_no_error (error);
}

void
set_attrs (TlLayer    *layer,
           const char *text)
{
  foreach_attr (text, set_layer_attr, layer);
}

/* Adds a node whose inputs are the first outputs of the nodes in @from, separated by blanks; "-" for none. */
void
add_node (TlModel    *model,
          const char *name,
          const char *row,
          const char *from,
          const char *attrs)
{
  g_auto (GStrv)     names = g_strsplit (from != NULL ? from : "", " ", -1);
  g_autoptr (GError) error = NULL;

  tl_model_add (model, name, row, &error);
  g_assert_no_error (error);
  for (guint i = 0; names[i] != NULL && *names[i] != '\0'; i++)
    if (strcmp (names[i], "-") != 0)
      tl_model_connect (model, names[i], 0, name, i, &error);
  g_assert_no_error (error);
  foreach_attr (attrs, set_node_attr, &(NodeOfModel){ model, name });
}

TlModel *
mlp_new (TlDType dtype,
         gint64  n_in,
         gint64  n_hidden,
         gint64  n_out)
{
  TlModel           *model = tl_model_new ("mlp");
  g_autofree char   *shape = g_strdup_printf ("shape = {N, %" G_GINT64_FORMAT "}", n_in);
  g_autofree char   *hidden = g_strdup_printf ("out = %" G_GINT64_FORMAT, n_hidden);
  g_autofree char   *out = g_strdup_printf ("out = %" G_GINT64_FORMAT, n_out);
  g_autoptr (GError) error = NULL;

  tl_model_set_dtype (model, dtype);
  add_node (model, "x", "Input", NULL, shape);
  add_node (model, "fc1", "Linear", "x", hidden);
  add_node (model, "act1", "ReLU", "fc1", NULL);
  add_node (model, "fc2", "Linear", "act1", out);
  tl_model_build (model, &error);
  g_assert_no_error (error);
  return model;
}

TlModel *
lenet_new (void)
{
  TlModel *model = tl_model_new ("lenet");

  add_node (model, "image", "Input", NULL, "shape = {N, 1, 28, 28}");
  add_node (model, "conv1", "Conv2d", "image", "out = 32, kernel = 3, padding = 1");
  add_node (model, "act1", "ReLU", "conv1", NULL);
  add_node (model, "pool1", "MaxPool2d", "act1", "kernel = 2");
  add_node (model, "conv2", "Conv2d", "pool1", "out = 64, kernel = 3, padding = 1");
  add_node (model, "act2", "ReLU", "conv2", NULL);
  add_node (model, "pool2", "MaxPool2d", "act2", "kernel = 2");
  add_node (model, "flat", "Flatten", "pool2", NULL);
  add_node (model, "fc1", "Linear", "flat", "out = 128");
  add_node (model, "act3", "ReLU", "fc1", NULL);
  add_node (model, "fc2", "Linear", "act3", "out = 10");
  return model;
}

void
build_model (TlModel *model)
{
  g_autoptr (GError) error = NULL;

  tl_model_build (model, &error);
  g_assert_no_error (error);
}

void
assert_node_shape (TlModel    *model,
                   const char *node,
                   const char *text)
{
  const TlMeta    *meta = tl_model_get_node_output (model, node, 0);
  g_autofree char *shape = NULL;

  g_assert_nonnull (meta);
  shape = tl_shape_to_string (meta->shape, meta->rank);
  g_assert_cmpstr (shape, ==, text);
}

TlTensor *
model_call (TlModel  *model,
            TlTensor *x)
{
  g_autoptr (GError) error = NULL;
  TlTensor          *y = NULL;

  tl_model_forward (model, &x, 1, &y, 1, &error);
  g_assert_no_error (error);
  return y;
}

double
number_of (TlTensor *tensor)
{
  g_assert_cmpuint (tl_tensor_get_n_elements (tensor), ==, 1);
  return tl_tensor_peek_element (tensor, 0);
}

void
assert_same_bits (TlTensor *a,
                  TlTensor *b)
{
  g_assert_nonnull (a);
  g_assert_nonnull (b);
  g_assert_true (tl_meta_same_shape (tl_tensor_get_meta (a), tl_tensor_get_meta (b)));
  g_assert_cmpint (tl_tensor_get_dtype (a), ==, tl_tensor_get_dtype (b));
  for (gsize i = 0; i < tl_tensor_get_n_elements (a); i++) {
    double x = tl_tensor_peek_element (a, i), y = tl_tensor_peek_element (b, i);

    g_assert_cmpmem (&x, sizeof x, &y, sizeof y);
  }
}

static gboolean
same_in_other (TlVariable *variable,
               gpointer    other)
{
  TlVariable *twin = tl_model_find_variable (other, tl_variable_get_path (variable));

  g_assert_nonnull (twin);
  g_assert_true (twin != variable);
  assert_same_bits (tl_variable_get_value (variable), tl_variable_get_value (twin));
  return TRUE;
}

void
assert_same_variables (TlModel *a,
                       TlModel *b)
{
  tl_model_foreach_variable (a, same_in_other, b);
}
