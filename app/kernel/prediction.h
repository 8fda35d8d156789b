/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A prediction for people: one item as a picture, and how likely each class is.
 *
 * Ownership: free with tl_prediction_free().  Thread rule: that of the predictor.
 */

#include "core/train/predictor.h"

G_BEGIN_DECLS

/**
 * TlPrediction:
 * @width: of the picture; 0 where an item is none
 * @height: of the picture
 * @channels: 1 (grey) or 3 (red, green, blue)
 * @pixels: row by row
 * @classes: names of the classes
 * @probabilities: (array length=n_classes): one a class
 * @n_classes: their number
 * @truth: the class it is, or -1
 * @n_items: items that can be asked for
 *
 * What a model makes of an item.
 */
typedef struct {
  guint   width, height, channels;
  guint8 *pixels;
  GStrv   classes;
  double *probabilities;
  guint   n_classes;
  int     truth;
  gsize   n_items;
} TlPrediction;

TlPrediction *tl_prediction_new (TlPredictor *predictor,
                                 gsize        item,
                                 GError     **error);
void          tl_prediction_free (TlPrediction *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlPrediction, tl_prediction_free)

G_END_DECLS
