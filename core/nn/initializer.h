/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How parameters get their first values: the table of initialisers.
 *
 * Numbers are drawn with Philox from (seed, path of the variable), so a parameter's first value depends on nothing else: not on the
 * order in which layers are made, nor on threads, nor on the machine.
 *
 * Ownership: rows are constant.  Thread rule: any thread.
 */

#include "core/tensor/variable.h"

G_BEGIN_DECLS

typedef struct _TlInitializer TlInitializer;

/**
 * TlInit:
 * @row: the initialiser
 * @a: its number: the value of constant, the bound of uniform, the deviation of normal, the negative slope of kaiming_*, the gain of xavier_*
 */
typedef struct {
  const TlInitializer *row;
  double               a;
} TlInit;

struct _TlInitializer {
  const char *name;
  const char *doc;
  const char *source;
  double      default_a;
  double (*spread) (double        a, /* bound of a uniform draw, deviation of a normal one, or the value itself */
                    const TlMeta *meta);
  enum {
    TL_INIT_FILL,
    TL_INIT_DRAW_UNIFORM,
    TL_INIT_DRAW_NORMAL,
  } kind;
};

/* The rows; each is a TlInitializer in initializer.c. */
#define TL_INITIALIZERS(ROW) \
  ROW (constant)             \
  ROW (kaiming_normal)       \
  ROW (kaiming_uniform)      \
  ROW (normal)               \
  ROW (ones)                 \
  ROW (uniform)              \
  ROW (xavier_normal)        \
  ROW (xavier_uniform)       \
  ROW (zeros)

#define TL_INITIALIZER(name) extern const TlInitializer tl_initializer_##name;
TL_INITIALIZERS (TL_INITIALIZER)
#undef TL_INITIALIZER

const TlInitializer *tl_initializer_find (const char *name);
guint                tl_initializer_get_n_rows (void);
const TlInitializer *tl_initializer_get_row (guint row);

gboolean tl_initialize (TlVariable   *variable,
                        const TlInit *init,
                        guint64       seed,
                        GError      **error);

G_END_DECLS
