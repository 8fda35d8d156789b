/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/chunk-private.h"

#include <string.h>

#define MAX_LOCALS 200     /* in one function, as in Lua */
#define MAX_RECORDS 200000 /* of anything that is kept for one chunk */

static NameState *
state_of (Parser *p,
          guint   name)
{
  return &g_array_index (p->states, NameState, name);
}

guint
tl_lua_intern (Parser           *p,
               const TlLuaToken *token)
{
  g_autofree char *name = g_strndup (p->lexer.text + token->start, token->end - token->start);
  gpointer         id = g_hash_table_lookup (p->ids, name);
  NameState        state = { 0 };
  char            *kept;

  if (id != NULL)
    return GPOINTER_TO_UINT (id) - 1;
  kept = g_string_chunk_insert (p->chunk->strings, name);
  g_ptr_array_add (p->chunk->names, kept);
  g_array_append_val (p->states, state);
  g_hash_table_insert (p->ids, kept, GUINT_TO_POINTER (p->states->len));
  return p->states->len - 1;
}

void
tl_lua_declare (Parser  *p,
                guint    name,
                gboolean is_const)
{
  TlLuaLocal  record = { name, p->last_end, G_MAXSIZE };
  ActiveLocal local = { name, G_MAXUINT, (int)state_of (p, name)->top - 1, is_const };

  if (p->active->len - p->function->first_active >= MAX_LOCALS) {
    tl_lua_fail_near (p, "too many local variables (limit is 200) in one function");
    return;
  }
  if (p->chunk->locals->len < MAX_RECORDS) {
    local.record = p->chunk->locals->len;
    g_array_append_val (p->chunk->locals, record);
  }
  g_array_append_val (p->active, local);
  state_of (p, name)->top = p->active->len;
}

static void
add_use (GArray           *list,
         Parser           *p,
         guint             name,
         const TlLuaToken *token)
{
  TlLuaUse use = { g_ptr_array_index (p->chunk->names, name), token->start, token->end, token->line };

  g_array_append_val (list, use);
}

void
tl_lua_read_name (Parser           *p,
                  const TlLuaToken *token)
{
  guint      name = tl_lua_intern (p, token);
  NameState *state = state_of (p, name);

  if (state->top != 0 || state->defined || state->in_used)
    return;
  state->in_used = TRUE;
  add_use (p->chunk->used, p, name, token);
}

/* Returns FALSE with an error when the name is a constant. */
gboolean
tl_lua_write_name (Parser           *p,
                   const TlLuaToken *token)
{
  guint      name = tl_lua_intern (p, token);
  NameState *state = state_of (p, name);

  if (state->top != 0) {
    if (g_array_index (p->active, ActiveLocal, state->top - 1).is_const) {
      g_autofree char *message = g_strdup_printf ("attempt to assign to const variable '%s'",
                                                  (char *)g_ptr_array_index (p->chunk->names, name));

      tl_lua_fail (p, message);
      return FALSE;
    }
    return TRUE;
  }
  /* Only what surely runs hides a later use: the top level itself. */
  if (p->function->outer == NULL && p->block->outer == NULL)
    state->defined = TRUE;
  if (!state->in_defined) {
    state->in_defined = TRUE;
    add_use (p->chunk->defined, p, name, token);
  }
  return TRUE;
}

static void
pop_locals (Parser *p,
            guint   n_active)
{
  while (p->active->len > n_active) {
    ActiveLocal *local = &g_array_index (p->active, ActiveLocal, p->active->len - 1);

    state_of (p, local->name)->top = local->hidden + 1;
    if (local->record != G_MAXUINT)
      g_array_index (p->chunk->locals, TlLuaLocal, local->record).to = p->last_end;
    g_array_set_size (p->active, p->active->len - 1);
  }
}

void
tl_lua_open_block (Parser  *p,
                   Block   *block,
                   gboolean is_loop)
{
  *block = (Block){ .outer = p->block,
                    .n_active = p->active->len,
                    .first_label = p->labels->len,
                    .first_goto = p->gotos->len,
                    .is_loop = is_loop };
  p->block = block;
}

static void
fail_label (Parser     *p,
            const char *format,
            guint       name,
            guint       line)
{
  g_autofree char    *label = g_strndup (g_ptr_array_index (p->chunk->names, name), 60);
  g_autoptr (GString) message = g_string_new (format);
  g_autofree char    *number = g_strdup_printf ("%u", line);

  g_string_replace (message, "%s", label, 0);
  g_string_replace (message, "%u", number, 0);
  tl_lua_fail (p, message->str);
}

void
tl_lua_close_block (Parser *p)
{
  Block *block = p->block;

  pop_locals (p, block->n_active);
  g_array_set_size (p->labels, block->first_label);
  for (guint i = block->first_goto; i < p->gotos->len; i++) {
    Label *jump = &g_array_index (p->gotos, Label, i);

    jump->n_active = MIN (jump->n_active, block->n_active);
  }
  p->block = block->outer;
}

void
tl_lua_open_function (Parser   *p,
                      Function *function,
                      Block    *block,
                      gboolean  is_vararg)
{
  *function = (Function){ p->function, is_vararg, p->labels->len, p->active->len };
  p->function = function;
  tl_lua_open_block (p, block, FALSE);
  block->is_function = TRUE;
}

void
tl_lua_close_function (Parser *p)
{
  guint first_goto = p->block->first_goto;

  tl_lua_close_block (p);
  if (p->gotos->len > first_goto) {
    Label jump = g_array_index (p->gotos, Label, first_goto);

    fail_label (p, "no visible label '%s' for goto at line %u", jump.name, jump.line);
    g_array_set_size (p->gotos, first_goto);
  }
  p->function = p->function->outer;
}

static Label *
find_label (Parser *p,
            guint   name)
{
  for (guint i = p->function->first_label; i < p->labels->len; i++)
    if (g_array_index (p->labels, Label, i).name == name)
      return &g_array_index (p->labels, Label, i);
  return NULL;
}

void
tl_lua_goto (Parser           *p,
             const TlLuaToken *name)
{
  Label jump = { tl_lua_intern (p, name), name->line, p->active->len };

  if (find_label (p, jump.name) != NULL)
    return;
  if (p->gotos->len >= MAX_LOCALS * 5)
    tl_lua_fail (p, "too many open gotos (limit is 1000)");
  else
    g_array_append_val (p->gotos, jump);
}

void
tl_lua_label (Parser           *p,
              const TlLuaToken *name,
              gboolean          is_last)
{
  Label  label = { tl_lua_intern (p, name), name->line, is_last ? p->block->n_active : p->active->len };
  Label *other = find_label (p, label.name);

  if (other != NULL) {
    fail_label (p, "label '%s' already defined on line %u", label.name, other->line);
    return;
  }
  if (p->labels->len >= MAX_LOCALS * 5) {
    tl_lua_fail (p, "too many labels (limit is 1000)");
    return;
  }
  g_array_append_val (p->labels, label);
  for (guint i = p->block->first_goto; i < p->gotos->len;) {
    Label jump = g_array_index (p->gotos, Label, i);

    if (jump.name != label.name) {
      i++;
      continue;
    }
    if (jump.n_active < label.n_active) {
      fail_label (p, "goto '%s' at line %u jumps into the scope of a local variable", jump.name, jump.line);
      return;
    }
    g_array_remove_index (p->gotos, i);
  }
}
