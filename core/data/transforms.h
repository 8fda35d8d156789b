/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Transforms: what happens to an item between the data set and the batch.
 *
 *     u8 [1, 28, 28] -> random_shift -> random_flip -> scale -> normalize -> f32 [1, 28, 28]
 *                       \__ move elements ________/    \__ one y = a x + b per channel __/
 *
 * A pipeline is a list of rows of core/data/transforms.def, each for one field.  They are C functions on memory of the host and
 * run while a batch is assembled; neighbours that are linear become one pass.  Random rows draw from (seed, place in the
 * pipeline; epoch, item), so an item looks the same in an epoch whatever the batch, the thread or the run; they rest when a
 * model is evaluated.
 *
 * tl_transforms_fit() must be called with the training set before use: rows such as standardize take their numbers from it.
 *
 * Ownership: counted references.  Thread rule: build on one thread; a fitted pipeline may be used by any.
 */

#include "core/data/dataset.h"
#include "core/kernels/philox.h"

G_BEGIN_DECLS

typedef struct _TlTransforms     TlTransforms;
typedef struct _TlTransformClass TlTransformClass;

/**
 * TlTransformStep:
 * @klass: the row
 * @attrs: attribute values in the order of the row's specs
 * @field: number of the field
 * @in: what goes in
 * @out: what comes out; setup() finds it equal to @in
 * @scale: (array length=n_channels): of a linear row: y = scale x + shift; set by setup(), freed with the pipeline
 * @shift: (array length=n_channels): see @scale
 * @n_channels: numbers in @scale and @shift
 * @n_inner: neighbours that belong to one channel
 * @is_raw: whether the elements are still those of the data set, perhaps moved
 * @key: of the random numbers of a random row
 *
 * One row in a pipeline.
 */
typedef struct {
  const TlTransformClass *klass;
  TlAttrValue             attrs[TL_OP_MAX_ATTRS];
  guint                   field;
  TlItemType              in, out;
  double                 *scale, *shift;
  gsize                   n_channels, n_inner;
  gboolean                is_raw;
  TlPhiloxKey             key;
} TlTransformStep;

/**
 * TlTransformClass:
 * @name: name of the row
 * @title: name of the node that does it: "RandomFlip"
 * @doc: one sentence
 * @formula: (nullable): what it computes
 * @source: (nullable): where it is described
 * @attrs: (nullable): attributes, ended by a nameless one
 * @is_random: draws numbers, and rests in evaluation
 * @setup: checks @in, sets @out and, if it is linear, @scale and @shift
 * @apply: %NULL for a linear row; turns one item; @epoch and @item are the counters of a random row.  @in and @out do not overlap
 */
struct _TlTransformClass {
  const char       *name;
  const char       *title;
  const char       *doc;
  const char       *formula;
  const char       *source;
  const TlAttrSpec *attrs;
  gboolean          is_random;
  gboolean (*setup) (TlTransformStep *self,
                     TlDataset       *train,
                     GError         **error);
  void (*apply) (const TlTransformStep *self,
                 gconstpointer          in,
                 gpointer               out,
                 guint64                epoch,
                 guint64                item);
};

#define TL_TRANSFORM(name) extern const TlTransformClass tl_transform_##name;
#include "core/data/transforms.def"
#undef TL_TRANSFORM

guint                   tl_transform_class_get_n_rows (void);
const TlTransformClass *tl_transform_class_get_row (guint row);
const TlTransformClass *tl_transform_class_find (const char *name);

TlTransforms *tl_transforms_new (void);
TlTransforms *tl_transforms_ref (TlTransforms *self);
void          tl_transforms_unref (TlTransforms *self);
void          tl_transforms_add (TlTransforms           *self,
                                 const TlTransformClass *row,
                                 const TlAttrValue      *attrs,
                                 const char             *field);
gboolean      tl_transforms_fit (TlTransforms *self,
                                 TlDataset    *train,
                                 guint64       seed,
                                 GError      **error);

gboolean          tl_transforms_check (TlTransforms *self,
                                       TlDataset    *dataset,
                                       GError      **error);
const TlItemType *tl_transforms_get_out_type (TlTransforms *self,
                                              guint         field);
gsize             tl_transforms_get_n_scratch (TlTransforms *self);
void              tl_transforms_apply (TlTransforms *self,
                                       guint         field,
                                       gboolean      training,
                                       gconstpointer in,
                                       gpointer      out,
                                       gpointer      scratch,
                                       guint64       epoch,
                                       guint64       item);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlTransforms, tl_transforms_unref)

G_END_DECLS
