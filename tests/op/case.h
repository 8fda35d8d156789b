/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What tests of rows do with a case: compute its results and gradients, and compare them.
 *
 *     case-compute.c      results and first gradients, at once
 *     case-gradients.c    first and second gradients against central differences
 *     case-plans.c        plans, fused and not, and two threads: the same bits
 */

#include "tests/op/sample.h"

#define MAX_OUT (TL_OP_MAX_OUT + CASE_MAX_IN)

gboolean  case_output_counts (const Case     *self,
                              guint           output,
                              const TlTensor *tensor);
gboolean  case_input_counts (const Case *self,
                             guint       input);
TlTensor *case_make_weights (const TlTensor *like,
                             guint           seed);
TlTensor *case_weigh (TlTensor *tensor,
                      guint     seed,
                      GError  **error);
void      case_unref_all (TlTensor **tensors,
                          guint      n);
void      case_read_operands (Case      *self,
                              TlTensor **in);
guint     case_apply (Case      *self,
                      TlTensor **in,
                      TlTensor **out);
TlTensor *case_make_loss (Case      *self,
                          TlTensor **out,
                          guint      n_out);
guint     case_wanted_inputs (Case      *self,
                              TlTensor **in,
                              TlTensor **wanted,
                              guint     *numbers);
guint     case_compute (Case      *self,
                        TlTensor **results);
void      case_assert_near (Case       *self,
                            const char *what,
                            TlTensor   *a,
                            TlTensor   *b,
                            double      tolerance);
void      case_assert_all_near (Case       *self,
                                const char *what,
                                TlTensor  **a,
                                TlTensor  **b,
                                guint       n,
                                double      tolerance);
void      case_assert_same_bits (Case       *self,
                                 const char *what,
                                 TlTensor   *a,
                                 TlTensor   *b);
void      case_check_first_order (const TlOpClass *op,
                                  const TlSample  *sample);
void      case_check_second_order (const TlOpClass *op,
                                   const TlSample  *sample);
void      case_check_evaluation (const TlOpClass *op,
                                 const TlSample  *sample,
                                 TlDType          dtype);
