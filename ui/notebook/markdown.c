/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/markdown.h"

#include <cmark.h>

#define MAX_DEPTH 12

G_DEFINE_AUTOPTR_CLEANUP_FUNC (cmark_node, cmark_node_free)

static void add_blocks (GtkBox     *box,
                        cmark_node *parent,
                        guint       depth);

static cmark_node *
parse (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  return cmark_parse_document (valid, strlen (valid), CMARK_OPT_SMART | CMARK_OPT_UNSAFE);
}

/* --- inlines ----------------------------------------------------------------------------------------------------------- */

static void
append_escaped (GString    *out,
                const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text != NULL ? text : "", -1);

  g_string_append (out, escaped);
}

static void
append_link (GString    *out,
             cmark_node *node,
             gboolean    enter)
{
  if (!enter) {
    g_string_append (out, "</a>");
    return;
  }
  g_string_append (out, "<a href=\"");
  append_escaped (out, cmark_node_get_url (node));
  g_string_append (out, "\">");
}

static void
append_inline (GString    *out,
               cmark_node *node,
               gboolean    enter)
{
  switch (cmark_node_get_type (node)) {
  case CMARK_NODE_TEXT:
  case CMARK_NODE_HTML_INLINE:
    append_escaped (out, cmark_node_get_literal (node));
    break;
  case CMARK_NODE_CODE:
    g_string_append (out, "<span font_family=\"monospace\" size=\"90%\">");
    append_escaped (out, cmark_node_get_literal (node));
    g_string_append (out, "</span>");
    break;
  case CMARK_NODE_SOFTBREAK:
    g_string_append_c (out, ' ');
    break;
  case CMARK_NODE_LINEBREAK:
    g_string_append_c (out, '\n');
    break;
  case CMARK_NODE_EMPH:
    g_string_append (out, enter ? "<i>" : "</i>");
    break;
  case CMARK_NODE_STRONG:
    g_string_append (out, enter ? "<b>" : "</b>");
    break;
  case CMARK_NODE_LINK:
    append_link (out, node, enter);
    break;
  default:
    break;
  }
}

static char *
inlines_to_markup (cmark_node *block)
{
  GString         *out = g_string_new (NULL);
  cmark_iter      *iter = cmark_iter_new (block);
  cmark_event_type event;

  while ((event = cmark_iter_next (iter)) != CMARK_EVENT_DONE)
    append_inline (out, cmark_iter_get_node (iter), event == CMARK_EVENT_ENTER);
  cmark_iter_free (iter);
  return g_string_free (out, FALSE);
}

/* --- blocks ------------------------------------------------------------------------------------------------------------ */

static GtkWidget *
make_label (const char *text,
            gboolean    is_markup,
            const char *style)
{
  GtkWidget *label = gtk_label_new (NULL);

  if (is_markup)
    gtk_label_set_markup (GTK_LABEL (label), text);
  else
    gtk_label_set_text (GTK_LABEL (label), text);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (label, style);
  return label;
}

static void
add_list (GtkBox     *box,
          cmark_node *list,
          guint       depth)
{
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  int        number = cmark_node_get_list_start (list);

  for (cmark_node *item = cmark_node_first_child (list); item != NULL; item = cmark_node_next (item)) {
    GtkWidget       *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);
    GtkWidget       *content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
    g_autofree char *mark = cmark_node_get_list_type (list) == CMARK_ORDERED_LIST ? g_strdup_printf ("%d.", number++)
                                                                                  : g_strdup ("•");
    GtkWidget       *label = gtk_label_new (mark);

    gtk_widget_add_css_class (label, "tl-prose-mark");
    gtk_widget_set_valign (label, GTK_ALIGN_START);
    gtk_widget_set_size_request (label, 18, -1);
    gtk_label_set_xalign (GTK_LABEL (label), 1);
    gtk_box_append (GTK_BOX (row), label);
    add_blocks (GTK_BOX (content), item, depth + 1);
    gtk_widget_set_hexpand (content, TRUE);
    gtk_box_append (GTK_BOX (row), content);
    gtk_box_append (GTK_BOX (column), row);
  }
  gtk_box_append (box, column);
}

static void
add_heading (GtkBox     *box,
             cmark_node *node)
{
  static const char *const styles[] = { "tl-prose-h1", "tl-prose-h2", "tl-prose-h3" };
  g_autofree char         *markup = inlines_to_markup (node);
  int                      level = cmark_node_get_heading_level (node);

  gtk_box_append (box, make_label (markup, TRUE, styles[CLAMP (level, 1, 3) - 1]));
}

static void
add_block (GtkBox     *box,
           cmark_node *node,
           guint       depth)
{
  g_autofree char *markup = NULL;
  g_autofree char *literal = NULL;
  GtkWidget       *inner;

  switch (cmark_node_get_type (node)) {
  case CMARK_NODE_HEADING:
    add_heading (box, node);
    break;
  case CMARK_NODE_PARAGRAPH:
    markup = inlines_to_markup (node);
    gtk_box_append (box, make_label (markup, TRUE, "tl-prose"));
    break;
  case CMARK_NODE_CODE_BLOCK:
  case CMARK_NODE_HTML_BLOCK:
    literal = g_strdup (cmark_node_get_literal (node));
    gtk_box_append (box, make_label (g_strchomp (literal), FALSE, "tl-prose-code"));
    break;
  case CMARK_NODE_LIST:
    add_list (box, node, depth);
    break;
  case CMARK_NODE_BLOCK_QUOTE:
    inner = gtk_box_new (GTK_ORIENTATION_VERTICAL, 8);
    gtk_widget_add_css_class (inner, "tl-prose-quote");
    add_blocks (GTK_BOX (inner), node, depth + 1);
    gtk_box_append (box, inner);
    break;
  case CMARK_NODE_THEMATIC_BREAK:
    gtk_box_append (box, gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
    break;
  default:
    break;
  }
}

static void
add_blocks (GtkBox     *box,
            cmark_node *parent,
            guint       depth)
{
  if (depth > MAX_DEPTH)
    return;
  for (cmark_node *node = cmark_node_first_child (parent); node != NULL; node = cmark_node_next (node))
    add_block (box, node, depth);
}

GtkWidget *
tl_markdown_new_view (const char *text)
{
  GtkWidget             *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 10);
  g_autoptr (cmark_node) root = parse (text);

  add_blocks (GTK_BOX (box), root, 0);
  return box;
}

char *
tl_markdown_to_markup (const char *text)
{
  g_autoptr (cmark_node) root = parse (text);
  cmark_node            *block = cmark_node_first_child (root);

  return block != NULL ? inlines_to_markup (block) : g_strdup ("");
}

GStrv
tl_markdown_headings (const char *text,
                      GArray    **levels)
{
  g_autoptr (cmark_node)   root = parse (text);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  *levels = g_array_new (FALSE, FALSE, sizeof (guint));
  for (cmark_node *node = cmark_node_first_child (root); node != NULL; node = cmark_node_next (node)) {
    g_autofree char *markup = NULL;
    g_autofree char *plain = NULL;
    guint            level;

    if (cmark_node_get_type (node) != CMARK_NODE_HEADING)
      continue;
    level = (guint)cmark_node_get_heading_level (node);
    markup = inlines_to_markup (node);
    if (!pango_parse_markup (markup, -1, 0, NULL, &plain, NULL, NULL)) {
      /* Links are GtkLabel's own markup, unknown to Pango. */
      g_autoptr (GRegex) tags = g_regex_new ("<[^>]*>", 0, 0, NULL);

      plain = g_regex_replace_literal (tags, markup, -1, 0, "", 0, NULL);
    }
    g_strv_builder_add (builder, plain);
    g_array_append_val (*levels, level);
  }
  return g_strv_builder_end (builder);
}
