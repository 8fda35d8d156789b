/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"

G_DEFINE_QUARK (tl - error - quark, tl_error)
