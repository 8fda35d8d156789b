/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The verbs of the program `trellis`.
 *
 * Thread rule: main thread only.
 */

#include <glib.h>

G_BEGIN_DECLS

enum {
  TL_EXIT_OK = 0,
  TL_EXIT_ERROR = 1,
  TL_EXIT_USAGE = 2,
  TL_EXIT_MEMORY = 4,
  TL_EXIT_INTERRUPTED = 130,
};

/**
 * TlBatchOptions:
 * @path: the document
 * @sets: (array zero-terminated=1): values of --set
 * @output: (nullable): folder for runs
 * @resume: (nullable): folder of the run to go on with
 * @device: (nullable): where to compute
 * @n_threads: 0 for one per processor
 * @n_memory_bytes: what tensors and Lua may use, 0 for most of what there is
 * @has_seed: whether @seed was given
 * @seed: the seed
 * @profile: (nullable): file for a trace of all operations
 * @json: print events as JSON
 * @quiet: print errors only
 */
typedef struct {
  const char        *path;
  const char *const *sets;
  const char        *output;
  const char        *resume;
  const char        *device;
  guint              n_threads;
  guint64            n_memory_bytes;
  const char        *profile;
  gboolean           has_seed;
  guint64            seed;
  gboolean           json;
  gboolean           quiet;
} TlBatchOptions;

int tl_cli_batch (const TlBatchOptions *options);
int tl_cli_help (const char *name);
int tl_cli_bench (int   argc,
                  char *argv[]);

void tl_cli_set_data_folders (void);
void tl_cli_set_memory (guint64 n_bytes);

G_END_DECLS
