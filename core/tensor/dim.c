/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tensor/dim.h"

#include <pthread.h>
#include <string.h>

/*
 * An expression is a polynomial: sum of factor * product of atoms.  Terms are sorted and unique, atoms in a term are sorted.
 * An atom is a symbol or floor(expression / divisor).
 */

#define MAX_FACTORS 4
#define MAX_TERMS 8

typedef struct {
  gint64 factor;
  guint  n_atoms;
  guint  atoms[MAX_FACTORS];
} Term;

typedef struct {
  guint n_terms;
  Term  terms[MAX_TERMS];
} Poly;

typedef struct {
  char  *name; /* a symbol */
  TlDim  of;   /* or floor (of / divisor) */
  gint64 divisor;
} Atom;

static struct {
  pthread_mutex_t lock;
  GPtrArray      *polys; /* TlDim -1 - i is polys[i] */
  GHashTable     *ids;   /* Poly -> i + 1 */
  GPtrArray      *atoms;
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

static guint
poly_hash (gconstpointer key)
{
  const guint8 *bytes = key;
  guint         hash = 5381;

  for (gsize i = 0; i < sizeof (Poly); i++)
    hash = hash * 33 + bytes[i];
  return hash;
}

static gboolean
poly_equal (gconstpointer a,
            gconstpointer b)
{
  return memcmp (a, b, sizeof (Poly)) == 0;
}

static int
term_compare (const Term *a,
              const Term *b)
{
  if (a->n_atoms != b->n_atoms)
    return a->n_atoms > b->n_atoms ? -1 : 1;
  for (guint i = 0; i < a->n_atoms; i++)
    if (a->atoms[i] != b->atoms[i])
      return a->atoms[i] < b->atoms[i] ? -1 : 1;
  return 0;
}

static void
ensure_table (void)
{
  if (table.polys == NULL) {
    table.polys = g_ptr_array_new ();
    table.ids = g_hash_table_new (poly_hash, poly_equal);
    table.atoms = g_ptr_array_new ();
  }
}

/* A negative number that is no expression came from outside. */
static gboolean
is_known (TlDim dim)
{
  return dim >= 0 || (table.polys != NULL && dim >= -(gint64)table.polys->len);
}

static void
poly_load (TlDim dim,
           Poly *poly)
{
  memset (poly, 0, sizeof *poly);
  if (!is_known (dim))
    return;
  if (dim < 0) {
    *poly = *(const Poly *)g_ptr_array_index (table.polys, (guint)(-1 - dim));
  } else if (dim > 0) {
    poly->n_terms = 1;
    poly->terms[0].factor = dim;
  }
}

static TlDim
poly_store (const Poly *poly)
{
  gpointer id;
  Poly    *copy;

  if (poly->n_terms == 0)
    return 0;
  if (poly->n_terms == 1 && poly->terms[0].n_atoms == 0)
    return poly->terms[0].factor >= 0 ? poly->terms[0].factor : TL_DIM_INVALID;
  id = g_hash_table_lookup (table.ids, poly);
  if (id == NULL) {
    copy = g_new (Poly, 1);
    memcpy (copy, poly, sizeof *copy);
    g_ptr_array_add (table.polys, copy);
    id = GUINT_TO_POINTER (table.polys->len);
    g_hash_table_insert (table.ids, copy, id);
  }
  return -(gint64)GPOINTER_TO_UINT (id);
}

static gboolean
poly_add_term (Poly       *poly,
               const Term *term)
{
  guint i = 0;

  while (i < poly->n_terms && term_compare (&poly->terms[i], term) < 0)
    i++;
  if (i < poly->n_terms && term_compare (&poly->terms[i], term) == 0) {
    if (__builtin_add_overflow (poly->terms[i].factor, term->factor, &poly->terms[i].factor))
      return FALSE;
    if (poly->terms[i].factor == 0) {
      poly->n_terms--;
      memmove (&poly->terms[i], &poly->terms[i + 1], (poly->n_terms - i) * sizeof (Term));
      memset (&poly->terms[poly->n_terms], 0, sizeof (Term));
    }
    return TRUE;
  }
  if (poly->n_terms == MAX_TERMS)
    return FALSE;
  memmove (&poly->terms[i + 1], &poly->terms[i], (poly->n_terms - i) * sizeof (Term));
  poly->terms[i] = *term;
  poly->n_terms++;
  return TRUE;
}

static gboolean
term_multiply (const Term *a,
               const Term *b,
               Term       *product)
{
  guint i = 0, j = 0;

  memset (product, 0, sizeof *product);
  if (a->n_atoms + b->n_atoms > MAX_FACTORS || __builtin_mul_overflow (a->factor, b->factor, &product->factor))
    return FALSE;
  while (i < a->n_atoms || j < b->n_atoms)
    if (j == b->n_atoms || (i < a->n_atoms && a->atoms[i] <= b->atoms[j]))
      product->atoms[product->n_atoms++] = a->atoms[i++];
    else
      product->atoms[product->n_atoms++] = b->atoms[j++];
  return TRUE;
}

static TlDim
atom_store (const char *name,
            TlDim       of,
            gint64      divisor)
{
  Poly  poly = { .n_terms = 1, .terms = { { .factor = 1, .n_atoms = 1 } } };
  Atom *atom;
  guint i;

  for (i = 0; i < table.atoms->len; i++) {
    atom = g_ptr_array_index (table.atoms, i);
    if (atom->of == of && atom->divisor == divisor && g_strcmp0 (atom->name, name) == 0)
      break;
  }
  if (i == table.atoms->len) {
    atom = g_new (Atom, 1);
    *atom = (Atom){ g_strdup (name), of, divisor };
    g_ptr_array_add (table.atoms, atom);
  }
  poly.terms[0].atoms[0] = i;
  return poly_store (&poly);
}

/**
 * tl_dim_symbol:
 * @name: the symbol's name, such as "N"
 *
 * Returns: the dimension of that name; the same one for the same name
 */
TlDim
tl_dim_symbol (const char *name)
{
  TlDim dim;

  g_return_val_if_fail (name != NULL, TL_DIM_INVALID);

  pthread_mutex_lock (&table.lock);
  ensure_table ();
  dim = atom_store (name, 0, 0);
  pthread_mutex_unlock (&table.lock);
  return dim;
}

/**
 * tl_dim_is_symbolic:
 * @dim: a dimension
 *
 * Returns: whether @dim is an expression over symbols
 */
gboolean
tl_dim_is_symbolic (TlDim dim)
{
  gboolean known;

  if (dim >= 0)
    return FALSE;
  pthread_mutex_lock (&table.lock);
  known = is_known (dim);
  pthread_mutex_unlock (&table.lock);
  return known;
}

/* a + sign * b */
static TlDim
combine (TlDim  a,
         TlDim  b,
         gint64 sign)
{
  Poly     x, y;
  gboolean ok = TRUE;
  TlDim    dim;

  if (a == TL_DIM_INVALID || b == TL_DIM_INVALID)
    return TL_DIM_INVALID;
  pthread_mutex_lock (&table.lock);
  poly_load (a, &x);
  poly_load (b, &y);
  for (guint i = 0; i < y.n_terms && ok; i++) {
    y.terms[i].factor *= sign;
    ok = poly_add_term (&x, &y.terms[i]);
  }
  dim = ok ? poly_store (&x) : TL_DIM_INVALID;
  pthread_mutex_unlock (&table.lock);
  return dim;
}

/**
 * tl_dim_add:
 * @a: a dimension
 * @b: another
 *
 * Returns: their sum, or %TL_DIM_INVALID
 */
TlDim
tl_dim_add (TlDim a,
            TlDim b)
{
  TlDim sum;

  if (a >= 0 && b >= 0)
    return __builtin_add_overflow (a, b, &sum) ? TL_DIM_INVALID : sum;
  return combine (a, b, 1);
}

/**
 * tl_dim_sub:
 * @a: a dimension
 * @b: another
 *
 * Returns: @a - @b, or %TL_DIM_INVALID when that is known to be negative
 */
TlDim
tl_dim_sub (TlDim a,
            TlDim b)
{
  if (a >= 0 && b >= 0)
    return a >= b ? a - b : TL_DIM_INVALID;
  return combine (a, b, -1);
}

/* Apart, because it needs room on the stack that products of numbers do without. */
static __attribute__ ((noinline)) TlDim
multiply_symbols (TlDim a,
                  TlDim b)
{
  Poly     x, y, product = { 0 };
  Term     term;
  gboolean ok = TRUE;
  TlDim    dim;

  pthread_mutex_lock (&table.lock);
  poly_load (a, &x);
  poly_load (b, &y);
  for (guint i = 0; i < x.n_terms && ok; i++)
    for (guint j = 0; j < y.n_terms && ok; j++)
      ok = term_multiply (&x.terms[i], &y.terms[j], &term) && poly_add_term (&product, &term);
  dim = ok ? poly_store (&product) : TL_DIM_INVALID;
  pthread_mutex_unlock (&table.lock);
  return dim;
}

/**
 * tl_dim_mul:
 * @a: a dimension
 * @b: another
 *
 * Returns: their product, or %TL_DIM_INVALID
 */
TlDim
tl_dim_mul (TlDim a,
            TlDim b)
{
  TlDim dim;

  if (a >= 0 && b >= 0)
    return __builtin_mul_overflow (a, b, &dim) ? TL_DIM_INVALID : dim;
  if (a == TL_DIM_INVALID || b == TL_DIM_INVALID)
    return TL_DIM_INVALID;
  if (a == 1 || b == 1)
    return a == 1 ? b : a;
  return multiply_symbols (a, b);
}

/**
 * tl_dim_floor_div:
 * @a: a dimension
 * @divisor: a positive number
 *
 * Returns: floor (@a / @divisor), or %TL_DIM_INVALID
 */
TlDim
tl_dim_floor_div (TlDim  a,
                  gint64 divisor)
{
  Poly     poly, whole = { 0 }, rest = { 0 };
  gboolean ok = TRUE;
  TlDim    dim, left;

  g_return_val_if_fail (divisor > 0, TL_DIM_INVALID);

  if (a >= 0 || a == TL_DIM_INVALID || divisor == 1)
    return a >= 0 ? a / divisor : a;
  pthread_mutex_lock (&table.lock);
  poly_load (a, &poly);
  /* floor ((d q + r) / d) = q + floor (r / d), with factors of r from 0 to d - 1. */
  for (guint i = 0; i < poly.n_terms && ok; i++) {
    Term   term = poly.terms[i];
    gint64 remainder = term.factor % divisor;

    remainder += remainder < 0 ? divisor : 0;
    term.factor = (term.factor - remainder) / divisor;
    ok = term.factor == 0 || poly_add_term (&whole, &term);
    term.factor = remainder;
    ok = ok && (remainder == 0 || poly_add_term (&rest, &term));
  }
  left = ok ? poly_store (&rest) : TL_DIM_INVALID;
  if (left < 0 && left != TL_DIM_INVALID) {
    poly_load (atom_store (NULL, left, divisor), &rest);
    ok = poly_add_term (&whole, &rest.terms[0]);
  }
  dim = ok ? poly_store (&whole) : TL_DIM_INVALID;
  pthread_mutex_unlock (&table.lock);
  return dim;
}

/* Takes @divisor's atoms out of @term; FALSE if they are not all there. */
static gboolean
term_divide (Term       *term,
             const Term *divisor)
{
  guint n = 0, j = 0;
  Term  quotient = { 0 };

  if (divisor->factor == 0 || term->factor % divisor->factor != 0)
    return FALSE;
  quotient.factor = term->factor / divisor->factor;
  for (guint i = 0; i < term->n_atoms; i++)
    if (j < divisor->n_atoms && term->atoms[i] == divisor->atoms[j])
      j++;
    else
      quotient.atoms[n++] = term->atoms[i];
  quotient.n_atoms = n;
  *term = quotient;
  return j == divisor->n_atoms;
}

/**
 * tl_dim_div_exact:
 * @a: a dimension
 * @b: a dimension of one term, such as 49 or `49*N`
 *
 * Returns: @a / @b where @b divides @a for all sizes, else %TL_DIM_INVALID
 */
TlDim
tl_dim_div_exact (TlDim a,
                  TlDim b)
{
  Poly     x, y, quotient = { 0 };
  gboolean ok;
  TlDim    dim;

  if (a >= 0 && b >= 0)
    return b != 0 && a % b == 0 ? a / b : TL_DIM_INVALID;
  if (a == TL_DIM_INVALID || b == TL_DIM_INVALID || b == 0)
    return TL_DIM_INVALID;
  if (a == b)
    return 1;
  pthread_mutex_lock (&table.lock);
  poly_load (a, &x);
  poly_load (b, &y);
  ok = y.n_terms == 1;
  for (guint i = 0; i < x.n_terms && ok; i++)
    ok = term_divide (&x.terms[i], &y.terms[0]) && poly_add_term (&quotient, &x.terms[i]);
  dim = ok ? poly_store (&quotient) : TL_DIM_INVALID;
  pthread_mutex_unlock (&table.lock);
  return dim;
}

/**
 * tl_dim_min:
 * @a: a dimension
 * @b: another
 *
 * An open size is taken to be as large as it has to be: of `T` and 3 the smaller one is 3, of `T+1` and `2*T` it is `T+1`.
 *
 * Returns: the smaller one, or %TL_DIM_INVALID where that depends on several symbols
 */
TlDim
tl_dim_min (TlDim a,
            TlDim b)
{
  Poly     x, y;
  guint    n_more = 0, n_less = 0;
  gint64   constant = 0;
  gboolean ok = TRUE;

  if ((a >= 0 && b >= 0) || a == b)
    return MIN (a, b);
  if (a == TL_DIM_INVALID || b == TL_DIM_INVALID)
    return TL_DIM_INVALID;
  pthread_mutex_lock (&table.lock);
  poly_load (a, &x);
  poly_load (b, &y);
  for (guint i = 0; i < y.n_terms && ok; i++) {
    y.terms[i].factor *= -1;
    ok = poly_add_term (&x, &y.terms[i]);
  }
  pthread_mutex_unlock (&table.lock);
  for (guint i = 0; i < x.n_terms && ok; i++)
    if (x.terms[i].n_atoms == 0)
      constant = x.terms[i].factor;
    else
      *(x.terms[i].factor > 0 ? &n_more : &n_less) += 1;
  if (!ok || (n_more > 0 && n_less > 0))
    return TL_DIM_INVALID;
  return n_more > 0 || (n_less == 0 && constant > 0) ? b : a;
}

/**
 * tl_dim_max:
 * @a: a dimension
 * @b: another
 *
 * Returns: the larger one, or %TL_DIM_INVALID, as tl_dim_min() has it
 */
TlDim
tl_dim_max (TlDim a,
            TlDim b)
{
  TlDim min = tl_dim_min (a, b);

  return min == TL_DIM_INVALID ? min : min == a ? b
                                                : a;
}

static gint64
eval_locked (TlDim            dim,
             const TlBinding *bindings,
             guint            n_bindings)
{
  const Poly *poly;
  gint64      sum = 0;

  if (dim >= 0)
    return dim;
  poly = g_ptr_array_index (table.polys, (guint)(-1 - dim));
  for (guint i = 0; i < poly->n_terms; i++) {
    gint64 product = poly->terms[i].factor;

    for (guint j = 0; j < poly->terms[i].n_atoms; j++) {
      guint       k = poly->terms[i].atoms[j];
      const Atom *atom = g_ptr_array_index (table.atoms, k);
      gint64      value = -1;

      if (atom->name == NULL) {
        value = eval_locked (atom->of, bindings, n_bindings);
        value = value >= 0 ? value / atom->divisor : -1;
      } else {
        for (guint b = 0; b < n_bindings; b++) {
          const Poly *symbol = g_ptr_array_index (table.polys, (guint)(-1 - bindings[b].symbol));

          if (symbol->terms[0].atoms[0] == k)
            value = bindings[b].size;
        }
      }
      if (value < 0 || __builtin_mul_overflow (product, value, &product))
        return -1;
    }
    if (__builtin_add_overflow (sum, product, &sum))
      return -1;
  }
  return sum;
}

/**
 * tl_dim_eval:
 * @dim: a dimension
 * @bindings: (array length=n_bindings): sizes of symbols
 * @n_bindings: their number
 *
 * Returns: the size, or -1 when a symbol is not bound, the value is negative or does not fit
 */
gint64
tl_dim_eval (TlDim            dim,
             const TlBinding *bindings,
             guint            n_bindings)
{
  gint64 value;

  if (dim >= 0 || dim == TL_DIM_INVALID)
    return dim >= 0 ? dim : -1;
  pthread_mutex_lock (&table.lock);
  value = is_known (dim) ? eval_locked (dim, bindings, n_bindings) : -1;
  pthread_mutex_unlock (&table.lock);
  return MAX (value, -1);
}

static void
append_locked (TlDim    dim,
               GString *text)
{
  const Poly *poly;

  if (dim >= 0) {
    g_string_append_printf (text, "%" G_GINT64_FORMAT, dim);
    return;
  }
  poly = g_ptr_array_index (table.polys, (guint)(-1 - dim));
  for (guint i = 0; i < poly->n_terms; i++) {
    const Term *term = &poly->terms[i];
    gint64      factor = term->factor;

    if (i > 0 || factor < 0)
      g_string_append_c (text, factor < 0 ? '-' : '+');
    factor = ABS (factor);
    if (factor != 1 || term->n_atoms == 0)
      g_string_append_printf (text, "%" G_GINT64_FORMAT, factor);
    for (guint j = 0; j < term->n_atoms; j++) {
      const Atom *atom = g_ptr_array_index (table.atoms, term->atoms[j]);

      if (j > 0 || factor != 1)
        g_string_append_c (text, '*');
      if (atom->name != NULL) {
        g_string_append (text, atom->name);
      } else {
        g_string_append (text, "floor((");
        append_locked (atom->of, text);
        g_string_append_printf (text, ")/%" G_GINT64_FORMAT ")", atom->divisor);
      }
    }
  }
}

/**
 * tl_dim_append:
 * @dim: a dimension
 * @text: where to write it
 *
 * Appends a dimension as people write it: `64`, `N`, `49*N`, `floor((T+1)/2)`.
 */
void
tl_dim_append (TlDim    dim,
               GString *text)
{
  if (dim == TL_DIM_INVALID) {
    g_string_append_c (text, '?');
    return;
  }
  pthread_mutex_lock (&table.lock);
  if (is_known (dim))
    append_locked (dim, text);
  else
    g_string_append_printf (text, "%" G_GINT64_FORMAT, dim);
  pthread_mutex_unlock (&table.lock);
}

/**
 * tl_dim_to_string:
 * @dim: a dimension
 *
 * Returns: (transfer full): its text, see tl_dim_append()
 */
char *
tl_dim_to_string (TlDim dim)
{
  GString *text = g_string_new (NULL);

  tl_dim_append (dim, text);
  return g_string_free (text, FALSE);
}
