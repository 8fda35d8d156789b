/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How parameters get their first values: the table of initialisers (initializer-rows.h).
 *
 * Numbers are drawn with Philox from (seed, path of the variable), so a parameter's first value depends on nothing else: not on the
 * order in which layers are made, nor on threads, nor on the machine.
 *
 * Ownership: rows are constant.  Thread rule: any thread.
 */

#include "core/kernels/philox.h"
#include "core/nn/initializer-rows.h"
#include "core/tensor/variable.h"

G_BEGIN_DECLS

typedef struct _TlInitializer TlInitializer;

/**
 * TlInit:
 * @row: the initialiser
 * @zero_row: number of a row that is zeros, from 1; 0 for none
 * @a: its number: the value of constant, the bound of uniform, the deviation of normal, the negative slope of kaiming_*, the gain of xavier_*
 */
typedef struct {
  const TlInitializer *row;
  double               a;
  gint64               zero_row;
} TlInit;

typedef enum {
  TL_INIT_FILL,
  TL_INIT_UNIFORM,
  TL_INIT_NORMAL,
  TL_INIT_TRUNCATED,
  TL_INIT_MAKE, /* rows that make the tensor as a whole */
} TlInitKind;

/**
 * TlInitializer:
 * @name: as users write it
 * @doc: what it is, and what its number means
 * @source: where it comes from
 * @kind: how numbers are found
 * @default_a: the number if none is given
 * @spread: bound of a uniform draw, deviation of a normal one, or the value itself
 * @make: of %TL_INIT_MAKE: fills @values, or says why it cannot
 */
struct _TlInitializer {
  const char *name;
  const char *doc;
  const char *source;
  TlInitKind  kind;
  double      default_a;
  double (*spread) (double        a,
                    const TlMeta *meta);
  gboolean (*make) (double        a,
                    const TlMeta *meta,
                    TlPhiloxKey   key,
                    double       *values,
                    GError      **error);
};

#define TL_INITIALIZER(name, ...) extern const TlInitializer tl_initializer_##name;
TL_INITIALIZERS (TL_INITIALIZER)
#undef TL_INITIALIZER

const TlInitializer *tl_initializer_find (const char *name);
guint                tl_initializer_get_n_rows (void);
const TlInitializer *tl_initializer_get_row (guint row);

gboolean tl_init_parse (const char *text,
                        TlInit     *init,
                        GError    **error);
gboolean tl_initialize (TlVariable   *variable,
                        const TlInit *init,
                        guint64       seed,
                        GError      **error);

G_END_DECLS
