/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Attributes from outside: one rule for Lua tables, graph cells and --set.
 *
 * Whoever reads a value turns it into a TlAttrInput; tl_attr_set() finds the attribute in a row's TlAttrSpec array, checks
 * type and range, and stores a TlAttrValue.  All tables (operations, layers, optimizers, datasets, metrics...) use it, so a
 * mistake reads the same everywhere: `Conv2d: kernel = "big": a whole number is wanted`.
 *
 * Ownership: values own nothing; strings are interned.  Thread rule: any thread.
 */

#include "core/graph/op.h"

G_BEGIN_DECLS

typedef enum {
  TL_ATTR_INPUT_NIL,
  TL_ATTR_INPUT_BOOL,
  TL_ATTR_INPUT_INT,
  TL_ATTR_INPUT_NUMBER,
  TL_ATTR_INPUT_STRING,
  TL_ATTR_INPUT_DIM,
  TL_ATTR_INPUT_LIST,
} TlAttrInputType;

/**
 * TlAttrInput:
 * @type: which of the values counts
 * @n: number of elements of a list
 * @list: (array length=n): whole numbers, numbers or sizes; not owned
 *
 * A value as a person wrote it.
 */
typedef struct _TlAttrInput TlAttrInput;
struct _TlAttrInput {
  TlAttrInputType type;
  guint           n;
  union {
    gboolean           b;
    gint64             i;
    double             d;
    const char        *s;
    TlDim              dim;
    const TlAttrInput *list;
  };
};

#define TL_INPUT_NIL ((TlAttrInput){ TL_ATTR_INPUT_NIL, 0, { .i = 0 } })
#define TL_INPUT_BOOL(value) ((TlAttrInput){ TL_ATTR_INPUT_BOOL, 0, { .b = (value) } })
#define TL_INPUT_INT(value) ((TlAttrInput){ TL_ATTR_INPUT_INT, 0, { .i = (value) } })
#define TL_INPUT_NUMBER(value) ((TlAttrInput){ TL_ATTR_INPUT_NUMBER, 0, { .d = (value) } })
#define TL_INPUT_STRING(value) ((TlAttrInput){ TL_ATTR_INPUT_STRING, 0, { .s = (value) } })
#define TL_INPUT_DIM(value) ((TlAttrInput){ TL_ATTR_INPUT_DIM, 0, { .dim = (value) } })
#define TL_INPUT_LIST(items, count) ((TlAttrInput){ TL_ATTR_INPUT_LIST, (count), { .list = (items) } })

guint    tl_attr_count (const TlAttrSpec *specs);
gint     tl_attr_find (const TlAttrSpec *specs,
                       const char       *name);
void     tl_attr_init_defaults (const TlAttrSpec *specs,
                                TlAttrValue      *values);
gboolean tl_attr_set (const char        *owner,
                      const TlAttrSpec  *specs,
                      TlAttrValue       *values,
                      const char        *name,
                      const TlAttrInput *input,
                      GError           **error);
gboolean tl_attr_set_text (const char       *owner,
                           const TlAttrSpec *specs,
                           TlAttrValue      *values,
                           const char       *name,
                           const char       *text,
                           GError          **error);
gboolean tl_attr_check_required (const char       *owner,
                                 const TlAttrSpec *specs,
                                 guint32           given,
                                 GError          **error);
gboolean tl_attr_equal (const TlAttrSpec  *spec,
                        const TlAttrValue *a,
                        const TlAttrValue *b);
char    *tl_attr_to_string (const TlAttrSpec  *spec,
                            const TlAttrValue *value);

const char *tl_attr_nearest (const char        *name,
                             const char *const *names,
                             guint              n_names);

G_END_DECLS
