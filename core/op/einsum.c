/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/common.h"

/*
 * Operands are contracted from the left, two at a time: axes are ordered into those both keep, those of one operand, and those that
 * are summed, and a matrix product does the rest.
 */

#define TL_EINSUM_MAX_IN 16
#define MAX_LABELS 64
#define FIRST_ELLIPSIS 52 /* labels 0 .. 51 are letters, those behind stand for the axes of "..." from the right */

static const TlPort ports[] = { { "tensors", "operands of one floating dtype", TL_PORT_VARIADIC }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "equation", "a letter for each axis: \"ij,jk->ik\"; letters that do not stand behind the arrow are summed over", TL_ATTR_STRING, .required = TRUE },
  { NULL },
};

typedef struct {
  guint  n;
  guint8 label[TL_TENSOR_MAX_RANK];
} Term;

typedef struct {
  guint n_in;
  Term  in[TL_EINSUM_MAX_IN];
  Term  out;
  TlDim size[MAX_LABELS];
} Equation;

static gint
label_of (char c)
{
  return c >= 'a' && c <= 'z' ? c - 'a' : c >= 'A' && c <= 'Z' ? c - 'A' + 26
                                                               : -1;
}

/* Reads one term; "..." stands for @n_dots axes. */
static gboolean
parse_term (const char **text,
            guint        n_dots,
            Term        *term,
            gboolean    *has_dots)
{
  term->n = 0;
  *has_dots = FALSE;
  for (;; (*text)++) {
    const char *at = *text;

    if (*at == ' ')
      continue;
    if (at[0] == '.' && at[1] == '.' && at[2] == '.') {
      if (*has_dots || term->n + n_dots > TL_TENSOR_MAX_RANK)
        return FALSE;
      for (guint i = n_dots; i-- > 0;)
        term->label[term->n++] = (guint8)(FIRST_ELLIPSIS + i);
      *has_dots = TRUE;
      *text += 2;
      continue;
    }
    if (label_of (*at) < 0)
      return TRUE;
    if (term->n == TL_TENSOR_MAX_RANK)
      return FALSE;
    term->label[term->n++] = (guint8)label_of (*at);
  }
}

static gboolean
contains (const Term *term,
          guint       label)
{
  return memchr (term->label, (int)label, term->n) != NULL;
}

/* Without an arrow: the axes of "...", then the letters that occur once, in alphabetical order. */
static void
default_output (Equation *self,
                guint     n_dots)
{
  self->out.n = 0;
  for (guint i = n_dots; i-- > 0;)
    self->out.label[self->out.n++] = (guint8)(FIRST_ELLIPSIS + i);
  for (guint k = 0; k < FIRST_ELLIPSIS; k++) {
    /* Upper case comes first, as in ASCII. */
    guint label = (k + 26) % 52, n = 0;

    for (guint i = 0; i < self->n_in; i++)
      for (guint j = 0; j < self->in[i].n; j++)
        n += self->in[i].label[j] == label;
    if (n == 1 && self->out.n < TL_TENSOR_MAX_RANK)
      self->out.label[self->out.n++] = (guint8)label;
  }
}

static gboolean
set_sizes (Equation            *self,
           const TlMeta *const *in)
{
  for (guint i = 0; i < MAX_LABELS; i++)
    self->size[i] = TL_DIM_INVALID;
  for (guint i = 0; i < self->n_in; i++)
    for (guint j = 0; j < self->in[i].n; j++) {
      guint  label = self->in[i].label[j];
      TlDim *size = &self->size[label], other = in[i]->shape[j];

      if (*size == TL_DIM_INVALID || (*size == 1 && label >= FIRST_ELLIPSIS))
        *size = other;
      else if (other != *size && !(other == 1 && label >= FIRST_ELLIPSIS))
        return FALSE;
    }
  for (guint i = 0; i < self->out.n; i++)
    if (self->size[self->out.label[i]] == TL_DIM_INVALID || memchr (self->out.label, self->out.label[i], i) != NULL)
      return FALSE;
  return TRUE;
}

static gboolean
parse (Equation            *self,
       const char          *text,
       const TlMeta *const *in,
       guint                n_in)
{
  guint    n_dots = 0;
  gboolean has_dots;

  self->n_in = n_in;
  if (n_in == 0 || n_in > TL_EINSUM_MAX_IN)
    return FALSE;
  /* What "..." stands for shows when letters are counted. */
  for (guint pass = 0; pass < 2; pass++) {
    const char *at = text;

    for (guint i = 0; i < n_in; i++) {
      if (!parse_term (&at, pass == 0 ? 0 : n_dots, &self->in[i], &has_dots))
        return FALSE;
      if (pass == 0 && has_dots)
        n_dots = MAX (n_dots, in[i]->rank - MIN (self->in[i].n, in[i]->rank));
      if (pass == 1 && has_dots && self->in[i].n > in[i]->rank) {
        /* This operand has fewer of these axes: the leftmost are not there. */
        guint less = self->in[i].n - in[i]->rank, first = 0;

        while (first < self->in[i].n && self->in[i].label[first] < FIRST_ELLIPSIS)
          first++;
        if (less > n_dots)
          return FALSE;
        memmove (self->in[i].label + first, self->in[i].label + first + less, self->in[i].n - first - less);
        self->in[i].n -= less;
      }
      if (pass == 1 && self->in[i].n != in[i]->rank)
        return FALSE;
      if (i + 1 < n_in && *at++ != ',')
        return FALSE;
    }
    if (pass == 0)
      continue;
    if (*at == '\0')
      default_output (self, n_dots);
    else if (at[0] != '-' || at[1] != '>' || (at += 2, !parse_term (&at, n_dots, &self->out, &has_dots)) || *at != '\0')
      return FALSE;
  }
  return set_sizes (self, in);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  Equation equation;
  TlDim    shape[TL_TENSOR_MAX_RANK];

  for (guint i = 0; i < self->n_in; i++)
    if (!tl_infer_need_float (self, i, error) || !tl_infer_need_same_dtype (self, 0, i, error))
      return FALSE;
  if (!parse (&equation, self->attrs[0].s != NULL ? self->attrs[0].s : "", self->in, self->n_in)) {
    g_autoptr (GString) shapes = g_string_new (NULL);

    for (guint i = 0; i < self->n_in; i++) {
      g_autofree char *text = tl_shape_to_string (self->in[i]->shape, self->in[i]->rank);

      g_string_append_printf (shapes, "%s%s", i > 0 ? ", " : "", text);
    }
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "\"%s\" does not fit %s", self->attrs[0].s, shapes->str);
  }
  for (guint i = 0; i < equation.out.n; i++)
    shape[i] = equation.size[equation.out.label[i]];
  tl_infer_out (self, 0, self->in[0]->dtype, equation.out.n, shape);
  return TRUE;
}

/* A letter that occurs twice in an operand takes its diagonal. */
static TlTensor *
take_diagonals (TlTensor *x,
                Term     *term,
                GError  **error)
{
  g_autoptr (TlTensor) y = tl_tensor_ref (x);

  for (guint i = 0; i < term->n && y != NULL; i++) {
    guint8 *again = memchr (term->label + i + 1, term->label[i], term->n - i - 1);
    guint8  label = term->label[i];

    if (again == NULL)
      continue;
    {
      guint                j = (guint)(again - term->label);
      const TlAttrValue    values[] = { TL_INT (0), TL_INT (i), TL_INT (j) };
      g_autoptr (TlTensor) before = g_steal_pointer (&y);

      y = tl_op_apply1 (&tl_op_diagonal, &before, 1, values, error);
      memmove (term->label + j, term->label + j + 1, term->n - j - 1);
      memmove (term->label + i, term->label + i + 1, term->n - 1 - i - 1);
      term->label[term->n - 2] = label;
      term->n--;
      i = G_MAXUINT; /* from the start: axes have moved */
    }
  }
  return g_steal_pointer (&y);
}

/* Sums over the axes of @term that @keep does not want, and drops axes of "..." that are only 1 here. */
static TlTensor *
drop_axes (const Equation *self,
           TlTensor       *x,
           Term           *term,
           const gboolean *keep,
           GError        **error)
{
  gint  axes[TL_TENSOR_MAX_RANK];
  guint n = 0, m = 0;

  for (guint i = 0; i < term->n; i++) {
    guint    label = term->label[i];
    gboolean is_one = label >= FIRST_ELLIPSIS && x->meta.shape[i] == 1 && self->size[label] != 1;

    if (keep[label] && !is_one)
      term->label[m++] = (guint8)label;
    else
      axes[n++] = (gint)i;
  }
  term->n = m;
  return n > 0 ? tl_sum (x, axes, n, FALSE, error) : tl_tensor_ref (x);
}

typedef struct {
  guint  n[4]; /* labels in both and kept; only here; in both and summed */
  guint8 label[4][TL_TENSOR_MAX_RANK];
} Parts;

static void
sort_labels (const Term     *term,
             const Term     *other,
             const gboolean *keep,
             Parts          *parts)
{
  memset (parts, 0, sizeof *parts);
  for (guint i = 0; i < term->n; i++) {
    guint kind = !contains (other, term->label[i]) ? 1 : keep[term->label[i]] ? 0
                                                                              : 2;

    parts->label[kind][parts->n[kind]++] = term->label[i];
  }
}

static TlDim
product_of (const Equation *self,
            const Parts    *parts,
            guint           kind)
{
  TlDim n = 1;

  for (guint i = 0; i < parts->n[kind]; i++)
    n = tl_dim_mul (n, self->size[parts->label[kind][i]]);
  return n;
}

/* @x as [both, first, second], where the labels of a kind stand in the order of @order. */
static TlTensor *
as_matrices (const Equation *self,
             TlTensor       *x,
             const Term     *term,
             const Parts    *order,
             const Parts    *own,
             gboolean        sum_last,
             GError        **error)
{
  guint                axes[TL_TENSOR_MAX_RANK], n = 0;
  const Parts         *from[3] = { order, sum_last ? own : order, sum_last ? order : own };
  const guint          kind[3] = { 0, sum_last ? 1 : 2, sum_last ? 2 : 1 };
  TlDim                shape[3];
  g_autoptr (TlTensor) ordered = NULL;

  for (guint k = 0; k < 3; k++) {
    for (guint i = 0; i < from[k]->n[kind[k]]; i++)
      axes[n++] = (guint)((guint8 *)memchr (term->label, from[k]->label[kind[k]][i], term->n) - term->label);
    shape[k] = product_of (self, from[k], kind[k]);
  }
  ordered = tl_permute (x, axes, error);
  return ordered != NULL ? tl_reshape (ordered, 3, shape, error) : NULL;
}

/* The product of two operands, over the labels that @keep wants; @term becomes the labels of the result. */
static TlTensor *
contract (const Equation *self,
          TlTensor       *a,
          Term           *term,
          TlTensor       *b,
          const Term     *other,
          const gboolean *keep,
          GError        **error)
{
  Parts                left, right;
  TlDim                shape[3 * TL_TENSOR_MAX_RANK];
  Term                 result = { 0 };
  g_autoptr (TlTensor) am = NULL;
  g_autoptr (TlTensor) bm = NULL;
  g_autoptr (TlTensor) y = NULL;

  sort_labels (term, other, keep, &left);
  sort_labels (other, term, keep, &right);
  if (left.n[0] + left.n[1] + right.n[1] > TL_TENSOR_MAX_RANK) {
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "einsum: a product has more than %d axes", TL_TENSOR_MAX_RANK);
    return NULL;
  }
  am = as_matrices (self, a, term, &left, &left, TRUE, error);
  bm = am != NULL ? as_matrices (self, b, other, &left, &right, FALSE, error) : NULL;
  if (bm == NULL)
    return NULL;
  y = left.n[2] > 0 ? tl_matmul (am, bm, error) : tl_mul (am, bm, error);
  for (guint i = 0; i < left.n[0]; i++)
    result.label[result.n++] = left.label[0][i];
  for (guint i = 0; i < left.n[1]; i++)
    result.label[result.n++] = left.label[1][i];
  for (guint i = 0; i < right.n[1]; i++)
    result.label[result.n++] = right.label[1][i];
  for (guint i = 0; i < result.n; i++)
    shape[i] = self->size[result.label[i]];
  *term = result;
  return y != NULL ? tl_reshape (y, result.n, shape, error) : NULL;
}

static void
find_kept (const Equation *self,
           guint           next,
           gboolean       *keep)
{
  memset (keep, 0, MAX_LABELS * sizeof *keep);
  for (guint i = 0; i < self->out.n; i++)
    keep[self->out.label[i]] = TRUE;
  for (guint i = next; i < self->n_in; i++)
    for (guint j = 0; j < self->in[i].n; j++)
      keep[self->in[i].label[j]] = TRUE;
}

/* The axes in the order of the result; those of "..." that vanished as ones come back by repetition. */
static TlTensor *
arrange (const Equation *self,
         TlTensor       *x,
         const Term     *term,
         GError        **error)
{
  guint                axes[TL_TENSOR_MAX_RANK], n = 0;
  TlDim                shape[TL_TENSOR_MAX_RANK];
  g_autoptr (TlTensor) ordered = NULL;
  g_autoptr (TlTensor) open = NULL;

  for (guint i = 0; i < self->out.n; i++) {
    const guint8 *at = memchr (term->label, self->out.label[i], term->n);

    shape[i] = at != NULL ? self->size[self->out.label[i]] : 1;
    if (at != NULL)
      axes[n++] = (guint)(at - term->label);
  }
  ordered = tl_permute (x, axes, error);
  return ordered != NULL ? tl_reshape (ordered, self->out.n, shape, error) : NULL;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *metas[TL_EINSUM_MAX_IN];
  Equation             equation;
  gboolean             keep[MAX_LABELS];
  Term                 term;
  g_autoptr (TlTensor) y = NULL;

  for (guint i = 0; i < self->n_in; i++)
    metas[i] = &self->in[i]->meta;
  parse (&equation, self->attrs[0].s != NULL ? self->attrs[0].s : "", metas, self->n_in);
  for (guint i = 0; i < self->n_in; i++) {
    Term                 other = equation.in[i];
    g_autoptr (TlTensor) plain = take_diagonals (self->in[i], &other, error);
    g_autoptr (TlTensor) small = NULL;
    g_autoptr (TlTensor) before = g_steal_pointer (&y);

    if (plain == NULL)
      return FALSE;
    find_kept (&equation, i + 1, keep);
    for (guint j = 0; i > 0 && j < term.n; j++)
      keep[term.label[j]] = TRUE;
    small = drop_axes (&equation, plain, &other, keep, error);
    if (small == NULL)
      return FALSE;
    if (i == 0) {
      term = other;
      y = g_steal_pointer (&small);
      continue;
    }
    find_kept (&equation, i + 1, keep);
    {
      /* What only the product so far has, and nobody wants, is summed first. */
      gboolean             wanted[MAX_LABELS];
      g_autoptr (TlTensor) less = NULL;

      memcpy (wanted, keep, sizeof wanted);
      for (guint j = 0; j < other.n; j++)
        wanted[other.label[j]] = TRUE;
      less = drop_axes (&equation, before, &term, wanted, error);
      y = less != NULL ? contract (&equation, less, &term, small, &other, keep, error) : NULL;
    }
    if (y == NULL)
      return FALSE;
  }
  self->dx[0] = arrange (&equation, y, &term, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4; 4,2", "equation = \"ij,jk->ik\"" },
  { "2,3,4; 2,4,5", "equation = \"bij,bjk->bik\"" },
  { "3,4; 4", "equation = \"ij,j\"" },
  { "3,3", "equation = \"ii->i\"" },
  { "3,3", "equation = \"ii\"" },
  { "2,3,4", "equation = \"abc->ca\"" },
  { "3; 4", "equation = \"i,j->ji\"" },
  { "2,3; 3,4; 4,2", "equation = \"ij,jk,kl->li\"" },
  { "2,1,3,4; 5,4,2", "equation = \"...ij,...jk->...ik\"" },
  { "2,3; 2,3", "equation = \"ij,ij->\"" },
  { "2,3,4,5; 2,6,4,5", "equation = \"bqhd,bkhd->bhqk\"" },
  { "0,3; 3,2", "equation = \"ij,jk->ik\"" },
  { NULL },
};

const TlOpClass tl_op_einsum = {
  .name = "einsum",
  .group = "linear algebra",
  .doc = "Sums of products, in Einstein's notation.",
  .formula = "y[output letters] = sum over the other letters of the product of the operands",
  .source = "Einstein 1916, doi:10.1002/andp.19163540702",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Einsum", 12 },
  .torch = "torch.einsum(equation, *x)",
};
