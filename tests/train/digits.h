/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A small network for the digits, with everything that a checkpoint must keep: momentum, dropout counters, shuffled data.
 */

#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/data/datasets.h"
#include "core/train/trainer.h"

typedef struct {
  TlDataset    *train, *test;
  TlTransforms *transforms;
  TlModel      *model;
  TlOptimizer  *optimizer;
  TlMetric      accuracy;
} Digits;

static void
add_node (TlModel           *model,
          const char        *name,
          const char        *row,
          const char        *from,
          const char        *attr,
          const TlAttrInput *value)
{
  g_autoptr (GError) error = NULL;

  tl_model_add (model, name, row, &error);
  g_assert_no_error (error);
  if (attr != NULL)
    tl_model_set_attr (model, name, attr, value, &error);
  g_assert_no_error (error);
  if (from != NULL)
    tl_model_connect (model, from, 0, name, 0, &error);
  g_assert_no_error (error);
}

static void
digits_init (Digits  *self,
             gboolean with_dropout)
{
  TlDataset         *parts[TL_DATASET_MAX_PARTS];
  const TlAttrInput  shape[] = { TL_INPUT_DIM (tl_dim_symbol ("N")), TL_INPUT_INT (1), TL_INPUT_INT (8), TL_INPUT_INT (8) };
  const TlAttrValue  scale = TL_FLOAT (1.0 / 16);
  g_autoptr (GError) error = NULL;
  GPtrArray         *parameters;

  tl_context_set_seed (tl_context_get (), 42);
  tl_dataset_class_load (&tl_dataset_digits, NULL, parts, &error);
  g_assert_no_error (error);
  self->train = parts[0];
  self->test = parts[1];
  self->transforms = tl_transforms_new ();
  tl_transforms_add (self->transforms, &tl_transform_scale, &scale, NULL);
  self->model = tl_model_new ("digits");
  add_node (self->model, "image", "Input", NULL, "shape", &TL_INPUT_LIST (shape, 4));
  add_node (self->model, "flat", "Flatten", "image", NULL, NULL);
  add_node (self->model, "fc1", "Linear", "flat", "out", &TL_INPUT_INT (64));
  add_node (self->model, "act1", "ReLU", "fc1", NULL, NULL);
  if (with_dropout)
    add_node (self->model, "drop", "Dropout", "act1", "p", &TL_INPUT_NUMBER (0.2));
  add_node (self->model, "fc2", "Linear", with_dropout ? "drop" : "act1", "out", &TL_INPUT_INT (10));
  tl_model_build (self->model, &error);
  g_assert_no_error (error);
  tl_model_initialize (self->model, 42, &error);
  g_assert_no_error (error);
  parameters = tl_model_get_parameters (self->model);
  self->optimizer = tl_optimizer_new (tl_optimizer_find ("Adam"), (TlVariable *const *)parameters->pdata, parameters->len, NULL,
                                      &error);
  g_assert_no_error (error);
  g_ptr_array_unref (parameters);
  g_assert_true (tl_optimizer_set_attr (self->optimizer, "lr", &TL_INPUT_NUMBER (0.003), &error));
  tl_metric_init (&self->accuracy, &tl_metric_accuracy, NULL);
}

static inline void
digits_clear (Digits *self)
{
  tl_optimizer_unref (self->optimizer);
  tl_model_unref (self->model);
  tl_transforms_unref (self->transforms);
  tl_dataset_unref (self->train);
  tl_dataset_unref (self->test);
}

static inline TlTrainerOptions
digits_options (Digits *self)
{
  return (TlTrainerOptions){
    .model = self->model,
    .loss = tl_layer_find ("CrossEntropyLoss"),
    .optimizer = self->optimizer,
    .train = self->train,
    .validation = self->test,
    .transforms = self->transforms,
    .batch_size = 32,
    .metrics = &self->accuracy,
    .n_metrics = 1,
    .seed = 7,
  };
}

static inline gboolean
hash_variable_cb (TlVariable *variable,
                  gpointer    user_data)
{
  const TlTensor *value = tl_variable_get_value (variable);

  g_checksum_update (user_data, (const guchar *)tl_variable_get_path (variable), -1);
  g_checksum_update (user_data, tl_tensor_peek_data (value),
                     (gssize)(tl_tensor_get_n_elements (value) * tl_dtype_size (tl_tensor_get_dtype (value))));
  return TRUE;
}

/* Over all bits of model and optimizer. */
static inline char *
digits_hash (Digits *self)
{
  g_autoptr (GChecksum) hash = g_checksum_new (G_CHECKSUM_SHA256);

  tl_model_foreach_variable (self->model, hash_variable_cb, hash);
  tl_optimizer_foreach_variable (self->optimizer, hash_variable_cb, hash);
  return g_strdup (g_checksum_get_string (hash));
}
