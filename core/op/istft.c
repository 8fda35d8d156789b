/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/stft-common.h"

enum { LENGTH = TL_STFT_REST };

static const TlPort ports[] = {
  { "x", "transforms `[..., frequency, window, 2]`, floating" },
  { "window", "`[win_length]`, same dtype; ones if not given", TL_PORT_OPTIONAL },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_STFT_ATTRS,
  { "length", "elements of a signal; -1 for as many as the windows tell of", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -1, .max = 1e12 },
  { NULL },
};

/* Elements that the windows cover, the first of them that is kept, and how many are. */
static void
get_span (const TlAttrValue *a,
          TlDim              n_windows,
          TlDim             *covered,
          gint64            *first,
          TlDim             *n)
{
  gint64 n_fft = a[TL_STFT_N_FFT].i;

  *covered = tl_dim_add (tl_dim_mul (tl_dim_sub (n_windows, 1), tl_stft_get_hop (a)), n_fft);
  *first = a[TL_STFT_CENTER].i ? n_fft / 2 : 0;
  *n = tl_dim_sub (*covered, a[TL_STFT_CENTER].i ? 2 * (n_fft / 2) : 0);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  gint64        n_fft = self->attrs[TL_STFT_N_FFT].i, first;
  TlDim         covered, n;
  gint64        bins = self->attrs[TL_STFT_ONESIDED].i ? n_fft / 2 + 1 : n_fft;
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_rank (self, 0, 3, TL_TENSOR_MAX_RANK, error) || !tl_stft_check (self, error))
    return FALSE;
  if (x->shape[x->rank - 1] != 2 || x->shape[x->rank - 3] != bins || x->shape[x->rank - 2] == 0) {
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "x is %s, `[..., %" G_GINT64_FORMAT ", windows, 2]` is wanted", text, bins);
  }
  get_span (self->attrs, x->shape[x->rank - 2], &covered, &first, &n);
  if (n == TL_DIM_INVALID)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%" G_GINT64_FORMAT " windows tell of no elements", x->shape[x->rank - 2]);
  for (guint i = 0; i + 3 < x->rank; i++)
    shape[i] = x->shape[i];
  shape[x->rank - 3] = self->attrs[LENGTH].i >= 0 ? self->attrs[LENGTH].i : n;
  tl_infer_out (self, 0, x->dtype, x->rank - 2u, shape);
  return TRUE;
}

/* What is kept of a sum of windows; beyond it come zeros. */
static TlTensor *
keep (TlFormula         *f,
      const TlAttrValue *a,
      TlTensor          *sum,
      TlDim              n_windows)
{
  gint64      first;
  TlDim       covered, n, wanted, kept;
  TlAttrValue pad[] = { TL_INTS2 (0, 0), TL_INT (0), TL_FLOAT (0) };

  get_span (a, n_windows, &covered, &first, &n);
  wanted = a[LENGTH].i >= 0 ? a[LENGTH].i : n;
  kept = tl_dim_min (wanted, tl_dim_sub (covered, first));
  pad[0].v[1] = tl_dim_sub (wanted, kept);
  sum = tl_formula_narrow (f, sum, -1, first, kept);
  return pad[0].v[1] == 0 ? sum : tl_formula_apply (f, &tl_op_pad, pad, 1, sum);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlAttrValue *a = self->attrs;
  const TlMeta      *x = &self->in[0]->meta;
  gint64             n_fft = a[TL_STFT_N_FFT].i, first;
  TlDim              n_windows = x->shape[x->rank - 2], covered, n;
  TlFftNorm          norm = a[TL_STFT_NORMALIZED].i ? TL_FFT_BY_ROOT : TL_FFT_BY_POINTS;
  TlAttrValue        add[] = { TL_INT (tl_stft_get_hop (a)), TL_INT (1), TL_INTS1 (0) };
  TlTensor          *window, *y, *weight;
  TlFormula          f;

  get_span (a, n_windows, &covered, &first, &n);
  add[2].v[0] = covered;
  tl_formula_init (&f, error);
  window = tl_stft_window (&f, self, x->dtype);
  y = tl_formula_keep (&f, tl_transpose (self->in[0], -3, -2, error));
  y = f.has_failed ? NULL : tl_fourier (&f, y, TL_FFT_HALF, x->rank - 2u, n_fft, n_fft, 1, norm, 2);
  y = tl_formula_apply (&f, &tl_op_overlap_add, add, 1, tl_formula_map (&f, "a * b", 2, y, window));
  weight = tl_formula_expand (&f, tl_formula_map (&f, "a * a", 1, window), 2, (const TlDim[]){ n_windows, n_fft });
  weight = tl_formula_apply (&f, &tl_op_overlap_add, add, 1, weight);
  y = keep (&f, a, y, n_windows);
  weight = keep (&f, a, weight, n_windows);
  return tl_formula_into (&f, tl_formula_map (&f, "select (abs (b) > 1e-11, a / select (abs (b) > 1e-11, b, 1), 0)", 2, y, weight), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,5,2; 4", "n_fft = 4", 0.5, 1.5 },
  { "2,5,4,2; 5", "n_fft = 8, hop_length = 2, win_length = 5, normalized = true", 0.5, 1.5 },
  { "5,3,2", "n_fft = 8, hop_length = 3, center = false" },
  { "3,4,2; 4", "n_fft = 4, hop_length = 2, length = 5", 0.5, 1.5 },
  { "5,3,2", "n_fft = 5, hop_length = 2, onesided = false" },
  { NULL },
};

const TlOpClass tl_op_istft = {
  .name = "istft",
  .group = "fourier",
  .doc = "The inverse of stft with the least squares of differences: transforms back, windows added where they overlap. Where no window has weight the result is 0.",
  .formula = "y[p] = sum over t of window[p - t hop] x_t[p - t hop] / sum over t of window[p - t hop]^2",
  .source = "Griffin & Lim 1984, doi:10.1109/TASSP.1984.1164317",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.istft(torch.view_as_complex(x0), n_fft, hop_length if hop_length > 0 else None, win_length if win_length > 0 else None, "
           "x[1] if len(x) > 1 else torch.ones(win_length if win_length > 0 else n_fft, dtype=x0.dtype), center, normalized, onesided, length if length >= 0 else None)",
};
