/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What rows of core/data share.
 *
 * Ownership: as said at each function.  Thread rule: any thread.
 */

#include "core/data/datasets.h"
#include "core/data/transforms.h"
#include "core/io/array.h"

G_BEGIN_DECLS

TlTensor  *tl_data_tensor_from_array (TlArray *array);
gboolean   tl_data_load_idx_pair (const char        *images_path,
                                  const char        *labels_path,
                                  const char *const *class_names,
                                  TlDataset        **dataset,
                                  GError           **error);
TlDataset *tl_data_describe_pictures (const char        *source,
                                      gint64             height,
                                      gint64             width,
                                      TlDType            label,
                                      const char *const *class_names,
                                      GError           **error);
gboolean   tl_data_need_float (TlTransformStep *self,
                               GError         **error);
void       tl_transform_make_linear (TlTransformStep *self,
                                     gsize            n_channels);
void       tl_transform_draw (const TlTransformStep *self,
                              guint64                epoch,
                              guint64                item,
                              guint32                words[4]);
void       tl_data_linear (TlDType       dtype,
                           gconstpointer in,
                           float        *out,
                           const float  *scale,
                           const float  *shift,
                           gsize         n_channels,
                           gsize         n_inner);

G_END_DECLS
