/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Scaled dot-product attention without a matrix of scores, f32 and f64.
 *
 *     score[i, j] = scale query[i] key[j] + mask[i, j],  -inf where j is not seen
 *     logsumexp[i] = log sum_j exp (score[i, j])
 *     y[i] = sum_j exp (score[i, j] - logsumexp[i]) value[j];  0 where nothing is seen
 *
 *     kernel                 data[]
 *     attention_forward      query, key, value, mask?, y, logsumexp, call
 *     attention_backward     dy, query, key, value, mask?, y, logsumexp, dquery?, dkey?, dvalue?, call
 *
 * Sizes: query [..., l, d], key [..., s, d], value [..., s, e], y [..., l, e]; logsumexp [..., l] without gaps.  The leading axes are
 * those of the queries; the last of them counts heads, of which `group` in a row share one of keys and values.  Strides count
 * elements; a leading stride is per head of the operand itself.
 *
 * Scores are computed in blocks of queries by keys, which fit a cache, and never leave it: forward keeps a running maximum and
 * sum for each query and corrects what was added when the maximum rises; backward computes the blocks again from logsumexp.  The
 * gradients of keys and values are summed by blocks of keys, that of queries by blocks of queries, each in ascending order, so
 * the bits depend on the arguments alone.  `wanted` says which gradients are computed: bit 0 query, bit 1 key, bit 2 value.
 *
 * With dropout, the weight of key j for query i of head h counts 1 / (1 - p) times or not at all: as dropout of the whole matrix
 * decides at position (h l + i) s + j, from the key and the number of the call, which is read only then.  Backward decides again.
 *
 * Source: Dao et al. 2022, arXiv:2205.14135; Dao 2023, arXiv:2307.08691
 *
 * Thread rule: any thread.
 */

#include "core/kernels/philox.h"

#define TL_ATTENTION_MAX_BATCH 6

typedef struct {
  int64_t batch[TL_ATTENTION_MAX_BATCH];
  int64_t row;
  int64_t col;
} TlAttentionStrides;

typedef struct {
  TlDType            dtype;
  TlDType            mask_dtype; /* bool: true where a key is seen; or dtype: added to the scores */
  int32_t            batch_rank;
  int32_t            causal; /* query i sees keys 0 to i */
  int32_t            has_mask;
  int32_t            wanted;
  int32_t            has_dropout;
  int64_t            batch[TL_ATTENTION_MAX_BATCH];
  int64_t            l, s, d, e;
  int64_t            group;
  double             scale;
  double             dropout_p;
  TlPhiloxKey        dropout_key;
  TlAttentionStrides query, key, value, mask, y, dy, dquery, dkey, dvalue;
} TlAttentionArgs;
