/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/graph-text.h"

#include <string.h>

#include "lua/syntax/expr-private.h"
#include "lua/syntax/graph-edit.h"
#include "lua/syntax/text-edit.h"

#define MAX_BYTES (1u << 20)
#define MAX_STATEMENTS 20000
#define MAX_STATEMENT_LINES 200
#define MAX_ERRORS 1000

/* Where a name is defined: a parameter, or an output of a node. */
typedef struct {
  int   param;
  int   node;
  guint output;
  gsize start;
} Definition;

typedef struct {
  TlLuaExprParser parser;
  TlGraphText    *graph;
  GArray         *nodes;
  GArray         *params;
  GArray         *positions;
  GArray         *errors;
  GPtrArray      *symbols;
} Reader;

static void
add_error (Reader  *r,
           gboolean is_syntax,
           gsize    start,
           gsize    end,
           char    *message)
{
  TlGraphError error = { .start = start, .end = end, .is_syntax = is_syntax };

  if (r->errors->len >= MAX_ERRORS) {
    g_free (message);
    return;
  }
  error.message = g_utf8_make_valid (message, -1);
  g_free (message);
  tl_text_position (r->parser.lexer.text, r->parser.lexer.length, start, &error.line, &error.column);
  error.line++;
  error.column++;
  g_array_append_val (r->errors, error);
}

static void
clear_node (TlGraphNode *node)
{
  for (guint i = 0; i < node->n_outputs; i++)
    g_free (node->outputs[i].name);
  for (guint i = 0; i < node->n_inputs; i++)
    g_free (node->inputs[i].name);
  for (guint i = 0; i < node->n_attrs; i++) {
    g_free (node->attrs[i].name);
    g_free (node->attrs[i].text);
    tl_lua_expr_unref (node->attrs[i].value);
  }
  g_free (node->outputs);
  g_free (node->inputs);
  g_free (node->attrs);
  g_free (node->row);
}

static gboolean
is_char (Reader *r,
         char    c)
{
  return r->parser.token.type == TL_LUA_CHAR + c;
}

static char *
slice (Reader *r,
       gsize   start,
       gsize   end)
{
  return g_strndup (r->parser.lexer.text + start, end - start);
}

static void
expected (Reader     *r,
          const char *what)
{
  g_autofree char *token = tl_lua_token_describe (r->parser.lexer.text, &r->parser.token);

  tl_lua_expr_parser_fail (&r->parser, "%s expected near %s", what, token);
}

static void
read_inputs (Reader      *r,
             TlGraphNode *node)
{
  g_autoptr (GArray) inputs = g_array_new (FALSE, FALSE, sizeof (TlGraphInput));
  TlLuaExprParser   *p = &r->parser;

  node->paren_start = p->token.start;
  tl_lua_expr_parser_next (p);
  while (p->message == NULL && !(is_char (r, ')') && inputs->len == 0)) {
    TlGraphInput input = { .start = p->token.start, .end = p->token.end, .node = -1 };

    if (p->token.type != TL_LUA_NAME && p->token.type != TL_LUA_NIL)
      expected (r, "the name of an input");
    else if (inputs->len >= TL_GRAPH_MAX_INPUTS)
      tl_lua_expr_parser_fail (p, "more than %d inputs", TL_GRAPH_MAX_INPUTS);
    else {
      if (p->token.type == TL_LUA_NAME)
        input.name = slice (r, input.start, input.end);
      g_array_append_val (inputs, input);
      tl_lua_expr_parser_next (p);
      if (!is_char (r, ','))
        break;
      tl_lua_expr_parser_next (p);
    }
  }
  node->n_inputs = inputs->len;
  node->inputs = (TlGraphInput *)(gpointer)g_array_free (g_steal_pointer (&inputs), FALSE);
  node->paren_end = p->token.end;
  if (p->message == NULL && !is_char (r, ')'))
    expected (r, "',' or ')'");
  if (p->message == NULL)
    tl_lua_expr_parser_next (p);
}

static void
read_attr (Reader *r,
           GArray *attrs)
{
  TlLuaExprParser *p = &r->parser;
  TlGraphAttr      attr = { .name_start = p->token.start };

  if (p->token.type != TL_LUA_NAME)
    return expected (r, "the name of an attribute");
  attr.name = slice (r, p->token.start, p->token.end);
  tl_lua_expr_parser_next (p);
  if (is_char (r, '=')) {
    tl_lua_expr_parser_next (p);
    attr.start = p->token.start;
    attr.line = p->token.line;
    attr.value = tl_lua_expr_parser_expr (p);
    attr.end = p->last.end;
  } else
    expected (r, "'='");
  if (attr.value == NULL) {
    g_free (attr.name);
    return;
  }
  attr.text = slice (r, attr.start, attr.end);
  for (guint i = 0; i < attrs->len; i++)
    if (g_str_equal (g_array_index (attrs, TlGraphAttr, i).name, attr.name))
      add_error (r, FALSE, attr.name_start, attr.name_start + strlen (attr.name),
                 g_strdup_printf ("attribute '%s' stands here twice", attr.name));
  g_array_append_val (attrs, attr);
}

static void
read_attrs (Reader      *r,
            TlGraphNode *node)
{
  GArray          *attrs = g_array_new (FALSE, FALSE, sizeof (TlGraphAttr));
  TlLuaExprParser *p = &r->parser;

  node->brace_start = p->token.start;
  tl_lua_expr_parser_next (p);
  while (p->message == NULL && !is_char (r, '}')) {
    if (attrs->len >= 1000)
      tl_lua_expr_parser_fail (p, "more than 1000 attributes");
    else
      read_attr (r, attrs);
    if (p->message == NULL && (is_char (r, ',') || is_char (r, ';')))
      tl_lua_expr_parser_next (p);
    else if (p->message == NULL && !is_char (r, '}'))
      expected (r, "',' or '}'");
  }
  node->n_attrs = attrs->len;
  node->attrs = (TlGraphAttr *)(gpointer)g_array_free (attrs, FALSE);
  node->brace_end = p->token.end;
  if (p->message == NULL)
    tl_lua_expr_parser_next (p);
}

/* At the value: whether a row follows, with parentheses or braces. */
static gboolean
at_row (Reader *r)
{
  TlLuaLexer lexer = r->parser.lexer;
  TlLuaToken token;

  if (r->parser.token.type != TL_LUA_NAME)
    return FALSE;
  tl_lua_lexer_next (&lexer, &token);
  return token.type == TL_LUA_CHAR + '(' || token.type == TL_LUA_CHAR + '{';
}

static gboolean
read_names (Reader *r,
            GArray *names)
{
  TlLuaExprParser *p = &r->parser;
  guint            line = p->token.line;

  for (;;) {
    TlGraphName name = { .start = p->token.start, .end = p->token.end };

    if (p->token.type != TL_LUA_NAME || p->token.line != line)
      return expected (r, "'name = Row(inputs) { attributes }' or 'name = value'"), FALSE;
    if (names->len >= TL_GRAPH_MAX_INPUTS)
      return tl_lua_expr_parser_fail (p, "more than %d outputs", TL_GRAPH_MAX_INPUTS), FALSE;
    name.name = slice (r, name.start, name.end);
    g_array_append_val (names, name);
    tl_lua_expr_parser_next (p);
    if (p->message != NULL)
      return FALSE;
    if (!is_char (r, ','))
      break;
    tl_lua_expr_parser_next (p);
  }
  if (!is_char (r, '=') || p->token.line != line)
    return expected (r, "'='"), FALSE;
  tl_lua_expr_parser_next (p);
  return p->message == NULL;
}

static void
read_param (Reader            *r,
            const TlGraphName *name,
            guint              line)
{
  TlLuaExprParser *p = &r->parser;
  TlGraphParam     param = { .name_start = name->start, .start = p->token.start, .line = line };

  param.value = tl_lua_expr_parser_expr (p);
  param.end = p->last.end;
  param.end_line = p->last.end_line;
  if (param.value != NULL && p->message == NULL && p->token.type != TL_LUA_END && p->token.line == param.end_line)
    expected (r, "the end of the line");
  if (p->message != NULL) {
    g_clear_pointer (&param.value, tl_lua_expr_unref);
    return;
  }
  param.name = g_strdup (name->name);
  param.text = slice (r, param.start, param.end);
  g_array_append_val (r->params, param);
}

static void
read_node (Reader      *r,
           TlGraphNode *node)
{
  TlLuaExprParser *p = &r->parser;

  node->row_start = p->token.start;
  node->row_end = p->token.end;
  node->row = slice (r, node->row_start, node->row_end);
  tl_lua_expr_parser_next (p);
  if (p->message == NULL && is_char (r, '('))
    read_inputs (r, node);
  if (p->message == NULL && is_char (r, '{'))
    read_attrs (r, node);
  node->end = p->last.end;
  node->end_line = p->last.end_line;
  if (p->message == NULL && p->token.type != TL_LUA_END && p->token.line == node->end_line)
    expected (r, "the end of the line");
}

static void
read_statement (Reader *r)
{
  TlLuaExprParser *p = &r->parser;
  GArray          *names = g_array_new (FALSE, FALSE, sizeof (TlGraphName));
  TlGraphNode      node = { .start = p->token.start, .line = p->token.line };

  p->max_line = p->token.line + MAX_STATEMENT_LINES;
  if (!read_names (r, names))
    ;
  else if (at_row (r)) {
    node.n_outputs = names->len;
    node.outputs = (TlGraphName *)(gpointer)g_array_free (g_steal_pointer (&names), FALSE);
    node.name = node.outputs[0].name;
    read_node (r, &node);
    if (p->message == NULL)
      g_array_append_val (r->nodes, node);
    else
      clear_node (&node);
  } else if (names->len == 1)
    read_param (r, &g_array_index (names, TlGraphName, 0), node.line);
  else
    expected (r, "a row");
  for (guint i = 0; names != NULL && i < names->len; i++)
    g_free (g_array_index (names, TlGraphName, i).name);
  g_clear_pointer (&names, g_array_unref);
}

/* Reads what stands behind `--@`. */
static void
read_position (Reader           *r,
               const TlLuaToken *comment)
{
  const char      *text = r->parser.lexer.text;
  TlGraphPosition  position = { .line = comment->line };
  gsize            at = comment->start + 3;
  g_autofree char *rest = NULL;
  char            *p;

  while (at < comment->end && (text[at] == ' ' || text[at] == '\t'))
    at++;
  position.start = position.end = at;
  while (position.end < comment->end && (g_ascii_isalnum (text[position.end]) || text[position.end] == '_'))
    position.end++;
  rest = slice (r, position.end, MIN (comment->end, position.end + 200));
  position.x = g_ascii_strtod (rest, &p);
  if (p > rest && *p == ',') {
    char *second = p + 1;

    position.y = g_ascii_strtod (second, &p);
    if (p > second && *g_strstrip (p) == 0 && ABS (position.x) <= 1e6 && ABS (position.y) <= 1e6)
      position.name = slice (r, position.start, position.end);
  }
  if (tl_name_is_valid (position.name)) {
    g_array_append_val (r->positions, position);
    return;
  }
  g_free (position.name);
  add_error (r, TRUE, comment->start, comment->end, g_strdup ("'--@ name x,y' expected"));
}

/* Reads `--@ name x,y` lines: comments to Lua, each on a line of its own. */
static void
read_positions (Reader *r)
{
  const char *text = r->parser.lexer.text;
  TlLuaLexer  lexer;
  TlLuaToken  token;
  guint       last_line = 0;

  tl_lua_lexer_init (&lexer, text, r->parser.lexer.length);
  lexer.keep_comments = TRUE;
  while (tl_lua_lexer_next (&lexer, &token) != TL_LUA_END && r->positions->len < MAX_STATEMENTS) {
    if (token.type == TL_LUA_COMMENT && token.line != last_line && token.end - token.start >= 3 &&
        text[token.start + 2] == '@')
      read_position (r, &token);
    last_line = token.end_line;
  }
}

static void
define (Reader     *r,
        const char *name,
        Definition  definition)
{
  if (g_hash_table_contains (r->graph->names, name)) {
    add_error (r, FALSE, definition.start, definition.start + strlen (name),
               g_strdup_printf ("'%s' is defined twice", name));
    return;
  }
  g_hash_table_insert (r->graph->names, (char *)name, g_memdup2 (&definition, sizeof definition));
}

typedef struct {
  Reader     *reader;
  GHashTable *symbols;
} NameCheck;

static void
check_name (const TlLuaExpr *expr,
            gpointer         user_data)
{
  NameCheck  *check = user_data;
  Definition *definition = g_hash_table_lookup (check->reader->graph->names, expr->string);

  if (definition == NULL) {
    if (g_hash_table_add (check->symbols, expr->string))
      g_ptr_array_add (check->reader->symbols, g_strdup (expr->string));
  } else if (definition->start >= expr->start)
    add_error (check->reader, FALSE, expr->start, expr->end,
               g_strdup_printf ("'%s' is used before it is defined", expr->string));
}

static void
resolve_node (Reader      *r,
              TlGraphNode *node,
              NameCheck   *check)
{
  for (guint i = 0; i < node->n_inputs; i++) {
    TlGraphInput *input = &node->inputs[i];
    Definition   *definition = input->name ? g_hash_table_lookup (r->graph->names, input->name) : NULL;

    if (definition == NULL)
      continue;
    if (definition->node < 0) {
      add_error (r, FALSE, input->start, input->end,
                 g_strdup_printf ("'%s' is a parameter, not an output", input->name));
      continue;
    }
    input->node = definition->node;
    input->output = definition->output;
    if (definition->start >= node->start)
      add_error (r, FALSE, input->start, input->end,
                 g_strdup_printf ("'%s' is used before it is defined", input->name));
  }
  for (guint i = 0; i < node->n_attrs; i++)
    tl_lua_expr_foreach_name (node->attrs[i].value, check_name, check);
}

static void
resolve (Reader *r)
{
  g_autoptr (GHashTable) symbols = g_hash_table_new (g_str_hash, g_str_equal);
  NameCheck              check = { r, symbols };

  for (guint i = 0; i < r->params->len; i++) {
    TlGraphParam *param = &g_array_index (r->params, TlGraphParam, i);

    define (r, param->name, (Definition){ (int)i, -1, 0, param->name_start });
  }
  for (guint i = 0; i < r->nodes->len; i++) {
    TlGraphNode *node = &g_array_index (r->nodes, TlGraphNode, i);

    for (guint k = 0; k < node->n_outputs; k++)
      define (r, node->outputs[k].name, (Definition){ -1, (int)i, k, node->outputs[k].start });
  }
  for (guint i = 0; i < r->params->len; i++)
    tl_lua_expr_foreach_name (g_array_index (r->params, TlGraphParam, i).value, check_name, &check);
  for (guint i = 0; i < r->nodes->len; i++)
    resolve_node (r, &g_array_index (r->nodes, TlGraphNode, i), &check);
  for (guint i = 0; i < r->positions->len; i++) {
    TlGraphPosition *position = &g_array_index (r->positions, TlGraphPosition, i);
    Definition      *definition = g_hash_table_lookup (r->graph->names, position->name);
    TlGraphNode     *node;

    if (definition == NULL || definition->node < 0)
      continue;
    node = &g_array_index (r->nodes, TlGraphNode, definition->node);
    if (node->has_position)
      continue;
    node->has_position = TRUE;
    node->x = position->x;
    node->y = position->y;
  }
}

static const TlLuaExpr *
lookup_value (const char *name,
              gpointer    user_data)
{
  return g_hash_table_lookup (user_data, name);
}

static void
eval_params (Reader *r)
{
  for (guint i = 0; i < r->params->len; i++) {
    TlGraphParam *param = &g_array_index (r->params, TlGraphParam, i);
    GError       *error = NULL;
    TlLuaExpr    *value = tl_lua_expr_eval (param->value, lookup_value, r->graph->values, &error);

    if (value != NULL)
      g_hash_table_insert (r->graph->values, param->name, value);
    else {
      add_error (r, FALSE, param->start, param->end, g_strdup (error->message));
      g_error_free (error);
    }
  }
}

static int
compare_errors (gconstpointer a,
                gconstpointer b)
{
  const TlGraphError *x = a, *y = b;

  return x->start < y->start ? -1 : x->start > y->start;
}

static void
read_statements (Reader *r)
{
  TlLuaExprParser *p = &r->parser;
  const char      *text = p->lexer.text;
  gsize            length = p->lexer.length;

  tl_lua_expr_parser_next (p);
  while (p->token.type != TL_LUA_END && r->errors->len < MAX_ERRORS) {
    gsize start = p->token.start;
    guint line = p->token.line;

    if (r->nodes->len + r->params->len >= MAX_STATEMENTS)
      tl_lua_expr_parser_fail (p, "more than %d statements", MAX_STATEMENTS);
    if (p->message == NULL)
      read_statement (r);
    p->max_line = 0;
    p->depth = 0;
    if (p->message == NULL) {
      /* The token behind may have been hidden by max_line: read it again. */
      p->lexer.offset = p->token.start;
      p->lexer.line = p->token.line;
    } else {
      const char *newline = memchr (text + start, '\n', length - start);
      gboolean    later = p->token.line > line && p->last.end > start;

      add_error (r, TRUE, later ? p->last.start : p->token.start, later ? p->last.end : p->token.end,
                 g_steal_pointer (&p->message));
      if (r->nodes->len + r->params->len >= MAX_STATEMENTS)
        return;
      p->lexer.offset = newline ? newline + 1 - text : length;
      p->lexer.line = line + 1;
      p->last = (TlLuaToken){ 0 };
    }
    tl_lua_expr_parser_next (p);
  }
  g_clear_pointer (&p->message, g_free);
}

TlGraphText *
tl_graph_text_parse (const char *text,
                     gssize      length)
{
  Reader       reader = { 0 };
  TlGraphText *self = g_new0 (TlGraphText, 1);

  g_return_val_if_fail (text != NULL, NULL);

  self->ref_count = 1;
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)tl_lua_expr_unref);
  reader.graph = self;
  reader.nodes = g_array_new (FALSE, FALSE, sizeof (TlGraphNode));
  reader.params = g_array_new (FALSE, FALSE, sizeof (TlGraphParam));
  reader.positions = g_array_new (FALSE, FALSE, sizeof (TlGraphPosition));
  reader.errors = g_array_new (FALSE, FALSE, sizeof (TlGraphError));
  reader.symbols = g_ptr_array_new ();
  tl_lua_lexer_init (&reader.parser.lexer, text, length < 0 ? strlen (text) : (gsize)length);
  if (reader.parser.lexer.length > MAX_BYTES)
    add_error (&reader, TRUE, 0, 0, g_strdup ("the text is larger than 1 MiB"));
  else {
    read_statements (&reader);
    read_positions (&reader);
    resolve (&reader);
    eval_params (&reader);
  }
  g_array_sort (reader.errors, compare_errors);
  self->n_nodes = reader.nodes->len;
  self->nodes = (TlGraphNode *)(gpointer)g_array_free (reader.nodes, FALSE);
  self->n_params = reader.params->len;
  self->params = (TlGraphParam *)(gpointer)g_array_free (reader.params, FALSE);
  self->n_positions = reader.positions->len;
  self->positions = (TlGraphPosition *)(gpointer)g_array_free (reader.positions, FALSE);
  self->n_errors = reader.errors->len;
  self->errors = (TlGraphError *)(gpointer)g_array_free (reader.errors, FALSE);
  self->n_symbols = reader.symbols->len;
  g_ptr_array_add (reader.symbols, NULL);
  self->symbols = (char **)g_ptr_array_free (reader.symbols, FALSE);
  return self;
}

TlGraphText *
tl_graph_text_ref (TlGraphText *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
tl_graph_text_unref (TlGraphText *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->values);
  for (guint i = 0; i < self->n_nodes; i++)
    clear_node (&self->nodes[i]);
  for (guint i = 0; i < self->n_params; i++) {
    g_free (self->params[i].name);
    g_free (self->params[i].text);
    tl_lua_expr_unref (self->params[i].value);
  }
  for (guint i = 0; i < self->n_positions; i++)
    g_free (self->positions[i].name);
  for (guint i = 0; i < self->n_errors; i++)
    g_free (self->errors[i].message);
  for (guint i = 0; i < self->n_symbols; i++)
    g_free (self->symbols[i]);
  g_free (self->nodes);
  g_free (self->params);
  g_free (self->positions);
  g_free (self->errors);
  g_free (self->symbols);
  g_free (self);
}

const TlGraphNode *
tl_graph_text_find_node (const TlGraphText *self,
                         const char        *name,
                         guint             *output)
{
  const Definition *definition = g_hash_table_lookup (self->names, name);

  if (definition == NULL || definition->node < 0)
    return NULL;
  if (output != NULL)
    *output = definition->output;
  return &self->nodes[definition->node];
}

const TlGraphParam *
tl_graph_text_find_param (const TlGraphText *self,
                          const char        *name)
{
  const Definition *definition = g_hash_table_lookup (self->names, name);

  return definition && definition->param >= 0 ? &self->params[definition->param] : NULL;
}

const TlGraphAttr *
tl_graph_node_find_attr (const TlGraphNode *node,
                         const char        *name)
{
  for (guint i = 0; i < node->n_attrs; i++)
    if (g_str_equal (node->attrs[i].name, name))
      return &node->attrs[i];
  return NULL;
}

typedef struct {
  const TlGraphText *graph;
  TlLuaExprLookup    lookup;
  gpointer           user_data;
  GHashTable        *values; /* of parameters, computed with @lookup */
} EvalState;

static const TlLuaExpr *
lookup_both (const char *name,
             gpointer    user_data)
{
  EvalState       *state = user_data;
  const TlLuaExpr *value = state->lookup (name, state->user_data);

  return value ? value : g_hash_table_lookup (state->values, name);
}

TlLuaExpr *
tl_graph_text_eval (const TlGraphText *self,
                    const TlLuaExpr   *expr,
                    TlLuaExprLookup    lookup,
                    gpointer           user_data,
                    GError           **error)
{
  g_autoptr (GHashTable) values = NULL;
  EvalState              state = { self, lookup, user_data, NULL };

  if (!expr->is_open)
    return tl_lua_expr_ref (expr);
  if (lookup == NULL)
    return tl_lua_expr_eval (expr, lookup_value, self->values, error);
  /* What the caller answers may change what parameters come to. */
  state.values = values = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)tl_lua_expr_unref);
  for (guint i = 0; i < self->n_params; i++) {
    TlLuaExpr *value = tl_lua_expr_eval (self->params[i].value, lookup_both, &state, NULL);

    if (value != NULL)
      g_hash_table_insert (values, self->params[i].name, value);
  }
  return tl_lua_expr_eval (expr, lookup_both, &state, error);
}

char *
tl_graph_text_unique_name (const TlGraphText *self,
                           const char        *row)
{
  g_autofree char *base = g_ascii_strdown (row, -1);
  char            *name;

  for (char *p = base; *p; p++)
    if (!g_ascii_isalnum (*p))
      *p = '_';
  if (!tl_name_is_valid (base)) {
    char *other = g_strconcat ("node_", base, NULL);

    g_free (base);
    base = other;
  }
  name = g_strdup (base);
  for (guint n = 2; g_hash_table_contains (self->names, name) ||
                    (self->n_symbols > 0 && g_strv_contains ((const char *const *)self->symbols, name));
       n++) {
    g_free (name);
    name = g_strdup_printf ("%s_%u", base, n);
  }
  return name;
}
