/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What reader and writer of safetensors share: the element types of the format and its limits.
 */

#include "core/io/safetensors.h"

G_BEGIN_DECLS

#define TL_SAFETENSORS_MAX_HEADER (100 * 1000 * 1000)
#define TL_SAFETENSORS_MAX_ARRAYS 1000000
#define TL_SAFETENSORS_METADATA "__metadata__"

/*
 * The format's element types.  Those that Trellis has no type for can be listed, and not read.
 */
typedef struct {
  const char *name;
  guint       n_bits;
  int         dtype; /* TlDType, or -1 */
} TlSafetensorsType;

const TlSafetensorsType *tl_safetensors_find_type (const char *name);
const char              *tl_safetensors_name_of (TlDType dtype);

G_END_DECLS
