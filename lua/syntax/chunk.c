/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/chunk-private.h"

TlLuaChunk *
tl_lua_chunk_ref (TlLuaChunk *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
tl_lua_chunk_unref (TlLuaChunk *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_array_unref (self->statements);
  g_array_unref (self->assignments);
  g_array_unref (self->defined);
  g_array_unref (self->used);
  g_array_unref (self->locals);
  g_string_chunk_free (self->strings);
  g_ptr_array_unref (self->names);
  g_free (self->error);
  g_free (self);
}

const char *
tl_lua_chunk_get_error (TlLuaChunk *self,
                        guint      *line,
                        guint      *column,
                        gsize      *start,
                        gsize      *end)
{
  if (line != NULL)
    *line = self->error_line;
  if (column != NULL)
    *column = self->error_column;
  if (start != NULL)
    *start = self->error_start;
  if (end != NULL)
    *end = self->error_end;
  return self->error;
}

const TlLuaStatement *
tl_lua_chunk_get_statements (TlLuaChunk *self,
                             gsize      *n_statements)
{
  *n_statements = self->statements->len;
  return (const TlLuaStatement *)self->statements->data;
}

const TlLuaAssignment *
tl_lua_chunk_get_assignments (TlLuaChunk *self,
                              gsize      *n_assignments)
{
  *n_assignments = self->assignments->len;
  return (const TlLuaAssignment *)self->assignments->data;
}

const TlLuaAssignment *
tl_lua_chunk_find_literal (TlLuaChunk *self,
                           const char *name)
{
  for (guint i = 0; i < self->assignments->len; i++) {
    const TlLuaAssignment *assignment = &g_array_index (self->assignments, TlLuaAssignment, i);

    if (assignment->value != NULL && g_str_equal (assignment->name, name))
      return assignment;
  }
  return NULL;
}

const TlLuaUse *
tl_lua_chunk_get_defined (TlLuaChunk *self,
                          gsize      *n_names)
{
  *n_names = self->defined->len;
  return (const TlLuaUse *)self->defined->data;
}

const TlLuaUse *
tl_lua_chunk_get_used (TlLuaChunk *self,
                       gsize      *n_names)
{
  *n_names = self->used->len;
  return (const TlLuaUse *)self->used->data;
}

GPtrArray *
tl_lua_chunk_get_locals (TlLuaChunk *self,
                         gsize       offset)
{
  GPtrArray             *result = g_ptr_array_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = self->locals->len; i > 0; i--) {
    const TlLuaLocal *local = &g_array_index (self->locals, TlLuaLocal, i - 1);

    if (local->from <= offset && offset <= local->to && g_hash_table_add (seen, GUINT_TO_POINTER (local->name)))
      g_ptr_array_add (result, g_ptr_array_index (self->names, local->name));
  }
  return result;
}
