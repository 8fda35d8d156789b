/* SPDX-License-Identifier: Apache-2.0 */
#include "core/data/fingerprint.h"

#include <string.h>

#include "core/kernels/philox.h"

#define FACTOR_A G_GUINT64_CONSTANT (0x9E3779B97F4A7C15)
#define FACTOR_B G_GUINT64_CONSTANT (0xD6E8FEB86659FD93)

static inline guint64
rotate (guint64 x,
        guint   by)
{
  return (x << by) | (x >> (64 - by));
}

static void
take_blocks (TlFingerprint *self,
             const guint8  *data,
             gsize          n_blocks)
{
  guint64 a = self->lanes[0], b = self->lanes[1], c = self->lanes[2], d = self->lanes[3];

  for (; n_blocks > 0; n_blocks--, data += 32) {
    guint64 words[4];

    memcpy (words, data, sizeof words);
    a = rotate ((a ^ GUINT64_FROM_LE (words[0])) * FACTOR_A, 31) * FACTOR_B;
    b = rotate ((b ^ GUINT64_FROM_LE (words[1])) * FACTOR_A, 31) * FACTOR_B;
    c = rotate ((c ^ GUINT64_FROM_LE (words[2])) * FACTOR_A, 31) * FACTOR_B;
    d = rotate ((d ^ GUINT64_FROM_LE (words[3])) * FACTOR_A, 31) * FACTOR_B;
  }
  self->lanes[0] = a;
  self->lanes[1] = b;
  self->lanes[2] = c;
  self->lanes[3] = d;
}

void
tl_fingerprint_init (TlFingerprint *self)
{
  *self = (TlFingerprint){ .lanes = { FACTOR_A, FACTOR_B, ~FACTOR_A, ~FACTOR_B } };
}

/**
 * tl_fingerprint_add:
 * @self: a hash that was initialised
 * @data: bytes
 * @n_bytes: their number
 */
void
tl_fingerprint_add (TlFingerprint *self,
                    gconstpointer  data,
                    gsize          n_bytes)
{
  const guint8 *bytes = data;

  self->n_bytes += n_bytes;
  if (self->n_rest > 0) {
    gsize n = MIN (n_bytes, sizeof self->rest - self->n_rest);

    memcpy (self->rest + self->n_rest, bytes, n);
    self->n_rest += n;
    bytes += n;
    n_bytes -= n;
    if (self->n_rest < sizeof self->rest)
      return;
    take_blocks (self, self->rest, 1);
    self->n_rest = 0;
  }
  take_blocks (self, bytes, n_bytes / 32);
  self->n_rest = n_bytes % 32;
  if (self->n_rest > 0)
    memcpy (self->rest, bytes + n_bytes - self->n_rest, self->n_rest);
}

/**
 * tl_fingerprint_finish:
 * @self: a hash; not to be used any more
 *
 * Returns: (transfer full): 32 hexadecimal digits
 */
char *
tl_fingerprint_finish (TlFingerprint *self)
{
  guint64 low, high;

  memset (self->rest + self->n_rest, 0, sizeof self->rest - self->n_rest);
  take_blocks (self, self->rest, 1);
  low = high = tl_philox_mix (self->n_bytes);
  for (guint i = 0; i < 4; i++) {
    low = tl_philox_mix (low ^ self->lanes[i]);
    high = tl_philox_mix (high + rotate (self->lanes[i], 17 * i + 5) * FACTOR_B);
  }
  return g_strdup_printf ("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", high, low);
}
