/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled once for all files of the desktop, which spend most of their compile time on the toolkit.  Files include what they need all the same.
 */

#include <adwaita.h>
#include <gtksourceview/gtksource.h>
