/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/sort.h"
#include "core/op/common.h"

static const TlPort ports[] = {
  { "sorted_sequence", "rows in rising order, `[..., n]` or `[n]`", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { "values", "what is looked for, `[..., m]`, same dtype; of any shape if there is one row", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { NULL },
};
static const TlPort out_ports[] = { { "indices", "where the values belong, i64", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = { { "right", "behind equal elements instead of before them", TL_ATTR_BOOL }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *sorted = self->in[0], *values = self->in[1];
  gboolean      fits = sorted->rank == 1 || sorted->rank == values->rank;

  if (!tl_infer_need_same_dtype (self, 0, 1, error) || !tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  for (guint i = 0; fits && sorted->rank > 1 && i + 1 < sorted->rank; i++)
    fits = sorted->shape[i] == values->shape[i];
  if (!fits) {
    g_autofree char *a = tl_shape_to_string (sorted->shape, sorted->rank);
    g_autofree char *b = tl_shape_to_string (values->shape, values->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "rows of %s and of %s do not fit", a, b);
  }
  tl_infer_out (self, 0, TL_DTYPE_I64, values->rank, values->shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlSearchArgs *args = tl_prepare_args (self, TlSearchArgs);
  const TlMeta *sorted = self->in[0], *values = self->in[1];

  args->dtype = sorted->dtype;
  args->right = self->attrs[0].i != 0;
  args->shared = sorted->rank == 1;
  args->n = sorted->shape[sorted->rank - 1];
  args->m = values->rank > 0 ? values->shape[values->rank - 1] : 1;
  args->rows = args->m > 0 ? tl_meta_get_n_elements (values) / args->m : 0;
  self->kernel = &tl_search_kernel;
  return TRUE;
}

static const TlSample samples[] = {
  { "f32:1; f32:2,3" },
  { "i64:2,1<5; i64:2,4<5", "right = true" },
  { "i64:1<5; i64:" },
  { "f32:0; f32:3" },
  { NULL },
};

const TlOpClass tl_op_searchsorted = {
  .name = "searchsorted",
  .group = "sorting",
  .doc = "Places where values belong in sorted rows.",
  .formula = "y = number of elements below the value (right: and of equal ones)",
  .source = "elementary",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .infer = infer,
  .prepare = prepare,
  .samples = samples,
  .torch = "torch.searchsorted(x0, x1, right=right)",
};
