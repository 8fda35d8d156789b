/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/canvas/graph-info.h"

static const TlGraphInfo *default_info;

static void
node_report_free (gpointer data)
{
  TlNodeReport *report = data;

  g_free (report->node);
  g_strfreev (report->shapes);
  g_free (report->error);
  g_free (report);
}

TlGraphReport *
tl_graph_report_new (void)
{
  TlGraphReport *self = g_new0 (TlGraphReport, 1);

  self->nodes = g_ptr_array_new_with_free_func (node_report_free);
  self->n_parameters = -1;
  self->flops = -1;
  self->memory = -1;
  return self;
}

void
tl_graph_report_free (TlGraphReport *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->nodes);
  g_free (self->error);
  g_free (self->memory_sizes);
  g_free (self);
}

TlNodeReport *
tl_graph_report_add (TlGraphReport *self,
                     const char    *node)
{
  TlNodeReport *report = g_new0 (TlNodeReport, 1);

  report->node = g_strdup (node);
  report->n_parameters = -1;
  g_ptr_array_add (self->nodes, report);
  return report;
}

const TlNodeReport *
tl_graph_report_find (const TlGraphReport *self,
                      const char          *node)
{
  for (guint i = 0; self != NULL && i < self->nodes->len; i++) {
    const TlNodeReport *report = self->nodes->pdata[i];

    if (g_strcmp0 (report->node, node) == 0)
      return report;
  }
  return NULL;
}

static void
attr_free (gpointer data)
{
  TlRowAttr *attr = data;

  g_free (attr->name);
  g_free (attr->default_text);
  g_strfreev (attr->choices);
  g_free (attr->doc);
  g_free (attr);
}

TlRow *
tl_row_new (const char *name,
            const char *group,
            const char *doc,
            guint       n_inputs)
{
  TlRow *self = g_new0 (TlRow, 1);

  self->name = g_strdup (name);
  self->group = g_strdup (group);
  self->doc = g_strdup (doc);
  self->is_offered = TRUE;
  self->n_inputs = n_inputs;
  self->attrs = g_ptr_array_new_with_free_func (attr_free);
  return self;
}

void
tl_row_free (gpointer row)
{
  TlRow *self = row;

  g_free (self->name);
  g_free (self->group);
  g_free (self->doc);
  g_free (self->others);
  g_strfreev (self->input_types);
  g_strfreev (self->output_names);
  g_free (self->output_type);
  g_ptr_array_unref (self->attrs);
  g_free (self);
}

TlRowAttr *
tl_row_add_attr (TlRow      *self,
                 const char *name,
                 TlAttrKind  kind,
                 const char *default_text,
                 const char *doc)
{
  TlRowAttr *attr = g_new0 (TlRowAttr, 1);

  attr->name = g_strdup (name);
  attr->kind = kind;
  attr->default_text = g_strdup (default_text);
  attr->doc = g_strdup (doc);
  g_ptr_array_add (self->attrs, attr);
  return attr;
}

const TlGraphInfo *
tl_graph_info_get_default (void)
{
  static const TlGraphInfo nothing;

  return default_info != NULL ? default_info : &nothing;
}

void
tl_graph_info_set_default (const TlGraphInfo *info)
{
  default_info = info;
}

typedef struct {
  const TlGraphInfo *info;
  char              *text;
  GStrv              other_ids;
  GStrv              other_texts;
} Question;

static void
question_free (gpointer data)
{
  Question *self = data;

  g_free (self->text);
  g_strfreev (self->other_ids);
  g_strfreev (self->other_texts);
  g_free (self);
}

static void
answer_cb (gpointer data,
           gpointer user_data)
{
  g_autoptr (GTask) task = data;
  Question         *question = g_task_get_task_data (task);

  if (g_task_return_error_if_cancelled (task))
    return;
  g_task_return_pointer (task,
                         question->info->check (question->text, (const char *const *)question->other_ids,
                                                (const char *const *)question->other_texts),
                         (GDestroyNotify)tl_graph_report_free);
}

void
tl_graph_info_check_async (const char         *text,
                           const char *const  *other_ids,
                           const char *const  *other_texts,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  static GThreadPool *thread;
  GTask              *task = g_task_new (NULL, cancellable, callback, user_data);
  Question           *question = g_new0 (Question, 1);

  question->info = tl_graph_info_get_default ();
  question->text = g_strdup (text);
  question->other_ids = g_strdupv ((char **)other_ids);
  question->other_texts = g_strdupv ((char **)other_texts);
  g_task_set_task_data (task, question, question_free);
  if (question->info->check == NULL) {
    g_task_return_pointer (task, tl_graph_report_new (), (GDestroyNotify)tl_graph_report_free);
    g_object_unref (task);
    return;
  }
  if (thread == NULL)
    thread = g_thread_pool_new (answer_cb, NULL, 1, TRUE, NULL);
  g_thread_pool_push (thread, task, NULL);
}

TlGraphReport *
tl_graph_info_check_finish (GAsyncResult *result,
                            GError      **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
tl_row_takes (const TlRow *self,
              guint        input,
              const TlRow *from)
{
  guint       n = self != NULL && self->input_types != NULL ? g_strv_length (self->input_types) : 0;
  const char *wanted = n > 0 ? self->input_types[MIN (input, n - 1)] : NULL;
  const char *given = from != NULL ? from->output_type : NULL;

  return wanted == NULL || given == NULL || g_str_equal (wanted, given) ||
         (g_str_equal (wanted, "tensor") && g_str_equal (given, "loss"));
}

const TlRow *
tl_graph_info_find_row (const char *name)
{
  const TlGraphInfo *info = tl_graph_info_get_default ();
  GPtrArray         *rows = info->rows != NULL ? info->rows () : NULL;

  for (guint i = 0; rows != NULL && i < rows->len; i++) {
    const TlRow *row = rows->pdata[i];

    if (g_strcmp0 (row->name, name) == 0)
      return row;
  }
  return NULL;
}
