/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libraries allocate in their constructors, before main, is theirs to keep: GLib drops its first table of quarks on
 * purpose when it grows, and the leak sanitizer reports it in programs that load enough of GTK.
 */
#include <stddef.h>

#ifdef __SANITIZE_ADDRESS__
#  include <sanitizer/lsan_interface.h>

void __sanitizer_malloc_hook (const volatile void *block,
                              size_t               n_bytes);

static int main_is_near;

// The program's own constructors run after those of its libraries.
__attribute__ ((constructor)) static void
note_start (void)
{
  main_is_near = 1;
}

void
__sanitizer_malloc_hook (const volatile void *block,
                         size_t               n_bytes)
{
  if (!main_is_near && n_bytes > 0)
    __lsan_ignore_object ((const void *)block);
}
#endif
