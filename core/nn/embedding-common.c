/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/embedding-common.h"

#include "core/base/error.h"
#include "core/op/common.h"

const char *const tl_embedding_none[] = { "none", NULL };
const char *const tl_embedding_normal[] = { "normal(1)", NULL };

static const TlAttrValue *
attr_of (const TlLayerClass *klass,
         const TlAttrValue  *values,
         const char         *name)
{
  return &values[tl_attr_find (klass->attrs, name)];
}

/* The row of zeros, counted from the start; -1 for none. */
static gint64
padding_row (const TlLayerClass *klass,
             const TlAttrValue  *values)
{
  gint64 row = attr_of (klass, values, "padding_idx")->i;

  if (row == TL_EMBEDDING_NO_PADDING)
    return -1;
  return row < 0 ? row + values[TL_EMBEDDING_NUM].i : row;
}

gboolean
tl_embedding_setup (TlLayerSetup *self,
                    guint         init_attr,
                    GError      **error)
{
  const TlDim shape[] = { self->attrs[TL_EMBEDDING_NUM].i, self->attrs[TL_EMBEDDING_DIM].i };
  gint64      given = attr_of (self->klass, self->attrs, "padding_idx")->i;
  TlInit      init = { &tl_initializer_normal, 1 };

  if (!tl_layer_choose_init (self, init_attr, &init, error))
    return FALSE;
  if (given != TL_EMBEDDING_NO_PADDING && (given < -shape[0] || given >= shape[0]))
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "padding_idx = %" G_GINT64_FORMAT " is none of %" G_GINT64_FORMAT " vectors", given, shape[0]);
  init.zero_row = padding_row (self->klass, self->attrs) + 1;
  tl_layer_declare (self, 0, "weight", TL_VARIABLE_PARAMETER, 2, shape, init);
  return TRUE;
}

TlTensor *
tl_embedding_find_padding (TlLayerForward *self,
                           GError        **error)
{
  gint64               row = padding_row (self->klass, self->attrs);
  g_autoptr (TlTensor) number = tl_tensor_new_number ((double)row, TRUE);

  return row >= 0 ? tl_op_apply1 (&tl_op_eq, (TlTensor *[]){ self->in[0], number }, 2, NULL, error) : NULL;
}

/* The vectors with lengths up to max_norm. */
static TlTensor *
shorten (TlLayerForward *self,
         TlTensor       *vectors,
         GError        **error)
{
  const TlAttrValue    values[] = { TL_INTS1 (-1), TL_INT (TRUE), TL_FLOAT (attr_of (self->klass, self->attrs, "norm_type")->d) };
  const double         most = attr_of (self->klass, self->attrs, "max_norm")->d;
  g_autoptr (TlTensor) length = tl_op_apply1 (&tl_op_norm, &vectors, 1, values, error);

  if (length == NULL)
    return NULL;
  return tl_map_numbers ("a * select (b > c, c / (b + 1e-7), 1)", (TlTensor *[]){ vectors, length }, 2, &most, 1, error);
}

/* Writes shortened vectors back into the table; the same vector is always the same. */
static gboolean
keep (TlLayerForward *self,
      TlTensor       *table,
      TlTensor       *vectors,
      GError        **error)
{
  TlDim                n = tl_meta_get_n_elements (tl_tensor_get_meta (self->in[0]));
  const TlDim          rows[] = { n, self->attrs[TL_EMBEDDING_DIM].i };
  const TlAttrValue    add[] = { TL_INT (FALSE) };
  g_autoptr (TlTensor) index = tl_reshape (self->in[0], 1, &n, error);
  g_autoptr (TlTensor) flat = index != NULL ? tl_reshape (vectors, 2, rows, error) : NULL;
  g_autoptr (TlTensor) changed = flat != NULL ? tl_op_apply1 (&tl_op_index_put, (TlTensor *[]){ table, flat, index }, 3, add, error) : NULL;

  return changed != NULL && tl_assign (tl_layer_own (self, 0), changed, error);
}

/* As if the table had had shorter vectors before: gradients are those of what is used. */
static TlTensor *
limit (TlLayerForward *self,
       TlTensor       *table,
       TlTensor       *vectors,
       GError        **error)
{
  TlContext           *context = tl_context_get ();
  gboolean             before = tl_context_set_grad_enabled (context, FALSE);
  g_autoptr (TlTensor) fixed = tl_detach (vectors);
  g_autoptr (TlTensor) shorter = fixed != NULL ? shorten (self, fixed, error) : NULL;
  g_autoptr (TlTensor) change = shorter != NULL ? tl_sub (shorter, fixed, error) : NULL;
  gboolean             ok = change != NULL && (!self->training || keep (self, table, shorter, error));

  tl_context_set_grad_enabled (context, before);
  return ok ? tl_add (vectors, change, error) : NULL;
}

/* The same vectors, whose gradients are divided by how often each is used. */
static TlTensor *
share_gradients (TlLayerForward *self,
                 TlTensor       *vectors,
                 GError        **error)
{
  TlDim                n = tl_meta_get_n_elements (tl_tensor_get_meta (self->in[0]));
  g_autoptr (TlTensor) index = tl_reshape (self->in[0], 1, &n, error);
  g_autoptr (TlTensor) ones = index != NULL ? tl_ones (2, (const TlDim[]){ n, 1 }, tl_tensor_get_dtype (vectors), error) : NULL;
  g_autoptr (TlTensor) counts = ones != NULL ? tl_index_add (ones, index, self->attrs[TL_EMBEDDING_NUM].i, error) : NULL;
  g_autoptr (TlTensor) own = counts != NULL ? tl_embedding (self->in[0], counts, error) : NULL;
  g_autoptr (TlTensor) fixed = own != NULL ? tl_detach (vectors) : NULL;

  return fixed != NULL ? tl_map_text ("b + (a - b) / c", error, 3, vectors, fixed, own) : NULL;
}

TlTensor *
tl_embedding_look_up (TlLayerForward *self,
                      GError        **error)
{
  g_autoptr (TlTensor) table = tl_layer_read (self, 0);
  g_autoptr (TlTensor) plain = tl_embedding (self->in[0], table, error);
  g_autoptr (TlTensor) vectors = NULL;
  g_autoptr (TlTensor) limited = NULL;
  g_autoptr (TlTensor) padding = NULL;
  g_autoptr (TlTensor) wide = NULL;
  g_autoptr (TlTensor) fixed = NULL;
  GError              *failure = NULL;

  if (plain != NULL)
    vectors = attr_of (self->klass, self->attrs, "scale_grad_by_freq")->i != 0 ? share_gradients (self, plain, error) : tl_tensor_ref (plain);
  if (vectors == NULL)
    return NULL;
  limited = attr_of (self->klass, self->attrs, "max_norm")->d > 0 ? limit (self, table, vectors, error) : tl_tensor_ref (vectors);
  if (limited == NULL)
    return NULL;
  padding = tl_embedding_find_padding (self, &failure);
  if (padding == NULL) {
    if (failure != NULL)
      g_propagate_error (error, failure);
    return failure == NULL ? g_steal_pointer (&limited) : NULL;
  }
  /* What stands for nothing is not trained. */
  wide = tl_unsqueeze (padding, -1, error);
  fixed = wide != NULL ? tl_detach (limited) : NULL;
  return tl_map_text ("select (c, b, a)", error, 3, limited, fixed, wide);
}
