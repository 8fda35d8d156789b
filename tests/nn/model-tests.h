/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The tests of models stand in three files of one program.
 */

#include "tests/nn/nn-util.h"

void tl_add_model_parts_tests (void);
void tl_add_model_values_tests (void);
