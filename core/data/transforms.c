/* SPDX-License-Identifier: Apache-2.0 */
#include "core/data/transforms.h"

#include <stdatomic.h>
#include <string.h>

#include "core/base/error.h"
#include "core/data/common.h"
#include "core/data/dataset-private.h"

static const TlTransformClass *const rows[] = {
#define TL_TRANSFORM(name) &tl_transform_##name,
#include "core/data/transforms.def"
#undef TL_TRANSFORM
};

/* One pass over an item: a step that moves elements, or neighbouring linear steps in one. */
typedef struct {
  const TlTransformStep *step; /* NULL for a linear pass */
  TlDType                dtype;
  float                 *scale, *shift; /* owned */
  gsize                  n_channels, n_inner;
} Pass;

typedef struct {
  char      *name;
  TlItemType in, out;
  GArray    *passes; /* Pass */
} Field;

struct _TlTransforms {
  atomic_int ref_count;
  gboolean   is_fitted;
  GArray    *steps;       /* TlTransformStep */
  GPtrArray *field_names; /* of each step; "" for the first field */
  GArray    *fields;      /* Field, of the training set */
  gsize      n_item_bytes;
};

/**
 * tl_transform_class_get_n_rows:
 *
 * Returns: number of rows in the table
 */
guint
tl_transform_class_get_n_rows (void)
{
  return G_N_ELEMENTS (rows);
}

/**
 * tl_transform_class_get_row:
 * @row: number of a row
 *
 * Returns: (transfer none): the row
 */
const TlTransformClass *
tl_transform_class_get_row (guint row)
{
  g_return_val_if_fail (row < G_N_ELEMENTS (rows), NULL);

  return rows[row];
}

/**
 * tl_transform_class_find:
 * @name: name of a row
 *
 * Returns: (transfer none) (nullable): the row
 */
const TlTransformClass *
tl_transform_class_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i]->name, name) == 0)
      return rows[i];
  return NULL;
}

static void
clear_step (gpointer data)
{
  TlTransformStep *step = data;

  g_clear_pointer (&step->scale, g_free);
  g_clear_pointer (&step->shift, g_free);
}

static void
clear_pass (gpointer data)
{
  Pass *pass = data;

  g_free (pass->scale);
  g_free (pass->shift);
}

static void
clear_field (gpointer data)
{
  Field *field = data;

  g_free (field->name);
  g_array_unref (field->passes);
}

/**
 * tl_transforms_new:
 *
 * Returns: (transfer full): an empty pipeline
 */
TlTransforms *
tl_transforms_new (void)
{
  TlTransforms *self = g_new0 (TlTransforms, 1);

  atomic_init (&self->ref_count, 1);
  self->steps = g_array_new (FALSE, TRUE, sizeof (TlTransformStep));
  g_array_set_clear_func (self->steps, clear_step);
  self->field_names = g_ptr_array_new_with_free_func (g_free);
  self->fields = g_array_new (FALSE, TRUE, sizeof (Field));
  g_array_set_clear_func (self->fields, clear_field);
  return self;
}

/**
 * tl_transforms_ref:
 * @self: a pipeline
 *
 * Returns: (transfer full): @self
 */
TlTransforms *
tl_transforms_ref (TlTransforms *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

/**
 * tl_transforms_unref:
 * @self: (transfer full) (nullable): a pipeline
 */
void
tl_transforms_unref (TlTransforms *self)
{
  if (self == NULL || atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  g_array_unref (self->fields);
  g_array_unref (self->steps);
  g_ptr_array_unref (self->field_names);
  g_free (self);
}

/**
 * tl_transforms_add:
 * @self: a pipeline that was not fitted
 * @row: a row of the table
 * @attrs: (nullable): attribute values in the order of the row's specs; %NULL for the defaults
 * @field: (nullable): name of the field; %NULL for the first
 *
 * Adds a row at the end.
 */
void
tl_transforms_add (TlTransforms           *self,
                   const TlTransformClass *row,
                   const TlAttrValue      *attrs,
                   const char             *field)
{
  TlTransformStep step = { .klass = row };

  g_return_if_fail (!self->is_fitted);

  for (guint i = 0; row->attrs != NULL && row->attrs[i].name != NULL; i++)
    step.attrs[i] = attrs != NULL ? attrs[i] : row->attrs[i].def;
  g_array_append_val (self->steps, step);
  g_ptr_array_add (self->field_names, g_strdup (field != NULL ? field : ""));
}

/* Numbers of a linear step, spread over a multiple of its channels and put behind what the pass does already. */
static void
join_linear (Pass                  *pass,
             const TlTransformStep *step,
             double               **scale,
             double               **shift)
{
  gsize   n = MAX (pass->n_channels, step->n_channels);
  double *a = g_new (double, n + 1), *b = g_new (double, n + 1);

  for (gsize i = 0; i < n; i++) {
    gsize before = i / (n / pass->n_channels), now = i / (n / step->n_channels);

    a[i] = (*scale)[before] * step->scale[now];
    b[i] = (*shift)[before] * step->scale[now] + step->shift[now];
  }
  pass->n_inner = pass->n_inner * pass->n_channels / n;
  pass->n_channels = n;
  g_free (*scale);
  g_free (*shift);
  *scale = a;
  *shift = b;
}

static void
add_linear_pass (Field                        *field,
                 const TlTransformStep *const *steps,
                 guint                         n_steps)
{
  Pass               pass = { .dtype = steps[0]->in.dtype, .n_channels = 1 };
  g_autofree double *scale = g_new (double, 1);
  g_autofree double *shift = g_new0 (double, 1);

  if (tl_item_type_get_n_elements (&steps[0]->in) == 0)
    return;
  pass.n_inner = tl_item_type_get_n_elements (&steps[0]->in);
  scale[0] = 1;
  for (guint i = 0; i < n_steps; i++)
    join_linear (&pass, steps[i], &scale, &shift);
  pass.scale = g_new (float, pass.n_channels);
  pass.shift = g_new (float, pass.n_channels);
  for (gsize i = 0; i < pass.n_channels; i++) {
    pass.scale[i] = (float)scale[i];
    pass.shift[i] = (float)shift[i];
  }
  g_array_append_val (field->passes, pass);
}

static void
make_passes (TlTransforms *self,
             guint         number)
{
  Field                *field = &g_array_index (self->fields, Field, number);
  g_autoptr (GPtrArray) linear = g_ptr_array_new ();

  for (guint i = 0; i <= self->steps->len; i++) {
    const TlTransformStep *step = i < self->steps->len ? &g_array_index (self->steps, TlTransformStep, i) : NULL;

    if (step != NULL && step->field != number)
      continue;
    if (step != NULL && step->klass->apply == NULL) {
      g_ptr_array_add (linear, (gpointer)step);
      continue;
    }
    if (linear->len > 0)
      add_linear_pass (field, (const TlTransformStep *const *)linear->pdata, linear->len);
    g_ptr_array_set_size (linear, 0);
    if (step != NULL) {
      Pass pass = { .step = step };

      g_array_append_val (field->passes, pass);
    }
  }
}

static gboolean
set_up_step (TlTransforms *self,
             guint         number,
             TlDataset    *train,
             guint64       seed,
             GError      **error)
{
  TlTransformStep *step = &g_array_index (self->steps, TlTransformStep, number);
  const char      *name = self->field_names->pdata[number];
  gssize           index = *name == '\0' ? 0 : tl_dataset_find_field (train, name);
  Field           *field;

  if (index < 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s: the data set has no field %s", step->klass->name, name);
    return FALSE;
  }
  field = &g_array_index (self->fields, Field, index);
  clear_step (step);
  step->field = (guint)index;
  step->in = step->out = field->out;
  step->is_raw = TRUE;
  for (guint i = 0; i < number; i++) {
    const TlTransformStep *before = &g_array_index (self->steps, TlTransformStep, i);

    step->is_raw = step->is_raw && (before->field != step->field || before->klass->apply != NULL);
  }
  step->key = tl_philox_key (seed, TL_STREAM_TRANSFORM + number);
  if (!step->klass->setup (step, train, error))
    return FALSE;
  field->out = step->out;
  self->n_item_bytes = MAX (self->n_item_bytes, tl_item_type_get_n_bytes (&field->out));
  return TRUE;
}

/**
 * tl_transforms_fit:
 * @self: a pipeline
 * @train: the training set
 * @seed: of random rows
 * @error: return location for an error
 *
 * Takes types, and the numbers of rows that measure the data, from the training set.  Does nothing if it was done before.
 *
 * Errors: %TL_ERROR_NAME for a field that does not exist, %TL_ERROR_DTYPE, %TL_ERROR_SHAPE, %TL_ERROR_VALUE
 *
 * Returns: whether the pipeline fits
 */
gboolean
tl_transforms_fit (TlTransforms *self,
                   TlDataset    *train,
                   guint64       seed,
                   GError      **error)
{
  if (self->is_fitted)
    return TRUE;
  g_array_set_size (self->fields, 0);
  self->n_item_bytes = 0;
  for (guint i = 0; i < tl_dataset_get_n_fields (train); i++) {
    Field field = { .name = g_strdup (tl_dataset_get_field_name (train, i)) };

    field.in = field.out = *tl_dataset_get_item_type (train, i);
    field.passes = g_array_new (FALSE, TRUE, sizeof (Pass));
    g_array_set_clear_func (field.passes, clear_pass);
    self->n_item_bytes = MAX (self->n_item_bytes, tl_item_type_get_n_bytes (&field.in));
    g_array_append_val (self->fields, field);
  }
  for (guint i = 0; i < self->steps->len; i++)
    if (!set_up_step (self, i, train, seed, error))
      return FALSE;
  for (guint i = 0; i < self->fields->len; i++)
    make_passes (self, i);
  self->is_fitted = TRUE;
  return TRUE;
}

static gboolean
same_type (const TlItemType *a,
           const TlItemType *b)
{
  return a->dtype == b->dtype && a->rank == b->rank && memcmp (a->shape, b->shape, a->rank * sizeof (gint64)) == 0;
}

/**
 * tl_transforms_check:
 * @self: a fitted pipeline
 * @dataset: a data set
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_NAME if its items are not like those of the training set
 *
 * Returns: whether @dataset can go through @self
 */
gboolean
tl_transforms_check (TlTransforms *self,
                     TlDataset    *dataset,
                     GError      **error)
{
  g_return_val_if_fail (self->is_fitted, FALSE);

  for (guint i = 0; i < self->fields->len; i++) {
    const Field      *field = &g_array_index (self->fields, Field, i);
    const TlItemType *type;
    g_autofree char  *have = NULL, *want = NULL;

    if (tl_dataset_find_field (dataset, field->name) != (gssize)i) {
      g_set_error (error, TL_ERROR, TL_ERROR_NAME, "transforms: field %u of the data set is not %s, as in the training set", i,
                   field->name);
      return FALSE;
    }
    type = tl_dataset_get_item_type (dataset, i);
    if (same_type (type, &field->in))
      continue;
    have = tl_shape_to_string (type->shape, type->rank);
    want = tl_shape_to_string (field->in.shape, field->in.rank);
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "transforms: field %s has items %s %s, but the training set has %s %s",
                 field->name, tl_dtype_name (type->dtype), have, tl_dtype_name (field->in.dtype), want);
    return FALSE;
  }
  return TRUE;
}

/**
 * tl_transforms_get_out_type:
 * @self: a fitted pipeline
 * @field: number of a field
 *
 * Returns: (transfer none): what an item of the field becomes
 */
const TlItemType *
tl_transforms_get_out_type (TlTransforms *self,
                            guint         field)
{
  g_return_val_if_fail (self->is_fitted && field < self->fields->len, NULL);

  return &g_array_index (self->fields, Field, field).out;
}

/**
 * tl_transforms_get_n_scratch:
 * @self: a fitted pipeline
 *
 * Returns: bytes of scratch memory that tl_transforms_apply() needs
 */
gsize
tl_transforms_get_n_scratch (TlTransforms *self)
{
  return 2 * ((self->n_item_bytes + 63) & ~(gsize)63);
}

static void
run_pass (const Pass   *pass,
          gconstpointer in,
          gpointer      out,
          guint64       epoch,
          guint64       item)
{
  if (pass->step != NULL)
    pass->step->klass->apply (pass->step, in, out, epoch, item);
  else
    tl_data_linear (pass->dtype, in, out, pass->scale, pass->shift, pass->n_channels, pass->n_inner);
}

/**
 * tl_transforms_apply:
 * @self: a fitted pipeline
 * @field: number of a field
 * @training: whether random rows are applied
 * @in: the item
 * @out: where it goes
 * @scratch: tl_transforms_get_n_scratch() bytes of this thread, aligned to 64
 * @epoch: counter of random rows
 * @item: counter of random rows
 */
void
tl_transforms_apply (TlTransforms *self,
                     guint         field,
                     gboolean      training,
                     gconstpointer in,
                     gpointer      out,
                     gpointer      scratch,
                     guint64       epoch,
                     guint64       item)
{
  const Field *of = &g_array_index (self->fields, Field, field);
  const Pass  *last = NULL;
  guint8      *halves[] = { scratch, (guint8 *)scratch + tl_transforms_get_n_scratch (self) / 2 };
  guint        half = 0;

  for (guint i = 0; i < of->passes->len; i++) {
    const Pass *pass = &g_array_index (of->passes, Pass, i);

    if (pass->step != NULL && pass->step->klass->is_random && !training)
      continue;
    if (last != NULL) {
      run_pass (last, in, halves[half], epoch, item);
      in = halves[half];
      half = 1 - half;
    }
    last = pass;
  }
  if (last != NULL)
    run_pass (last, in, out, epoch, item);
  else
    memcpy (out, in, tl_item_type_get_n_bytes (&of->out));
}
