/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled once for all rows of the table, which spend most of their compile time on it.  Rows include what they need all the same.
 */

#include "core/base/error.h"
#include "core/nn/layer-private.h"
#include "core/op/ops.h"
