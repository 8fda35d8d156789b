/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/completion.h"

#include <string.h>

#include "ui/notebook/cell-buffer.h"

/* --- one candidate ----------------------------------------------------------------------------------------------------- */

#define TL_TYPE_PROPOSAL (tl_proposal_get_type ())
G_DECLARE_FINAL_TYPE (TlProposal, tl_proposal, TL, PROPOSAL, GObject)

struct _TlProposal {
  GObject parent_instance;

  char *text;
  char *kind;
  char *help;
};

G_DEFINE_FINAL_TYPE_WITH_CODE (TlProposal, tl_proposal, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (GTK_SOURCE_TYPE_COMPLETION_PROPOSAL, NULL))

static void
tl_proposal_finalize (GObject *object)
{
  TlProposal *self = TL_PROPOSAL (object);

  g_free (self->text);
  g_free (self->kind);
  g_free (self->help);
  G_OBJECT_CLASS (tl_proposal_parent_class)->finalize (object);
}

static void
tl_proposal_class_init (TlProposalClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tl_proposal_finalize;
}

static void
tl_proposal_init (TlProposal *self)
{
}

/* --- the provider ------------------------------------------------------------------------------------------------------ */

#define TL_TYPE_COMPLETION (tl_completion_get_type ())
G_DECLARE_FINAL_TYPE (TlCompletion, tl_completion, TL, COMPLETION, GObject)

struct _TlCompletion {
  GObject parent_instance;

  TlSession *session; /* owned */
  TlCell    *cell;    /* owned */
};

static void completion_provider_init (GtkSourceCompletionProviderInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TlCompletion, tl_completion, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (GTK_SOURCE_TYPE_COMPLETION_PROVIDER, completion_provider_init))

static void
answer_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError           *error = NULL;
  GVariant         *answer = tl_kernel_client_call_finish (TL_KERNEL_CLIENT (source), result, &error);
  GListStore       *store;
  GVariantIter     *iter;
  const char       *text, *kind, *help;
  guint             start;

  if (answer == NULL) {
    g_task_return_error (task, error);
    return;
  }
  store = g_list_store_new (TL_TYPE_PROPOSAL);
  g_variant_get (answer, "(ua(sss))", &start, &iter);
  while (g_variant_iter_next (iter, "(&s&s&s)", &text, &kind, &help)) {
    g_autoptr (TlProposal) proposal = g_object_new (TL_TYPE_PROPOSAL, NULL);

    proposal->text = g_strdup (text);
    proposal->kind = g_strdup (kind);
    proposal->help = g_strdup (help);
    g_list_store_append (store, proposal);
  }
  g_variant_iter_free (iter);
  g_variant_unref (answer);
  g_task_return_pointer (task, store, g_object_unref);
}

static void
populate_async (GtkSourceCompletionProvider *provider,
                GtkSourceCompletionContext  *context,
                GCancellable                *cancellable,
                GAsyncReadyCallback          callback,
                gpointer                     user_data)
{
  TlCompletion     *self = TL_COMPLETION (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char  *text = g_utf8_make_valid (tl_cell_get_text (self->cell, NULL), -1);
  GtkSourceBuffer  *buffer = gtk_source_completion_context_get_buffer (context);
  GtkTextIter       begin, end;

  gtk_source_completion_context_get_bounds (context, &begin, &end);
  tl_kernel_client_call_async (tl_session_get_kernel (self->session), "Complete",
                               g_variant_new ("(ssu)", tl_cell_get_id (self->cell), text,
                                              (guint)tl_cell_buffer_get_offset (TL_CELL_BUFFER (buffer), &end)),
                               cancellable, answer_cb, g_steal_pointer (&task));
}

static GListModel *
populate_finish (GtkSourceCompletionProvider *provider,
                 GAsyncResult                *result,
                 GError                     **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
matches (gpointer item,
         gpointer user_data)
{
  const char *word = user_data;
  TlProposal *proposal = TL_PROPOSAL (item);

  /* The kernel says in its help what others call it, if that is what was typed. */
  return g_str_has_prefix (proposal->text, word) || (*word != '\0' && g_ascii_strncasecmp (proposal->help, word, strlen (word)) == 0);
}

static void
refilter (GtkSourceCompletionProvider *provider,
          GtkSourceCompletionContext  *context,
          GListModel                  *model)
{
  char                          *word = gtk_source_completion_context_get_word (context);
  GListModel                    *inner = GTK_IS_FILTER_LIST_MODEL (model) ? gtk_filter_list_model_get_model (GTK_FILTER_LIST_MODEL (model))
                                                                          : model;
  GtkFilter                     *filter = GTK_FILTER (gtk_custom_filter_new (matches, word, g_free));
  g_autoptr (GtkFilterListModel) filtered = gtk_filter_list_model_new (g_object_ref (inner), filter);

  gtk_source_completion_context_set_proposals_for_provider (context, provider, G_LIST_MODEL (filtered));
}

static void
display (GtkSourceCompletionProvider *provider,
         GtkSourceCompletionContext  *context,
         GtkSourceCompletionProposal *item,
         GtkSourceCompletionCell     *cell)
{
  TlProposal *proposal = TL_PROPOSAL (item);

  switch (gtk_source_completion_cell_get_column (cell)) {
  case GTK_SOURCE_COMPLETION_COLUMN_TYPED_TEXT:
    gtk_source_completion_cell_set_text (cell, proposal->text);
    break;
  case GTK_SOURCE_COMPLETION_COLUMN_AFTER:
    gtk_source_completion_cell_set_text (cell, proposal->kind);
    break;
  case GTK_SOURCE_COMPLETION_COLUMN_COMMENT:
  case GTK_SOURCE_COMPLETION_COLUMN_DETAILS:
    gtk_source_completion_cell_set_text (cell, proposal->help);
    break;
  default:
    gtk_source_completion_cell_set_text (cell, NULL);
    break;
  }
}

static void
activate (GtkSourceCompletionProvider *provider,
          GtkSourceCompletionContext  *context,
          GtkSourceCompletionProposal *item)
{
  GtkSourceBuffer *buffer = gtk_source_completion_context_get_buffer (context);
  GtkTextIter      begin, end;

  gtk_source_completion_context_get_bounds (context, &begin, &end);
  gtk_text_buffer_begin_user_action (GTK_TEXT_BUFFER (buffer));
  gtk_text_buffer_delete (GTK_TEXT_BUFFER (buffer), &begin, &end);
  gtk_text_buffer_insert (GTK_TEXT_BUFFER (buffer), &begin, TL_PROPOSAL (item)->text, -1);
  gtk_text_buffer_end_user_action (GTK_TEXT_BUFFER (buffer));
}

static gboolean
is_trigger (GtkSourceCompletionProvider *provider,
            const GtkTextIter           *iter,
            gunichar                     ch)
{
  return ch == '.' || ch == ':';
}

static void
completion_provider_init (GtkSourceCompletionProviderInterface *iface)
{
  iface->populate_async = populate_async;
  iface->populate_finish = populate_finish;
  iface->refilter = refilter;
  iface->display = display;
  iface->activate = activate;
  iface->is_trigger = is_trigger;
}

static void
tl_completion_finalize (GObject *object)
{
  TlCompletion *self = TL_COMPLETION (object);

  g_clear_object (&self->session);
  g_clear_object (&self->cell);
  G_OBJECT_CLASS (tl_completion_parent_class)->finalize (object);
}

static void
tl_completion_class_init (TlCompletionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tl_completion_finalize;
}

static void
tl_completion_init (TlCompletion *self)
{
}

void
tl_completion_attach (GtkSourceView *view,
                      TlSession     *session,
                      TlCell        *cell)
{
  GtkSourceCompletion                 *completion = gtk_source_view_get_completion (view);
  g_autoptr (TlCompletion)             provider = g_object_new (TL_TYPE_COMPLETION, NULL);
  g_autoptr (GtkSourceCompletionWords) words = gtk_source_completion_words_new (NULL);

  provider->session = g_object_ref (session);
  provider->cell = g_object_ref (cell);
  gtk_source_completion_add_provider (completion, GTK_SOURCE_COMPLETION_PROVIDER (provider));
  gtk_source_completion_words_register (words, gtk_text_view_get_buffer (GTK_TEXT_VIEW (view)));
  gtk_source_completion_add_provider (completion, GTK_SOURCE_COMPLETION_PROVIDER (words));
}
