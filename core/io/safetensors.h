/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Safetensors: named arrays and a little text, in one file.
 *
 *     n (u64)   header: n bytes of JSON          elements
 *               {"w": {"dtype": "F32",           at data_offsets, counted from here; no gaps, nothing after
 *                      "shape": [2, 3],
 *                      "data_offsets": [0, 24]},
 *                "__metadata__": {"key": "text"}}
 *
 * The reader believes nothing: the header is at most 100 MB and 1,000,000 arrays, a strict subset of JSON without a key
 * twice; ranges must follow each other without a hole up to the last byte of the file, and each must be as long as its
 * shape and dtype say.  Elements are read only when asked for.  The writer is atomic: after a crash or on a full disk the old
 * file is still there.
 *
 * Source: https://github.com/huggingface/safetensors (format description)
 *
 * Ownership: the caller owns the reader; names and texts it gives out are borrowed from it.
 * Thread rule: one thread at a time while opening; any thread afterwards.
 */

#include "core/io/array.h"

G_BEGIN_DECLS

typedef struct _TlSafetensors TlSafetensors;

/**
 * TlNamedView:
 * @name: a name, not `__metadata__`, valid UTF-8
 * @view: the elements
 */
typedef struct {
  const char *name;
  TlArrayView view;
} TlNamedView;

/* Reading */

TlSafetensors *tl_safetensors_open (const char *path,
                                    GError    **error);
TlSafetensors *tl_safetensors_open_bytes (GBytes     *bytes,
                                          const char *name,
                                          GError    **error);
void           tl_safetensors_free (TlSafetensors *self);
gsize          tl_safetensors_get_n_arrays (TlSafetensors *self);
const char    *tl_safetensors_get_name (TlSafetensors *self,
                                        gsize          index);
const char    *tl_safetensors_get_dtype_name (TlSafetensors *self,
                                              gsize          index);
gsize          tl_safetensors_get_n_bytes (TlSafetensors *self,
                                           gsize          index);
guint          tl_safetensors_get_shape (TlSafetensors *self,
                                         gsize          index,
                                         const gint64 **shape);
gssize         tl_safetensors_find (TlSafetensors *self,
                                    const char    *name);
gboolean       tl_safetensors_read (TlSafetensors *self,
                                    gsize          index,
                                    TlArray       *array,
                                    GError       **error);
gsize          tl_safetensors_get_n_metadata (TlSafetensors *self);
const char    *tl_safetensors_get_metadata_key (TlSafetensors *self,
                                                gsize          index);
const char    *tl_safetensors_get_metadata (TlSafetensors *self,
                                            const char    *key);

/* Writing */

gboolean tl_safetensors_save (const char        *path,
                              const TlNamedView *arrays,
                              gsize              n_arrays,
                              const char *const *metadata,
                              GError           **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlSafetensors, tl_safetensors_free)

G_END_DECLS
