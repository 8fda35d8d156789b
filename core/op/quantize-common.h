/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What quantize and dequantize share: a scale and a zero point, one for all or one for each channel.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/formula.h"

G_BEGIN_DECLS

enum { TL_QUANTIZE_X,
       TL_QUANTIZE_SCALE,
       TL_QUANTIZE_ZERO_POINT };

#define TL_QUANTIZE_ZERO_POINT_PORT                                                                   \
  {                                                                                                   \
    "zero_point", "whole number that stands for 0; 0 if not given", TL_PORT_OPTIONAL | TL_PORT_NODIFF \
  }

/* The first attribute of both. */
#define TL_QUANTIZE_AXIS                                                                                                                              \
  {                                                                                                                                                   \
    "axis", "channels of scale and zero_point where they have several, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 \
  }

/* Whether scale and zero point fit x. */
gboolean tl_quantize_check (TlInfer *self,
                            GError **error);
/* A number for each channel, or one for all, against the axes of x. */
TlTensor *tl_quantize_along_axis (TlFormula        *f,
                                  const TlGradient *self,
                                  guint             input,
                                  TlDType           dtype);

G_END_DECLS
