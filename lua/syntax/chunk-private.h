/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The parser of Lua chunks, split over chunk-parse.c (statements), chunk-expr.c (expressions) and chunk-scope.c (names). */

#include "lua/syntax/chunk.h"
#include "lua/syntax/lexer.h"

G_BEGIN_DECLS

/* A local variable and the bytes over which it is visible. */
typedef struct {
  guint name; /* its interned name */
  gsize from;
  gsize to; /* G_MAXSIZE while it is active */
} TlLuaLocal;

struct _TlLuaChunk {
  int           ref_count;
  GArray       *statements;  /* TlLuaStatement */
  GArray       *assignments; /* TlLuaAssignment */
  GArray       *defined;     /* TlLuaUse */
  GArray       *used;        /* TlLuaUse */
  GArray       *locals;      /* TlLuaLocal */
  GStringChunk *strings;
  GPtrArray    *names; /* interned name -> text */
  char         *error;
  guint         error_line;
  guint         error_column;
  gsize         error_start;
  gsize         error_end;
};

/* An active local: its place in chunk->locals and what it hides. */
typedef struct {
  guint    name;
  guint    record;
  int      hidden; /* the active local of the same name below, or -1 */
  gboolean is_const;
} ActiveLocal;

typedef struct {
  guint name;
  guint line;
  guint n_active; /* locals active at the goto or label */
} Label;

typedef struct _Block {
  struct _Block *outer;
  guint          n_active;
  guint          first_label;
  guint          first_goto;
  gboolean       is_loop;
  gboolean       is_function;
} Block;

typedef struct _Function {
  struct _Function *outer;
  gboolean          is_vararg;
  guint             first_label;
  guint             first_active;
} Function;

typedef struct {
  guint    top;     /* 1 + index of the innermost active local of this name, or 0 */
  gboolean defined; /* assigned by an earlier statement at top level */
  gboolean in_defined;
  gboolean in_used;
} NameState;

typedef struct {
  TlLuaChunk *chunk;
  TlLuaLexer  lexer;
  TlLuaToken  token;
  TlLuaToken  ahead;
  gboolean    has_ahead;
  gsize       last_end;
  guint       last_line;
  guint       depth;
  GHashTable *ids; /* name -> id + 1 */
  GArray     *states;
  GArray     *active;
  GArray     *labels;
  GArray     *gotos;
  Block      *block;
  Function   *function;
} Parser;

/* What an expression in prefix position turned out to be. */
typedef enum {
  SUFFIX_NAME,  /* a plain name, not yet recorded as used */
  SUFFIX_INDEX, /* a.b or a[b] */
  SUFFIX_CALL,
  SUFFIX_OTHER, /* in parentheses */
} Suffix;

/* chunk-parse.c */
void     tl_lua_next (Parser *p);
int      tl_lua_look_ahead (Parser *p);
void     tl_lua_fail (Parser     *p,
                      const char *message);
void     tl_lua_fail_near (Parser     *p,
                           const char *message);
gboolean tl_lua_accept (Parser *p,
                        int     type);
gboolean tl_lua_expect (Parser     *p,
                        int         type,
                        const char *what);
gboolean tl_lua_enter (Parser *p);
void     tl_lua_body (Parser  *p,
                      gboolean is_method,
                      guint    line);

/* chunk-expr.c */
void   tl_lua_expr (Parser *p);
guint  tl_lua_expr_list (Parser *p,
                         gsize  *starts,
                         gsize  *ends,
                         guint   n_max);
Suffix tl_lua_suffixed (Parser     *p,
                        TlLuaToken *name);

/* chunk-scope.c */
guint    tl_lua_intern (Parser           *p,
                        const TlLuaToken *token);
void     tl_lua_declare (Parser  *p,
                         guint    name,
                         gboolean is_const);
void     tl_lua_read_name (Parser           *p,
                           const TlLuaToken *token);
gboolean tl_lua_write_name (Parser           *p,
                            const TlLuaToken *token);
void     tl_lua_open_block (Parser  *p,
                            Block   *block,
                            gboolean is_loop);
void     tl_lua_close_block (Parser *p);
void     tl_lua_open_function (Parser   *p,
                               Function *function,
                               Block    *block,
                               gboolean  is_vararg);
void     tl_lua_close_function (Parser *p);
void     tl_lua_goto (Parser           *p,
                      const TlLuaToken *name);
void     tl_lua_label (Parser           *p,
                       const TlLuaToken *name,
                       gboolean          is_last);

G_END_DECLS
