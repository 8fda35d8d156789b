/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is forecast for a model without memory, against the peak of the training itself.
 */
#include <string.h>

#include "app/check/graph-cell.h"
#include "core/base/memory.h"
#include "core/graph/context.h"
#include "core/train/forecast.h"
#include "core/train/trainer.h"

typedef struct {
  const char *name;
  const char *optimizer;
  gsize       batch, n_items;
  guint       accumulate;
  gboolean    validates;
  TlItemType  x;
  TlDim       n_classes; /* of the target; 0: the model gives its loss */
  const char *text;
  TlDType     precision;
  double      average, clip_norm;
} Network;

#define CONV(name, from, n, more) name " = Conv2d(" from ") { out = " n ", kernel = 3, padding = 1" more " }\n"
#define BLOCK(name, from, n, more)                                                                                                                    \
  CONV (name "a", from, n, ", bias = false" more)                                                                                                     \
  name "b = BatchNorm2d(" name "a)\n" name "c = ReLU(" name "b)\n" CONV (name "d", name "c", n, ", bias = false")                                     \
    name "e = BatchNorm2d(" name "d)\n" name "f = Conv2d(" from ") { out = " n ", kernel = 1" more " }\n" name "g = Add(" name "e, " name "f)\n" name \
         " = ReLU(" name "g)\n"

// clang-format off
static const Network networks[] = {
  { "mlp", "SGD", 64, 160, 1, TRUE, { TL_DTYPE_F32, 1, { 784 } }, 10,
    "x = Input { shape = {N, 784} }\nfc1 = Linear(x) { out = 256 }\na = ReLU(fc1)\ny = Linear(a) { out = 10 }\n" },
  { "mlp-adam", "Adam", 16, 64, 1, FALSE, { TL_DTYPE_F32, 1, { 100 } }, 10,
    "x = Input { shape = {N, 100} }\nfc1 = Linear(x) { out = 500 }\na = GELU(fc1)\nfc2 = Linear(a) { out = 500 }\nb = Tanh(fc2)\ny = Linear(b) { out = 10 }\n" },
  { "mlp-wide-accumulate", "AdamW", 32, 320, 4, FALSE, { TL_DTYPE_F32, 1, { 64 } }, 10,
    "x = Input { shape = {N, 64} }\nfc1 = Linear(x) { out = 1024 }\na = ReLU(fc1)\nd = Dropout(a) { p = 0.5 }\ny = Linear(d) { out = 10 }\n" },
  { "layer-norm", "RMSprop", 128, 256, 1, TRUE, { TL_DTYPE_F32, 1, { 200 } }, 10,
    "x = Input { shape = {N, 200} }\nfc1 = Linear(x) { out = 300 }\nn1 = LayerNorm(fc1)\na = SiLU(n1)\nfc2 = Linear(a) { out = 300 }\nn2 = LayerNorm(fc2)\ns = Add(n2, a)\ny = Linear(s) { out = 10 }\n" },
  { "lenet", "SGD", 32, 96, 1, FALSE, { TL_DTYPE_F32, 3, { 1, 28, 28 } }, 10,
    "x = Input { shape = {N, 1, 28, 28} }\nc1 = Conv2d(x) { out = 6, kernel = 5, padding = 2 }\na1 = Tanh(c1)\np1 = AvgPool2d(a1) { kernel = 2 }\nc2 = Conv2d(p1) { out = 16, kernel = 5 }\na2 = Tanh(c2)\n"
    "p2 = AvgPool2d(a2) { kernel = 2 }\nf = Flatten(p2)\nfc1 = Linear(f) { out = 120 }\na3 = Tanh(fc1)\nfc2 = Linear(a3) { out = 84 }\na4 = Tanh(fc2)\ny = Linear(a4) { out = 10 }\n" },
  { "cnn", "Adam", 64, 150, 1, TRUE, { TL_DTYPE_F32, 3, { 1, 28, 28 } }, 10,
    "x = Input { shape = {N, 1, 28, 28} }\n" CONV ("c1", "x", "32", "") "a1 = ReLU(c1)\np1 = MaxPool2d(a1) { kernel = 2 }\n" CONV ("c2", "p1", "64", "")
    "a2 = ReLU(c2)\np2 = MaxPool2d(a2) { kernel = 2 }\nf = Flatten(p2)\nfc1 = Linear(f) { out = 128 }\na3 = ReLU(fc1)\ny = Linear(a3) { out = 10 }\n" },
  { "vgg", "SGD", 8, 24, 1, FALSE, { TL_DTYPE_F32, 3, { 3, 32, 32 } }, 10,
    "x = Input { shape = {N, 3, 32, 32} }\n" CONV ("c1", "x", "32", "") "a1 = ReLU(c1)\n" CONV ("c2", "a1", "32", "") "a2 = ReLU(c2)\np1 = MaxPool2d(a2) { kernel = 2 }\n"
    CONV ("c3", "p1", "64", "") "a3 = ReLU(c3)\n" CONV ("c4", "a3", "64", "") "a4 = ReLU(c4)\np2 = MaxPool2d(a4) { kernel = 2 }\nf = Flatten(p2)\nfc = Linear(f) { out = 256 }\n"
    "a5 = ReLU(fc)\nd = Dropout(a5)\ny = Linear(d) { out = 10 }\n" },
  { "residual", "SGD", 8, 24, 1, TRUE, { TL_DTYPE_F32, 3, { 3, 32, 32 } }, 10,
    "x = Input { shape = {N, 3, 32, 32} }\n" BLOCK ("b1", "x", "16", "") BLOCK ("b2", "b1", "32", ", stride = 2") BLOCK ("b3", "b2", "64", ", stride = 2")
    "p = AdaptiveAvgPool2d(b3) { output_size = 1 }\nf = Flatten(p)\ny = Linear(f) { out = 10 }\n" },
  { "autoencoder", "Adam", 64, 128, 1, FALSE, { TL_DTYPE_F32, 1, { 784 } }, 0,
    "x = Input { shape = {N, 784} }\ne1 = Linear(x) { out = 128 }\na1 = ReLU(e1)\nz = Linear(a1) { out = 16 }\nd1 = Linear(z) { out = 128 }\na2 = ReLU(d1)\ny = Linear(a2) { out = 784 }\nl = MSELoss(y, x)\n" },
  { "embedding", "Adagrad", 32, 64, 1, FALSE, { TL_DTYPE_I64, 1, { 50 } }, 10,
    "x = Input { shape = {N, 50}, dtype = \"i64\" }\ne = Embedding(x) { num_embeddings = 2000, embedding_dim = 64 }\nf = Flatten(e)\nfc = Linear(f) { out = 64 }\na = ReLU(fc)\ny = Linear(a) { out = 10 }\n" },
  { "one-large-layer", "Adam", 4, 8, 1, FALSE, { TL_DTYPE_F32, 1, { 2048 } }, 10,
    "x = Input { shape = {N, 2048} }\nfc1 = Linear(x) { out = 2048 }\ny = Linear(fc1) { out = 10 }\n" },
  { "many-activations", "NAdam", 256, 512, 1, TRUE, { TL_DTYPE_F32, 1, { 64 } }, 10,
    "x = Input { shape = {N, 64} }\na = Linear(x) { out = 512 }\nb = Mish(a)\nc = Linear(b) { out = 512 }\nd = Softplus(c)\ne = Linear(d) { out = 512 }\nf = ELU(e)\ny = Linear(f) { out = 10 }\n" },
  { "lstm", "Adam", 16, 32, 1, FALSE, { TL_DTYPE_I64, 1, { 24 } }, 10,
    "x = Input { shape = {N, 24}, dtype = \"i64\" }\ne = Embedding(x) { num_embeddings = 50, embedding_dim = 32 }\nh, last, cell = LSTM(e) { hidden = 64, num_layers = 2, batch_first = true }\n"
    "f = Flatten(h)\ny = Linear(f) { out = 10 }\n" },
  { "transformer", "AdamW", 8, 16, 1, TRUE, { TL_DTYPE_I64, 1, { 20 } }, 10,
    "x = Input { shape = {N, 20}, dtype = \"i64\" }\ne = Embedding(x) { num_embeddings = 50, embedding_dim = 64 }\np = SinusoidalPositionalEncoding(e) { batch_first = true }\n"
    "t = TransformerEncoder(p) { num_layers = 3, nhead = 4, dim_feedforward = 128, batch_first = true }\nf = Flatten(t)\ny = Linear(f) { out = 10 }\n", .clip_norm = 1 },
  { "bf16-average", "Adam", 64, 160, 1, FALSE, { TL_DTYPE_F32, 1, { 300 } }, 10,
    "x = Input { shape = {N, 300} }\na = Linear(x) { out = 400 }\nb = ReLU(a)\nc = Linear(b) { out = 400 }\nd = ReLU(c)\ny = Linear(d) { out = 10 }\n", .precision = TL_DTYPE_BF16, .average = 0.9 },
  { "search", "LBFGS", 64, 160, 1, FALSE, { TL_DTYPE_F32, 1, { 30 } }, 10,
    "x = Input { shape = {N, 30} }\na = Linear(x) { out = 40 }\nb = Tanh(a)\ny = Linear(b) { out = 10 }\n" },
  { "f16", "SGD", 64, 160, 1, TRUE, { TL_DTYPE_F32, 1, { 300 } }, 10,
    "x = Input { shape = {N, 300} }\na = Linear(x) { out = 400 }\nb = ReLU(a)\nc = Linear(b) { out = 400 }\nd = ReLU(c)\ny = Linear(d) { out = 10 }\n", .precision = TL_DTYPE_F16 },
};
// clang-format on

static TlDataset *
make_dataset (const Network *network)
{
  TlDataset           *dataset = tl_dataset_new ("made");
  TlDim                shape[TL_TENSOR_MAX_RANK] = { (TlDim)network->n_items };
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) target = NULL;
  g_autoptr (GError)   error = NULL;

  memcpy (shape + 1, network->x.shape, network->x.rank * sizeof (TlDim));
  x = tl_tensor_new (network->x.dtype, network->x.rank + 1, shape, &error);
  target = tl_tensor_new (TL_DTYPE_I64, 1, shape, &error);
  g_assert_no_error (error);
  memset (tl_tensor_peek_data (x), 0, tl_tensor_get_n_elements (x) * tl_dtype_size (network->x.dtype));
  memset (tl_tensor_peek_data (target), 0, network->n_items * sizeof (gint64));
  g_assert_true (tl_dataset_add_field (dataset, "x", x, &error));
  if (network->n_classes > 0)
    g_assert_true (tl_dataset_add_field (dataset, "target", target, &error));
  return dataset;
}

static TlGraphCell *
read_cell (const Network *network)
{
  TlGraphCell *cell = tl_graph_cell_new (network->name, network->text, NULL, NULL);

  for (guint i = 0; i < tl_graph_cell_get_n_problems (cell); i++)
    g_error ("%s: %s", network->name, tl_graph_cell_get_problem (cell, i)->message);
  return cell;
}

static void
forecast (const Network *network,
          TlForecast    *result)
{
  gboolean                before = tl_tensor_set_described (TRUE);
  g_autoptr (TlGraphCell) cell = read_cell (network);
  g_autoptr (TlLayer)     loss = network->n_classes > 0 ? tl_layer_new (tl_layer_find ("CrossEntropyLoss"), "loss", TL_DTYPE_F32) : NULL;
  const TlItemType        fields[] = { network->x, { .dtype = TL_DTYPE_I64 } };
  const TlForecastOptions options = {
    .model = tl_graph_cell_get_model (cell),
    .loss_layer = loss,
    .optimizer = tl_optimizer_find (network->optimizer),
    .fields = fields,
    .n_fields = network->n_classes > 0 ? 2 : 1,
    .n_items = network->n_items,
    .n_validation_items = network->n_items,
    .batch_size = network->batch,
    .accumulate = network->accumulate,
    .precision = network->precision,
    .average = network->average,
    .clip_norm = network->clip_norm,
    .validates = network->validates,
    .n_threads = tl_context_get_n_threads (tl_context_get ()),
  };
  TlMemoryStats      start, end;
  g_autoptr (GError) error = NULL;

  tl_memory_reset_peak ();
  tl_memory_get_stats (&start);
  g_assert_true (tl_forecast_training (&options, result, &error));
  g_assert_no_error (error);
  tl_tensor_set_described (before);
  tl_memory_get_stats (&end);
  g_assert_cmpuint (end.n_live, ==, start.n_live);
  /* Whatever it forecasts, it takes next to nothing itself. */
  g_assert_cmpuint (end.n_peak - start.n_live, <, 1 << 16);
}

/* A context of its own: memory of kernels that stays is part of what is measured. */
static gsize
train (const Network *network)
{
  TlContext              *before = tl_context_get ();
  g_autoptr (TlDataset)   dataset = make_dataset (network);
  g_autoptr (TlContext)   context = tl_context_new (tl_context_get_n_threads (before));
  g_autoptr (TlGraphCell) cell = NULL;
  g_autoptr (GPtrArray)   parameters = NULL;
  g_autoptr (TlOptimizer) optimizer = NULL;
  g_autoptr (TlTrainer)   trainer = NULL;
  TlTrainerOptions        options = { .train = dataset, .epochs = 2, .batch_size = network->batch, .accumulate = network->accumulate, .precision = network->precision, .average = network->average, .clip_norm = network->clip_norm };
  TlMemoryStats           start, end;
  g_autoptr (GError)      error = NULL;

  tl_context_make_current (context);
  tl_memory_get_stats (&start);
  tl_memory_reset_peak ();
  cell = read_cell (network);
  options.model = tl_graph_cell_get_model (cell);
  g_assert_true (tl_model_initialize (options.model, 1, &error));
  parameters = tl_model_get_parameters (options.model);
  optimizer = tl_optimizer_new (tl_optimizer_find (network->optimizer), (TlVariable *const *)parameters->pdata, parameters->len, NULL, &error);
  g_assert_no_error (error);
  options.optimizer = optimizer;
  options.loss = network->n_classes > 0 ? tl_layer_find ("CrossEntropyLoss") : NULL;
  options.validation = network->validates ? dataset : NULL;
  trainer = tl_trainer_new (&options, &error);
  g_assert_no_error (error);
  tl_trainer_run (trainer, &error);
  g_assert_no_error (error);
  tl_memory_get_stats (&end);
  tl_context_make_current (before);
  return end.n_peak - start.n_live;
}

static void
test_network (gconstpointer data)
{
  const Network *network = data;
  TlForecast     expected;
  gsize          peak;

  forecast (network, &expected);
  peak = train (network);
  g_test_message ("%s: forecast %" G_GSIZE_FORMAT ", peak %" G_GSIZE_FORMAT ", ratio %.3f (variables %" G_GSIZE_FORMAT ", states %" G_GSIZE_FORMAT
                  ", gradients %" G_GSIZE_FORMAT ", arena %" G_GSIZE_FORMAT ", evaluation %" G_GSIZE_FORMAT ", scratch %" G_GSIZE_FORMAT
                  ", batches %" G_GSIZE_FORMAT ")",
                  network->name, expected.n_total, peak, (double)expected.n_total / (double)peak, expected.n_variables, expected.n_states,
                  expected.n_gradients, expected.n_arena, expected.n_evaluation, expected.n_scratch, expected.n_batches);
  g_assert_cmpfloat ((double)expected.n_total, >, 0.98 * (double)peak);
  g_assert_cmpfloat ((double)expected.n_total, <, 1.02 * (double)peak);
}

/* A model far beyond any machine is forecast like any other. */
static void
test_huge (void)
{
  static const Network huge = { "huge", "Adam", 64, 64, 1, FALSE, { TL_DTYPE_F32, 1, { 1 << 20 } }, 10, "x = Input { shape = {N, 1048576} }\nfc = Linear(x) { out = 1048576 }\ny = Linear(fc) { out = 10 }\n" };
  TlForecast           expected;

  forecast (&huge, &expected);
  g_assert_cmpfloat ((double)expected.n_total, >, 3.0 * 4 * 1048576.0 * 1048576.0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (networks); i++) {
    g_autofree char *path = g_strconcat ("/app/forecast/", networks[i].name, NULL);

    g_test_add_data_func (path, &networks[i], test_network);
  }
  g_test_add_func ("/app/forecast/huge", test_huge);
  return g_test_run ();
}
