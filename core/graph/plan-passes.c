/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passes over a plan's graph.  They change no result: fused chains compute with the same functors in the same order.
 */
#include <math.h>
#include <string.h>

#include "core/graph/plan-private.h"

void
tl_plan_count_uses (TlPlan *self)
{
  for (guint i = 0; i < self->values->len; i++)
    tl_plan_value (self, i)->n_uses = 0;
  for (guint i = 0; i < self->nodes->len; i++) {
    TlPlanNode *node = tl_plan_node (self, i);

    for (guint j = 0; j < node->n_in && !node->dead; j++)
      if (node->in[j] != TL_NO_VALUE)
        tl_plan_value (self, node->in[j])->n_uses++;
  }
  for (guint i = 0; i < self->n_outputs; i++) {
    tl_plan_value (self, self->outputs[i])->is_output = TRUE;
    tl_plan_value (self, self->outputs[i])->n_uses++;
  }
  for (guint i = 0; i < self->assignments->len; i++)
    tl_plan_value (self, g_array_index (self->assignments, TlPlanAssignment, i).value)->n_uses++;
}

/* What nothing depends on is not computed. */
static void
remove_dead (TlPlan *self)
{
  g_autofree gboolean *wanted = g_new0 (gboolean, self->values->len + 1);

  for (guint i = 0; i < self->n_outputs; i++)
    wanted[self->outputs[i]] = TRUE;
  for (guint i = 0; i < self->assignments->len; i++)
    wanted[g_array_index (self->assignments, TlPlanAssignment, i).value] = TRUE;
  for (guint i = self->nodes->len; i-- > 0;) {
    TlPlanNode *node = tl_plan_node (self, i);
    gboolean    alive = FALSE;

    for (guint j = 0; j < node->n_out; j++)
      alive = alive || wanted[node->first_out + j];
    node->dead = node->dead || !alive;
    for (guint j = 0; j < node->n_in && !node->dead; j++)
      if (node->in[j] != TL_NO_VALUE)
        wanted[node->in[j]] = TRUE;
  }
}

static guint
hash_node (const TlPlanNode *node)
{
  guint hash = g_direct_hash (node->op) + node->again;

  for (guint i = 0; i < node->n_in; i++)
    hash = hash * 31 + node->in[i];
  for (guint i = 0; i < node->n_attrs; i++)
    hash = hash * 31 + (guint)node->attrs[i].i;
  return hash;
}

static gboolean
same_bytes (gconstpointer a,
            gconstpointer b,
            gsize         n_bytes)
{
  return n_bytes == 0 || memcmp (a, b, n_bytes) == 0;
}

static gboolean
equal_nodes (const TlPlanNode *a,
             const TlPlanNode *b)
{
  return a->op == b->op && a->again == b->again && a->n_in == b->n_in && a->n_out == b->n_out && a->n_attrs == b->n_attrs &&
         a->result == b->result && same_bytes (a->in, b->in, a->n_in * sizeof (guint)) &&
         same_bytes (a->attrs, b->attrs, a->n_attrs * sizeof (TlAttrValue)) &&
         (a->expr == b->expr || (a->expr != NULL && b->expr != NULL && tl_expr_equal (a->expr, b->expr)));
}

static void
replace_value (const TlPlanNode *node,
               guint            *map)
{
  for (guint i = 0; i < node->n_in; i++)
    if (node->in[i] != TL_NO_VALUE)
      node->in[i] = map[node->in[i]];
}

/* What is computed twice from the same values is computed once. */
static void
merge_equal (TlPlan *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL); /* hash -> node + 1; collisions keep the first */
  g_autofree guint      *map = g_new (guint, self->values->len + 1);

  for (guint i = 0; i < self->values->len; i++)
    map[i] = i;
  for (guint i = 0; i < self->nodes->len; i++) {
    TlPlanNode *node = tl_plan_node (self, i);
    TlPlanNode *other;
    guint       found;

    if (node->dead)
      continue;
    replace_value (node, map);
    if ((node->op->flags & (TL_OP_RANDOM | TL_OP_UPDATE)) != 0)
      continue;
    found = GPOINTER_TO_UINT (g_hash_table_lookup (seen, GUINT_TO_POINTER (hash_node (node))));
    if (found == 0) {
      g_hash_table_insert (seen, GUINT_TO_POINTER (hash_node (node)), GUINT_TO_POINTER (i + 1));
      continue;
    }
    other = tl_plan_node (self, found - 1);
    if (!equal_nodes (node, other))
      continue;
    for (guint j = 0; j < node->n_out; j++)
      map[node->first_out + j] = other->first_out + j;
    node->dead = TRUE;
  }
  for (guint i = 0; i < self->n_outputs; i++)
    self->outputs[i] = map[self->outputs[i]];
  for (guint i = 0; i < self->assignments->len; i++) {
    TlPlanAssignment *assignment = &g_array_index (self->assignments, TlPlanAssignment, i);

    assignment->value = map[assignment->value];
  }
}

static gboolean
is_map (const TlPlanNode *node)
{
  return node->expr != NULL && !node->dead;
}

static void
set_expr (TlPlanNode *node,
          TlExpr     *expr)
{
  tl_expr_unref (node->expr);
  node->expr = expr;
  node->op = &tl_op_map;
  node->n_attrs = 0;
}

/* A bare number in the text of the step becomes a constant of the expression. */
static void
bind_numbers (TlPlan     *self,
              TlPlanNode *node)
{
  for (guint i = node->n_in; i-- > 0 && node->n_in > 1;) {
    TlPlanValue *value = tl_plan_value (self, node->in[i]);
    TlTensor    *number;
    TlExpr      *expr;
    double       x;

    if (!value->is_leaf || value->leaf != TL_LEAF_CAPTURED || !value->meta.weak)
      continue;
    number = self->captured->pdata[value->leaf_index];
    x = tl_tensor_peek_element (number, 0);
    if (fabs (x) > 9007199254740992.0)
      continue;
    expr = tl_expr_bind_constant (node->expr, i, x);
    if (expr == NULL)
      continue;
    set_expr (node, expr);
    memmove (&node->in[i], &node->in[i + 1], (node->n_in - i - 1) * sizeof (guint));
    node->n_in--;
  }
}

/* Each input once, and none that is not read, unless it gives the shape or the dtype. */
static void
tidy_inputs (TlPlan     *self,
             TlPlanNode *node)
{
  const TlPlanValue *out = tl_plan_value (self, node->first_out);

  for (guint i = node->n_in; i-- > 1;) {
    const TlMeta *meta = &tl_plan_value (self, node->in[i])->meta;
    gint          to[TL_PROGRAM_MAX_IN];
    guint         keep = G_MAXUINT;
    TlExpr       *expr;

    for (guint j = 0; j < i && keep == G_MAXUINT; j++) {
      const TlMeta *other = &tl_plan_value (self, node->in[j])->meta;

      if (node->in[j] == node->in[i] ||
          (!tl_expr_uses_input (node->expr, i) && other->dtype == meta->dtype && meta->dtype == out->meta.dtype &&
           tl_meta_same_shape (other, &out->meta) && tl_meta_same_shape (other, meta)))
        keep = j;
    }
    if (keep == G_MAXUINT)
      continue;
    for (guint j = 0; j < node->n_in; j++)
      to[j] = j == i ? (gint)keep : (gint)(j - (j > i));
    expr = tl_expr_remap_inputs (node->expr, to, node->n_in - 1);
    if (expr == NULL)
      continue;
    set_expr (node, expr);
    tl_plan_value (self, node->in[i])->n_uses--;
    memmove (&node->in[i], &node->in[i + 1], (node->n_in - i - 1) * sizeof (guint));
    node->n_in--;
  }
}

static gboolean
matches_epilogue (TlPlan           *self,
                  const TlPlanNode *map,
                  const TlEpilogue *epilogue,
                  guint             result,
                  guint            *aux)
{
  static const TlExprName one[] = { { "a" }, { NULL } };
  static const TlExprName two[] = { { "a" }, { "b" }, { NULL } };
  static const TlExprName two_swapped[] = { { "b" }, { "a" }, { NULL } };
  g_autoptr (TlExpr)      pattern = NULL;

  *aux = TL_NO_VALUE;
  if (map->n_in != (epilogue->aux_port != 0 ? 2 : 1))
    return FALSE;
  if (epilogue->aux_port == 0)
    pattern = tl_expr_parse (epilogue->expr, one, NULL);
  else
    pattern = tl_expr_parse (epilogue->expr, map->in[0] == result ? two : two_swapped, NULL);
  if (epilogue->aux_port != 0)
    *aux = map->in[map->in[0] == result ? 1 : 0];
  return pattern != NULL && tl_expr_equal (pattern, map->expr);
}

/* The operand of an epilogue, if it suits: it, or what the row that it went through made of it. */
static gboolean
find_aux (TlPlan           *self,
          const TlPlanNode *producer,
          const TlEpilogue *epilogue,
          const TlMeta     *result,
          guint            *aux)
{
  const TlMeta      *meta = &tl_plan_value (self, *aux)->meta;
  const TlPlanValue *through;
  const TlPlanNode  *node;

  if (meta->dtype != result->dtype || !tl_meta_same_shape (meta, result))
    return FALSE;
  if (epilogue->through_port == 0)
    return tl_meta_is_contiguous (meta);
  through = tl_plan_value (self, producer->in[epilogue->through_port]);
  if (through->is_leaf)
    return FALSE;
  node = tl_plan_node (self, through->node);
  if (node->in[0] != *aux)
    return FALSE;
  *aux = node->first_out;
  tl_plan_value (self, *aux)->n_uses++;
  return TRUE;
}

/*
 * A kernel does the elementwise operation that follows it.  In 16 bits too: epilogues choose between what they are given and 0, and it is all
 * the same whether that or the rounding comes first.
 */
static gboolean
absorb_epilogue (TlPlan     *self,
                 TlPlanNode *producer,
                 TlPlanNode *map,
                 guint       result)
{
  const TlMeta *from = &tl_plan_value (self, result)->meta;
  const TlMeta *to = &tl_plan_value (self, map->first_out)->meta;
  guint         aux;

  if (producer->op->epilogues == NULL || map->n_out != 1 || from->dtype != to->dtype || !tl_meta_same_shape (from, to) ||
      memcmp (from->strides, to->strides, from->rank * sizeof (TlDim)) != 0)
    return FALSE;
  for (const TlEpilogue *epilogue = producer->op->epilogues; epilogue->expr != NULL; epilogue++) {
    if (producer->attrs[epilogue->attr].i != 0 || !matches_epilogue (self, map, epilogue, result, &aux))
      continue;
    if (aux != TL_NO_VALUE) {
      guint *in;

      if (!find_aux (self, producer, epilogue, from, &aux))
        return FALSE;
      in = tl_arena_new0 (&self->memory, guint, MAX (producer->n_in, epilogue->aux_port + 1));
      for (guint i = 0; i < MAX (producer->n_in, epilogue->aux_port + 1); i++)
        in[i] = i < producer->n_in ? producer->in[i] : TL_NO_VALUE;
      in[epilogue->aux_port] = aux;
      producer->n_in = MAX (producer->n_in, epilogue->aux_port + 1);
      producer->in = in;
    }
    producer->attrs[epilogue->attr].i = epilogue->value;
    /* The producer moves to where the map stood, so that its other operand is there. */
    producer->first_out = map->first_out;
    tl_expr_unref (map->expr);
    *map = *producer;
    map->serial_fused++;
    producer->expr = NULL;
    producer->dead = TRUE;
    for (guint i = 0; i < map->n_out; i++)
      tl_plan_value (self, map->first_out + i)->node = (guint)(map - tl_plan_node (self, 0));
    return TRUE;
  }
  return FALSE;
}

/* Whether a map's result enters another without being rounded to a narrower dtype between. */
static gboolean
may_join (TlPlan           *self,
          const TlPlanNode *producer,
          const TlPlanNode *consumer,
          guint             result)
{
  const TlMeta *from = &tl_plan_value (self, result)->meta;
  const TlMeta *to = &tl_plan_value (self, consumer->first_out)->meta;

  if (producer->n_out != 1 || !tl_meta_same_shape (from, to))
    return FALSE;
  if (from->dtype != TL_DTYPE_F32 && from->dtype != TL_DTYPE_F64)
    return FALSE;
  for (guint i = 0; i < producer->n_in; i++)
    if (tl_plan_value (self, producer->in[i])->meta.dtype != from->dtype)
      return FALSE;
  for (guint i = 0; i < consumer->n_in; i++)
    if (tl_plan_value (self, consumer->in[i])->meta.dtype != from->dtype)
      return FALSE;
  return to->dtype == from->dtype;
}

static gboolean
join_maps (TlPlan     *self,
           TlPlanNode *producer,
           TlPlanNode *consumer,
           guint       result)
{
  guint   in[2 * TL_PROGRAM_MAX_IN], producer_inputs[TL_PROGRAM_MAX_IN];
  gint    consumer_inputs[TL_PROGRAM_MAX_IN];
  guint   n = 0;
  TlExpr *expr;

  if (!may_join (self, producer, consumer, result))
    return FALSE;
  for (guint i = 0; i < producer->n_in; i++) {
    guint j = 0;

    while (j < n && in[j] != producer->in[i])
      j++;
    if (j == n)
      in[n++] = producer->in[i];
    producer_inputs[i] = j;
  }
  for (guint i = 0; i < consumer->n_in; i++) {
    guint j = 0;

    if (consumer->in[i] == result) {
      consumer_inputs[i] = -1;
      continue;
    }
    while (j < n && in[j] != consumer->in[i])
      j++;
    if (j == n)
      in[n++] = consumer->in[i];
    consumer_inputs[i] = (gint)j;
  }
  if (n > TL_PROGRAM_MAX_IN)
    return FALSE;
  expr = tl_expr_join (producer->expr, 0, consumer->expr, producer_inputs, consumer_inputs, n, FALSE);
  if (expr == NULL)
    return FALSE;
  set_expr (consumer, expr);
  consumer->in = tl_arena_dup (&self->memory, in, n * sizeof (guint));
  consumer->n_in = n;
  consumer->serial_fused += producer->serial_fused + 1;
  producer->dead = TRUE;
  return TRUE;
}

static void
fuse (TlPlan *self)
{
  for (guint i = 0; i < self->nodes->len; i++) {
    TlPlanNode *node = tl_plan_node (self, i);
    gboolean    again = TRUE;

    if (!is_map (node))
      continue;
    bind_numbers (self, node);
    tidy_inputs (self, node);
    while (again && is_map (node)) {
      again = FALSE;
      for (guint j = 0; j < node->n_in && !again; j++) {
        guint              result = node->in[j];
        const TlPlanValue *value = tl_plan_value (self, result);
        TlPlanNode        *producer;

        if (value->is_leaf || value->n_uses != 1)
          continue;
        producer = tl_plan_node (self, value->node);
        again = is_map (producer) ? join_maps (self, producer, node, result)
                                  : absorb_epilogue (self, producer, node, result);
        self->n_fused += again;
      }
    }
  }
}

static TlPlanAssignment *
assignment_of (TlPlan *self,
               guint   value)
{
  for (guint i = 0; i < self->assignments->len; i++) {
    TlPlanAssignment *assignment = &g_array_index (self->assignments, TlPlanAssignment, i);

    if (assignment->value == value)
      return assignment;
  }
  return NULL;
}

/* Output i of an update goes to the variable that input i is, and nowhere else; and nobody reads the variable later. */
static gboolean
can_commit (TlPlan           *self,
            const TlPlanNode *node,
            const guint      *last_use,
            guint             at)
{
  for (guint i = 0; i < node->n_out; i++) {
    const TlPlanValue *in = tl_plan_value (self, node->in[i]);
    const TlPlanValue *out = tl_plan_value (self, node->first_out + i);
    TlPlanAssignment  *assignment;

    if (out->n_uses == 0)
      continue;
    assignment = assignment_of (self, node->first_out + i);
    if (!in->is_leaf || in->leaf != TL_LEAF_VARIABLE || in->is_output || out->n_uses != 1 || assignment == NULL ||
        assignment->to_grad || last_use[node->in[i]] != at ||
        assignment->variable != self->variables->pdata[in->leaf_index])
      return FALSE;
  }
  return TRUE;
}

static guint
add_copy (TlPlan *self,
          guint   of,
          guint   before)
{
  TlPlanValue value = { .meta = tl_plan_value (self, of)->meta, .n_uses = 1 };
  TlPlanNode  copy = { .op = &tl_op_copy, .n_in = 1, .n_out = 1, .n_attrs = 2, .first_out = self->values->len };
  TlAttrValue attrs[] = { TL_INT (value.meta.dtype), TL_INT (TL_LAYOUT_CONTIGUOUS) };

  copy.in = tl_arena_dup (&self->memory, &of, sizeof of);
  copy.attrs = tl_arena_dup (&self->memory, attrs, sizeof attrs);
  g_array_append_val (self->values, value);
  g_array_insert_val (self->nodes, before, copy);
  return self->values->len - 1;
}

/*
 * Updates whose results only go back where they came from run in the commit, in place.  The others work on copies, because their
 * kernels write where they read, and a step changes nothing before its commit.
 */
static void
place_updates (TlPlan *self)
{
  g_autofree guint *last_use = g_new0 (guint, self->values->len);

  for (guint i = 0; i < self->nodes->len; i++) {
    TlPlanNode *node = tl_plan_node (self, i);

    for (guint j = 0; j < node->n_in && !node->dead; j++)
      if (node->in[j] != TL_NO_VALUE)
        last_use[node->in[j]] = i;
  }
  for (guint i = 0; i < self->nodes->len; i++) {
    TlPlanNode *node = tl_plan_node (self, i);

    if (!node->dead && (node->op->flags & TL_OP_UPDATE) != 0)
      node->commits = can_commit (self, node, last_use, i);
    for (guint j = 0; j < node->n_out && node->commits; j++)
      if (tl_plan_value (self, node->first_out + j)->n_uses > 0)
        assignment_of (self, node->first_out + j)->in_place = TRUE;
  }
  for (guint i = 0; i < self->nodes->len; i++) {
    guint n_targets = tl_plan_node (self, i)->n_out;

    if (tl_plan_node (self, i)->dead || (tl_plan_node (self, i)->op->flags & TL_OP_UPDATE) == 0 ||
        tl_plan_node (self, i)->commits)
      continue;
    for (guint j = 0; j < n_targets; j++) {
      guint copy = add_copy (self, tl_plan_node (self, i)->in[j], i);

      i++;
      tl_plan_node (self, i)->in[j] = copy;
    }
  }
}

static gboolean
is_leaf_or_view (TlPlan *self,
                 guint   value)
{
  while (!tl_plan_value (self, value)->is_leaf &&
         (tl_plan_node (self, tl_plan_value (self, value)->node)->op->flags & TL_OP_VIEW) != 0)
    value = tl_plan_node (self, tl_plan_value (self, value)->node)->in[0];
  return tl_plan_value (self, value)->is_leaf;
}

/* What is assigned or given out must be what it was before the commit writes variables. */
static void
copy_kept_leaves (TlPlan *self)
{
  for (guint i = 0; i < self->assignments->len; i++) {
    TlPlanAssignment *assignment = &g_array_index (self->assignments, TlPlanAssignment, i);

    if (is_leaf_or_view (self, assignment->value))
      assignment->value = add_copy (self, assignment->value, self->nodes->len);
  }
  for (guint i = 0; i < self->n_outputs; i++)
    if (is_leaf_or_view (self, self->outputs[i]))
      self->outputs[i] = add_copy (self, self->outputs[i], self->nodes->len);
}

static void
number_producers (TlPlan *self)
{
  for (guint i = 0; i < self->nodes->len; i++) {
    TlPlanNode *node = tl_plan_node (self, i);

    for (guint j = 0; j < node->n_out && !node->dead; j++)
      tl_plan_value (self, node->first_out + j)->node = i;
  }
}

void
tl_plan_optimize (TlPlan *self)
{
  remove_dead (self);
  merge_equal (self);
  if ((self->flags & TL_PLAN_UNFUSED) == 0) {
    tl_plan_count_uses (self);
    fuse (self);
    number_producers (self);
  }
  remove_dead (self);
  copy_kept_leaves (self);
  tl_plan_count_uses (self);
  place_updates (self);
  number_producers (self);
  tl_plan_count_uses (self);
}
