/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli/bench-models.h"

#include <math.h>

#include "core/op/ops.h"

#define GPT_LAYERS 6
#define GPT_HEADS 6
#define GPT_WIDTH 384
#define GPT_CONTEXT 256
#define GPT_VOCABULARY 65
#define LSTM_VOCABULARY 128
#define LSTM_WIDTH 256

/* Parameters of a block of the GPT. */
enum { LN1_WEIGHT,
       LN1_BIAS,
       LN2_WEIGHT,
       LN2_BIAS,
       QKV,
       PROJ,
       FC,
       OUT,
       N_BLOCK };
enum { WTE,
       WPE,
       LN_WEIGHT,
       LN_BIAS,
       BLOCKS };
enum { EMBED,
       WEIGHT_IH,
       WEIGHT_HH,
       BIAS_IH,
       BIAS_HH,
       OUT_WEIGHT,
       OUT_BIAS };

/* Values around @mean; rank 1 without @columns. */
static gboolean
add_parameter (TlBenchModel *self,
               gint64        rows,
               gint64        columns,
               double        mean,
               double        deviation,
               GError      **error)
{
  g_autoptr (GRand)    rand = g_rand_new_with_seed (self->parameters->len + 1);
  g_autofree char     *path = g_strdup_printf ("p%u", self->parameters->len);
  const TlDim          shape[] = { rows, columns };
  g_autoptr (TlTensor) value = tl_tensor_new (TL_DTYPE_F32, columns > 0 ? 2 : 1, shape, error);
  const gint64         n = rows * MAX (columns, 1);
  TlVariable          *variable;

  if (value == NULL)
    return FALSE;
  for (gint64 i = 0; i < n; i++)
    ((float *)tl_tensor_peek_data (value))[i] = (float)(mean + deviation * g_rand_double_range (rand, -sqrt (3), sqrt (3)));
  variable = tl_variable_new (path, TL_VARIABLE_PARAMETER, value, error);
  if (variable == NULL)
    return FALSE;
  g_ptr_array_add (self->parameters, variable);
  return TRUE;
}

static TlTensor *
parameter (TlBenchModel *self,
           guint         i)
{
  return tl_read (self->parameters->pdata[i]);
}

static TlTensor *
normalise (TlBenchModel *self,
           TlTensor     *x,
           guint         weight,
           GError      **error)
{
  g_autoptr (TlTensor) scale = parameter (self, weight);
  g_autoptr (TlTensor) shift = parameter (self, weight + 1);

  return tl_layer_norm (x, 1, scale, shift, 1e-5, error);
}

static TlTensor *
multiply (TlBenchModel *self,
          TlTensor     *x,
          guint         weight,
          GError      **error)
{
  g_autoptr (TlTensor) factors = parameter (self, weight);

  return tl_linear (x, factors, NULL, error);
}

/* All heads of queries, keys and values: `[n, length, 3 heads, width / heads]`. */
static TlTensor *
split_heads (TlTensor *qkv,
             GError  **error)
{
  const TlDim *shape = tl_tensor_get_shape (qkv);

  return tl_reshape (qkv, 4, (const TlDim[]){ shape[0], shape[1], 3 * GPT_HEADS, GPT_WIDTH / GPT_HEADS }, error);
}

/* Part @i of three of them, where they lie: `[n, heads, length, width / heads]`. */
static TlTensor *
take_heads (TlTensor *apart,
            gint64    i,
            GError  **error)
{
  g_autoptr (TlTensor) part = tl_narrow (apart, 2, i * GPT_HEADS, GPT_HEADS, error);

  return part != NULL ? tl_transpose (part, 1, 2, error) : NULL;
}

static TlTensor *
attend (TlBenchModel *self,
        TlTensor     *x,
        guint         block,
        GError      **error)
{
  g_autoptr (TlTensor) normal = normalise (self, x, block + LN1_WEIGHT, error);
  g_autoptr (TlTensor) qkv = normal != NULL ? multiply (self, normal, block + QKV, error) : NULL;
  g_autoptr (TlTensor) apart = qkv != NULL ? split_heads (qkv, error) : NULL;
  g_autoptr (TlTensor) q = apart != NULL ? take_heads (apart, 0, error) : NULL;
  g_autoptr (TlTensor) k = q != NULL ? take_heads (apart, 1, error) : NULL;
  g_autoptr (TlTensor) v = k != NULL ? take_heads (apart, 2, error) : NULL;
  g_autoptr (TlTensor) means = NULL;
  g_autoptr (TlTensor) turned = NULL;
  g_autoptr (TlTensor) joined = NULL;

  means = v != NULL ? tl_attention (q, k, v, NULL, TRUE, 0, NULL, error) : NULL;
  turned = means != NULL ? tl_transpose (means, 1, 2, error) : NULL;
  joined = turned != NULL ? tl_reshape (turned, 3, tl_tensor_get_shape (x), error) : NULL;
  return joined != NULL ? multiply (self, joined, block + PROJ, error) : NULL;
}

static TlTensor *
widen (TlBenchModel *self,
       TlTensor     *x,
       guint         block,
       GError      **error)
{
  g_autoptr (TlTensor) normal = normalise (self, x, block + LN2_WEIGHT, error);
  g_autoptr (TlTensor) wide = normal != NULL ? multiply (self, normal, block + FC, error) : NULL;
  g_autoptr (TlTensor) active = wide != NULL ? tl_op_apply1 (&tl_op_gelu, &wide, 1, NULL, error) : NULL;

  return active != NULL ? multiply (self, active, block + OUT, error) : NULL;
}

static TlTensor *
forward_gpt (TlBenchModel *self,
             TlTensor     *tokens,
             GError      **error)
{
  g_autoptr (TlTensor) table = parameter (self, WTE);
  g_autoptr (TlTensor) places = parameter (self, WPE);
  g_autoptr (TlTensor) words = tl_embedding (tokens, table, error);
  g_autoptr (TlTensor) x = words != NULL ? tl_add (words, places, error) : NULL;
  g_autoptr (TlTensor) y = NULL;

  for (guint i = 0; i < GPT_LAYERS && x != NULL; i++) {
    guint                block = BLOCKS + i * N_BLOCK;
    g_autoptr (TlTensor) seen = attend (self, x, block, error);
    g_autoptr (TlTensor) middle = seen != NULL ? tl_add (x, seen, error) : NULL;
    g_autoptr (TlTensor) more = middle != NULL ? widen (self, middle, block, error) : NULL;

    tl_tensor_unref (x);
    x = more != NULL ? tl_add (middle, more, error) : NULL;
  }
  y = x != NULL ? normalise (self, x, LN_WEIGHT, error) : NULL;
  return y != NULL ? tl_linear (y, table, NULL, error) : NULL;
}

static TlTensor *
forward_lstm (TlBenchModel *self,
              TlTensor     *tokens,
              GError      **error)
{
  const TlDim          shape[] = { tl_tensor_get_shape (tokens)[0], LSTM_WIDTH };
  g_autoptr (TlTensor) table = parameter (self, EMBED);
  g_autoptr (TlTensor) words = tl_embedding (tokens, table, error);
  g_autoptr (TlTensor) x = words != NULL ? tl_transpose (words, 0, 1, error) : NULL;
  g_autoptr (TlTensor) zero = tl_zeros (2, shape, TL_DTYPE_F32, error);
  TlTensor            *in[7] = { x, zero, zero }, *out[5] = { NULL };
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) weight = parameter (self, OUT_WEIGHT);
  g_autoptr (TlTensor) bias = parameter (self, OUT_BIAS);

  if (x == NULL || zero == NULL)
    return NULL;
  for (guint i = 3; i < 7; i++)
    in[i] = parameter (self, WEIGHT_IH + i - 3);
  if (tl_op_apply (&tl_op_lstm, in, 7, NULL, out, 5, error))
    y = tl_transpose (out[0], 0, 1, error);
  for (guint i = 0; i < 5; i++)
    g_clear_pointer (&out[i], tl_tensor_unref);
  for (guint i = 3; i < 7; i++)
    tl_tensor_unref (in[i]);
  return y != NULL ? tl_linear (y, weight, bias, error) : NULL;
}

static TlBenchModel *
model_new (TlTensor *(*forward) (TlBenchModel *self,
                                 TlTensor     *tokens,
                                 GError      **error))
{
  TlBenchModel *self = g_new0 (TlBenchModel, 1);

  self->forward = forward;
  self->parameters = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);
  return self;
}

/**
 * tl_bench_model_new_gpt:
 * @error: return location for an error
 *
 * Returns: (transfer full): the model, or %NULL
 */
TlBenchModel *
tl_bench_model_new_gpt (GError **error)
{
  g_autoptr (TlBenchModel) self = model_new (forward_gpt);
  const gint64             w = GPT_WIDTH;
  const double             deep = 0.02 / sqrt (2 * GPT_LAYERS);
  gboolean                 ok;

  ok = add_parameter (self, GPT_VOCABULARY, w, 0, 0.02, error) && add_parameter (self, GPT_CONTEXT, w, 0, 0.02, error) &&
       add_parameter (self, w, 0, 1, 0, error) && add_parameter (self, w, 0, 0, 0, error);
  for (guint i = 0; i < GPT_LAYERS && ok; i++)
    ok = add_parameter (self, w, 0, 1, 0, error) && add_parameter (self, w, 0, 0, 0, error) &&
         add_parameter (self, w, 0, 1, 0, error) && add_parameter (self, w, 0, 0, 0, error) &&
         add_parameter (self, 3 * w, w, 0, 0.02, error) && add_parameter (self, w, w, 0, deep, error) &&
         add_parameter (self, 4 * w, w, 0, 0.02, error) && add_parameter (self, w, 4 * w, 0, deep, error);
  return ok ? g_steal_pointer (&self) : NULL;
}

/**
 * tl_bench_model_new_lstm:
 * @error: return location for an error
 *
 * Returns: (transfer full): the model, or %NULL
 */
TlBenchModel *
tl_bench_model_new_lstm (GError **error)
{
  g_autoptr (TlBenchModel) self = model_new (forward_lstm);
  const gint64             w = LSTM_WIDTH;

  if (!add_parameter (self, LSTM_VOCABULARY, w, 0, 1, error) || !add_parameter (self, 4 * w, w, 0, 0.04, error) ||
      !add_parameter (self, 4 * w, w, 0, 0.04, error) || !add_parameter (self, 4 * w, 0, 0, 0.04, error) ||
      !add_parameter (self, 4 * w, 0, 0, 0.04, error) || !add_parameter (self, LSTM_VOCABULARY, w, 0, 0.04, error) ||
      !add_parameter (self, LSTM_VOCABULARY, 0, 0, 0.04, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * tl_bench_model_free:
 * @self: (transfer full): a model
 */
void
tl_bench_model_free (TlBenchModel *self)
{
  g_ptr_array_unref (self->parameters);
  g_free (self);
}
