/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/batch-norm-common.h"

#include "core/base/error.h"
#include "core/op/common.h"

enum { NUM_FEATURES,
       EPS,
       MOMENTUM,
       AFFINE,
       TRACK,
       BIAS };
enum { V_WEIGHT,
       V_BIAS,
       V_MEAN,
       V_VAR,
       V_TRACKED };

// clang-format off
#define CHANNEL_NORM_ATTRS(affine, track)                                                                                                         \
  { "num_features", "channels of the input; 0 takes them from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32, .names = tl_layer_from_input },                    \
  { "eps", "added to the variance", TL_ATTR_FLOAT, .def = { .d = 1e-5 }, .has_range = TRUE, .max = 1 },                                           \
  { "momentum", "share of the new value in the running statistics", TL_ATTR_FLOAT, .def = { .d = 0.1 }, .has_range = TRUE, .max = 1 },            \
  { "affine", "whether the result is scaled and shifted by parameters", TL_ATTR_BOOL, .def = { .i = (affine) } },                                 \
  { "track_running_stats", "whether there are running statistics, which count outside of training", TL_ATTR_BOOL, .def = { .i = (track) } }, \
  { "bias", "whether the parameters of affine shift too, rather than only scale", TL_ATTR_BOOL, .def = { .i = TRUE } }, { NULL }
// clang-format on

const TlAttrSpec tl_batch_norm_attrs[] = { CHANNEL_NORM_ATTRS (TRUE, TRUE) };
const TlAttrSpec tl_instance_norm_attrs[] = { CHANNEL_NORM_ATTRS (FALSE, FALSE) };

const TlPort tl_batch_norm_ports_1d[] = { { "x", "features `[n, features]` or sequences `[n, channels, length]`" }, { NULL } };
const TlPort tl_channel_norm_ports_1d[] = { { "x", "sequences `[n, channels, length]`" }, { NULL } };
const TlPort tl_channel_norm_ports_2d[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };
const TlPort tl_channel_norm_ports_3d[] = { { "x", "volumes `[n, channels, depth, height, width]`" }, { NULL } };

static const struct {
  const TlPort *ports;
  guint         min_rank;
  guint         max_rank;
  const char   *axes;
} inputs[] = {
  { tl_batch_norm_ports_1d, 2, 3, "[n, features] or [n, channels, length]" },
  { tl_channel_norm_ports_1d, 3, 3, "[n, channels, length]" },
  { tl_channel_norm_ports_2d, 4, 4, "[n, channels, height, width]" },
  { tl_channel_norm_ports_3d, 5, 5, "[n, channels, depth, height, width]" },
};

static gboolean
check_rank (TlLayerSetup *self,
            GError      **error)
{
  g_autofree char *shape = NULL;
  guint            at = 0;

  while (inputs[at].ports != self->klass->in)
    at++;
  if (self->n_in == 0 || (self->in[0]->rank >= inputs[at].min_rank && self->in[0]->rank <= inputs[at].max_rank))
    return TRUE;
  shape = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
  return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must be %s, not %s", inputs[at].axes, shape);
}

gboolean
tl_batch_norm_setup (TlLayerSetup *self,
                     GError      **error)
{
  TlInit          zeros = { &tl_initializer_zeros }, ones = { &tl_initializer_ones, 1 };
  TlLayerVariable tracked = { "num_batches_tracked", TL_VARIABLE_BUFFER, .init = zeros };
  TlDim           n;

  if (!check_rank (self, error) || !tl_layer_in_size (self, 0, 1, NUM_FEATURES, &n, error))
    return FALSE;
  if (self->attrs[AFFINE].i)
    tl_layer_declare (self, V_WEIGHT, "weight", TL_VARIABLE_PARAMETER, 1, &n, ones);
  if (self->attrs[AFFINE].i && self->attrs[BIAS].i)
    tl_layer_declare (self, V_BIAS, "bias", TL_VARIABLE_PARAMETER, 1, &n, zeros);
  if (!self->attrs[TRACK].i)
    return TRUE;
  tl_layer_declare (self, V_MEAN, "running_mean", TL_VARIABLE_BUFFER, 1, &n, zeros);
  tl_layer_declare (self, V_VAR, "running_var", TL_VARIABLE_BUFFER, 1, &n, ones);
  tl_meta_init (&tracked.meta, TL_DTYPE_I64, 0, NULL);
  tl_layer_declare_as (self, V_TRACKED, &tracked);
  return TRUE;
}

gboolean
tl_batch_norm_layer_forward (TlLayerForward *self,
                             GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_BIAS);
  g_autoptr (TlTensor) y = tl_batch_norm (self->in[0], weight, bias, tl_layer_own (self, V_MEAN), tl_layer_own (self, V_VAR),
                                          self->training, self->attrs[MOMENTUM].d, self->attrs[EPS].d, error);
  g_autoptr (TlTensor) call = NULL;

  if (y == NULL || (self->training && self->attrs[TRACK].i && !tl_next_call (tl_layer_own (self, V_TRACKED), &call, error)))
    return FALSE;
  self->out[0] = g_steal_pointer (&y);
  return TRUE;
}

/* variable = (1 - momentum) variable + momentum * the mean of @value over the examples */
static gboolean
update_average (TlVariable *variable,
                TlTensor   *value,
                double      momentum,
                GError    **error)
{
  static const gint    examples = 0;
  g_autoptr (TlTensor) mean = value != NULL ? tl_mean (value, &examples, 1, FALSE, error) : NULL;
  g_autoptr (TlTensor) before = mean != NULL ? tl_read (variable) : NULL;
  g_autoptr (TlTensor) after = before != NULL ? tl_map_numbers ("(1 - c) * a + c * b", (TlTensor *[]){ before, mean }, 2, &momentum, 1, error) : NULL;

  return after != NULL && tl_assign (variable, after, error);
}

/* PyTorch does not count the batches here. */
static gboolean
update_statistics (TlLayerForward *self,
                   GError        **error)
{
  const TlOpClass     *var_op = tl_op_find ("var");
  gint                 axes[TL_TENSOR_MAX_RANK];
  guint                n = tl_tensor_get_rank (self->in[0]) - 2;
  TlAttrInput          items[TL_TENSOR_MAX_RANK];
  TlAttrValue          values[TL_OP_MAX_ATTRS];
  g_autoptr (TlTensor) x = tl_detach (self->in[0]);
  g_autoptr (TlTensor) mean = NULL;
  g_autoptr (TlTensor) var = NULL;

  for (guint i = 0; i < n; i++) {
    axes[i] = (gint)i + 2;
    items[i] = TL_INPUT_INT (axes[i]);
  }
  tl_attr_init_defaults (var_op->attrs, values);
  if (!tl_attr_set (var_op->name, var_op->attrs, values, "dim", &TL_INPUT_LIST (items, n), error))
    return FALSE;
  mean = tl_mean (x, axes, n, FALSE, error);
  var = mean != NULL ? tl_op_apply1 (var_op, &x, 1, values, error) : NULL;
  return update_average (tl_layer_own (self, V_MEAN), mean, self->attrs[MOMENTUM].d, error) &&
         update_average (tl_layer_own (self, V_VAR), var, self->attrs[MOMENTUM].d, error);
}

/* With running statistics it is outside of training what batch normalisation is. */
gboolean
tl_instance_norm_forward (TlLayerForward *self,
                          GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_BIAS);

  if (self->attrs[TRACK].i && !self->training) {
    self->out[0] = tl_batch_norm (self->in[0], weight, bias, tl_layer_own (self, V_MEAN), tl_layer_own (self, V_VAR), FALSE,
                                  self->attrs[MOMENTUM].d, self->attrs[EPS].d, error);
    return self->out[0] != NULL;
  }
  if (self->attrs[TRACK].i && !update_statistics (self, error))
    return FALSE;
  return tl_layer_apply (self, (TlTensor *[]){ self->in[0], weight, bias }, bias != NULL ? 3 : weight != NULL ? 2
                                                                                                              : 1,
                         error);
}
