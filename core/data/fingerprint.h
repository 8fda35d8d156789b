/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A fast hash of 128 bits that tells data sets apart.  Not cryptographic.
 *
 * Four lanes take 32 bytes a turn; each multiplies and rotates, and the lanes are mixed at the end.
 * The result depends on the bytes alone, not on how they were cut into calls.
 *
 * Ownership: a plain value.  Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint64 lanes[4];
  guint64 n_bytes;
  guint8  rest[32];
  gsize   n_rest;
} TlFingerprint;

void  tl_fingerprint_init (TlFingerprint *self);
void  tl_fingerprint_add (TlFingerprint *self,
                          gconstpointer  data,
                          gsize          n_bytes);
char *tl_fingerprint_finish (TlFingerprint *self);

G_END_DECLS
