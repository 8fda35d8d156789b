/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the tests against PyTorch share: files of goldens, comparing with them, and the cases as JSON for make-goldens.py.
 *
 *     key <tab> key <tab> key <tab> sum <tab> result <tab> ...          a line of a file
 */

#include <stdio.h>

#include "core/graph/attr.h"
#include "tests/op/sample.h"

/* "key <tab> key <tab> key" -> the rest of the line */
GHashTable *golden_load (const char *path);

/* Tells whether the operands are still those that PyTorch saw. */
double golden_sum (const Case *self);

/* @golden: "f64[2,3] 1 2 3 4 5 6"; the test fails if the tensor is another */
void golden_compare (const char *where,
                     TlTensor   *tensor,
                     const char *golden);

/* JSON, with Infinity and NaN as Python reads them. */
void golden_write_string (FILE       *file,
                          const char *text);
void golden_write_number (FILE  *file,
                          double value);
void golden_write_attrs (FILE              *file,
                         const TlAttrSpec  *specs,
                         const TlAttrValue *values);
void golden_write_operand (FILE              *file,
                           const CaseOperand *operand);
void golden_write_tensor (FILE     *file,
                          TlTensor *tensor);
