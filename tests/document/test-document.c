/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document.h"

#include <string.h>

#include "core/base/error.h"

static const char sample[] = "---\n"
                             "trellis: 1\n"
                             "seed: 42\n"
                             "author: somebody # kept\n"
                             "---\n"
                             "# Title\n"
                             "\n"
                             "```lua {#load}\n"
                             "train = 1\n"
                             "```\n"
                             "\n"
                             "```graph {#net}\n"
                             "width = 32\n"
                             "a = Input { shape = {N, 4} }\n"
                             "--@ a 1,1\n"
                             "```\n"
                             "\n"
                             "Some prose.\n"
                             "\n"
                             "````lua {#fit}\n"
                             "epochs = 3\n"
                             "````\n";

static TlDocument *
open_text (const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  GError            *error = NULL;
  TlDocument        *document = tl_document_new_from_bytes (bytes, &error);

  g_assert_no_error (error);
  return document;
}

static char *
text_of (TlDocument *document)
{
  g_autoptr (GBytes) bytes = tl_document_to_bytes (document);

  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
assert_text (TlDocument *document,
             const char *expected)
{
  g_autofree char *text = text_of (document);

  g_assert_cmpstr (text, ==, expected);
}

/* The cells as a string: kind, id and text of each. */
static char *
outline (TlDocument *document)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < tl_document_get_n_cells (document); i++) {
    TlCell *cell = tl_document_get_cell (document, i);

    g_string_append_printf (out, "%s%s:%s:%s", i ? "|" : "", tl_cell_kind_to_string (tl_cell_get_kind (cell)),
                            tl_cell_get_id (cell) ? tl_cell_get_id (cell) : "", tl_cell_get_text (cell, NULL));
  }
  return g_string_free (out, FALSE);
}

static void
assert_outline (const char *text,
                const char *expected)
{
  g_autoptr (TlDocument) document = open_text (text);
  g_autofree char       *found = outline (document);

  g_assert_cmpstr (found, ==, expected);
  assert_text (document, text);
}

static void
undo_all (TlDocument *document)
{
  while (tl_document_undo (document, NULL))
    ;
}

static void
test_read (void)
{
  g_autoptr (TlDocument) document = open_text (sample);
  g_autofree char       *found = outline (document);
  g_autofree char       *author = tl_document_get_front_matter (document, "author");
  gint64                 seed;
  guint                  first, n_lines, cell_line;

  g_assert_cmpstr (found, ==,
                   "text::# Title|lua:load:train = 1|graph:net:width = 32\na = Input { shape = {N, 4} }\n--@ a 1,1|"
                   "text::Some prose.|lua:fit:epochs = 3");
  g_assert_true (tl_document_get_seed (document, &seed));
  g_assert_cmpint (seed, ==, 42);
  g_assert_cmpstr (author, ==, "somebody");
  g_assert_cmpuint (tl_document_get_diagnostics (document)->len, ==, 0);
  tl_cell_get_lines (tl_document_find_cell (document, "net"), &first, &n_lines);
  g_assert_cmpuint (first, ==, 13);
  g_assert_cmpuint (n_lines, ==, 3);
  g_assert_true (tl_document_cell_at_line (document, 14, &cell_line) == tl_document_find_cell (document, "net"));
  g_assert_cmpuint (cell_line, ==, 2);
  g_assert_cmpuint (tl_cell_get_graph (tl_document_find_cell (document, "net"))->n_nodes, ==, 1);
  assert_text (document, sample);
}

static void
test_shapes (void)
{
  assert_outline ("", "");
  assert_outline ("\n\n", "");
  assert_outline ("text", "text::text");
  assert_outline ("\xef\xbb\xbf---\r\ntrellis: 1\r\n---\r\n\r\nA\r\nB \r\n", "text::A\nB ");
  assert_outline ("```lua {#a}\n```", "lua:a:");
  assert_outline ("```lua {#a}\n\n```\n", "lua:a:");
  assert_outline ("```lua {#a}\nx = 1", "lua:a:x = 1");
  assert_outline ("```lua {#a}", "lua:a:");
  assert_outline ("`````lua {#a}\n```\n````\n`````\n", "lua:a:```\n````");
  assert_outline ("```lua{#a}  \r\nx\n``` \ny", "lua:a:x|text::y");
  assert_outline ("```c\n```lua {#a}\n```\n", "text::```c\n```lua {#a}\n```");
  assert_outline ("~~~\n```lua {#a}\n~~~\n```lua {#b}\n```\n", "text::~~~\n```lua {#a}\n~~~|lua:b:");
  assert_outline (" ```lua {#a}\n", "text:: ```lua {#a}");
  assert_outline ("```lua\nx\n```\n", "text::```lua\nx\n```");
  assert_outline ("```python {#a}\nx\n```\n", "text::```python {#a}\nx\n```");
  assert_outline ("```lua {#a .wide}\n```\n", "lua:a:");
  assert_outline ("a ``` b\n```lua {#a} `x`\n", "text::a ``` b\n```lua {#a} `x`");
  assert_outline ("---\nnot front matter\n---\n", "text::---\nnot front matter\n---");
  assert_outline ("---\nseed: 1\n", "text::---\nseed: 1");
  assert_outline ("A\n\n\n```lua {#a}\n```\n  \n\n```graph {#b}\nx\n```\n\n\nB\n\n", "text::A|lua:a:|graph:b:x|text::B");
}

static void
test_bytes_kept (void)
{
  static const char      raw[] = "\x80\xff\r\n```lua {#a}\r\nx = '\xfe'\n\0y\r\r\n```\n tail \t";
  g_autoptr (GBytes)     bytes = g_bytes_new_static (raw, sizeof raw - 1);
  g_autoptr (TlDocument) document = tl_document_new_from_bytes (bytes, NULL);
  g_autoptr (GBytes)     again = tl_document_to_bytes (document);
  TlCell                *cell = tl_document_find_cell (document, "a");

  g_assert_true (g_bytes_equal (bytes, again));
  g_assert_false (tl_cell_is_text (cell));
  g_assert_true (tl_document_replace_text (document, cell, 0, 1, "zz\nz", -1, NULL));
  g_assert_true (tl_document_undo (document, NULL));
  g_bytes_unref (again);
  again = tl_document_to_bytes (document);
  g_assert_true (g_bytes_equal (bytes, again));
}

static void
assert_diagnostic (const char      *text,
                   TlDiagnosticCode code,
                   TlSeverity       severity,
                   guint            line)
{
  g_autoptr (TlDocument) document = open_text (text);
  GPtrArray             *list = tl_document_get_diagnostics (document);

  for (guint i = 0; i < list->len; i++) {
    TlDiagnostic *diagnostic = list->pdata[i];

    g_test_message ("%u: %s", diagnostic->line, diagnostic->message);
    if (diagnostic->code == code) {
      g_assert_cmpuint (diagnostic->line, ==, line);
      g_assert_cmpint (diagnostic->severity, ==, severity);
      return;
    }
  }
  g_assert_not_reached ();
}

static void
test_diagnostics (void)
{
  assert_diagnostic ("---\ntrellis: 1\n---\n```lua {#a}\n```\n```graph {#a}\n```\n", TL_DIAGNOSTIC_DUPLICATE_ID, TL_SEVERITY_ERROR, 6);
  assert_diagnostic ("x\n\n```lua {#1a}\n```\n", TL_DIAGNOSTIC_INVALID_ID, TL_SEVERITY_ERROR, 3);
  assert_diagnostic ("```lua {#end}\n```\n", TL_DIAGNOSTIC_INVALID_ID, TL_SEVERITY_ERROR, 1);
  assert_diagnostic ("```lua {#}\n```\n", TL_DIAGNOSTIC_MISSING_ID, TL_SEVERITY_ERROR, 1);
  assert_diagnostic ("x\n```lua\n```\n", TL_DIAGNOSTIC_MISSING_ID, TL_SEVERITY_NOTE, 2);
  assert_diagnostic ("x\n```lua {#a}\ny = 1\n", TL_DIAGNOSTIC_UNCLOSED, TL_SEVERITY_ERROR, 2);
  assert_diagnostic ("x\n```\ny\n```lua {#a}\nx\n", TL_DIAGNOSTIC_UNCLOSED, TL_SEVERITY_ERROR, 2);
  assert_diagnostic ("a\n\n```lua {#a}\n<<<<<<< ours\nx\n=======\ny\n>>>>>>> theirs\n```\n", TL_DIAGNOSTIC_CONFLICT, TL_SEVERITY_ERROR, 4);
  assert_diagnostic ("a\n\xff\n", TL_DIAGNOSTIC_ENCODING, TL_SEVERITY_WARNING, 1);
  assert_diagnostic ("---\nseed: 1\ntrellis: 2.5\n---\n", TL_DIAGNOSTIC_VERSION, TL_SEVERITY_WARNING, 3);
  assert_diagnostic ("---\ntrellis: abc\n---\n", TL_DIAGNOSTIC_VERSION, TL_SEVERITY_ERROR, 2);
  assert_diagnostic ("---\ntrellis: 1\nseed: x\n---\n", TL_DIAGNOSTIC_FRONT_MATTER, TL_SEVERITY_ERROR, 3);
}

static void
test_read_only (void)
{
  g_autoptr (TlDocument) document = open_text ("---\ntrellis: 2\n---\n```lua {#a}\nx\n```\n");
  g_autoptr (GError)     error = NULL;

  g_assert_true (tl_document_is_read_only (document));
  g_assert_false (tl_document_replace_text (document, tl_document_get_cell (document, 0), 0, 0, "y", 1, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED);
}

static void
test_one_line_changes (void)
{
  static const char      text[] = "---\r\ntrellis: 1\r\n---\r\n\r\n```lua {#a}\r\nx = 1\ny = 2\r\nz = 3\r\n```\r\n";
  g_autoptr (TlDocument) document = open_text (text);
  TlCell                *cell = tl_document_find_cell (document, "a");

  g_assert_cmpstr (tl_cell_get_text (cell, NULL), ==, "x = 1\ny = 2\nz = 3");
  g_assert_true (tl_document_replace_text (document, cell, 10, 1, "7\nw = 8", -1, NULL));
  assert_text (document, "---\r\ntrellis: 1\r\n---\r\n\r\n```lua {#a}\r\nx = 1\ny = 7\r\nw = 8\r\nz = 3\r\n```\r\n");
  g_assert_true (tl_document_set_front_matter (document, "seed", "5", NULL));
  assert_text (document, "---\r\ntrellis: 1\r\nseed: 5\r\n---\r\n\r\n```lua {#a}\r\nx = 1\ny = 7\r\nw = 8\r\nz = 3\r\n```\r\n");
  g_assert_true (tl_document_set_cell_id (document, cell, "b", NULL));
  g_assert_cmpstr (tl_cell_get_id (cell), ==, "b");
  undo_all (document);
  assert_text (document, text);
  g_assert_cmpstr (tl_cell_get_id (cell), ==, "a");
}

static void
test_cells (void)
{
  g_autoptr (TlDocument) document = open_text ("A\n\n```lua {#a}\nx\n```");
  g_autoptr (GError)     error = NULL;
  TlCell                *a = tl_document_find_cell (document, "a"), *b;
  guint64                uid = tl_cell_get_uid (a);

  b = tl_document_insert_cell (document, 2, TL_CELL_GRAPH, NULL, "n = R {}", NULL);
  assert_text (document, "A\n\n```lua {#a}\nx\n```\n\n```graph {#model}\nn = R {}\n```\n");
  tl_document_move_cell (document, b, 0, NULL);
  assert_text (document, "```graph {#model}\nn = R {}\n```\n\nA\n\n```lua {#a}\nx\n```\n\n");
  tl_document_remove_cell (document, a, NULL);
  g_assert_null (tl_document_find_cell (document, "a"));
  g_assert_cmpint (tl_cell_get_index (a), ==, -1);
  assert_text (document, "```graph {#model}\nn = R {}\n```\n\nA\n\n");
  tl_document_set_cell_kind (document, b, TL_CELL_LUA, NULL);
  assert_text (document, "```lua {#model}\nn = R {}\n```\n\nA\n\n");
  tl_document_set_cell_kind (document, b, TL_CELL_TEXT, NULL);
  assert_text (document, "n = R {}\n\nA\n\n");
  tl_document_set_cell_kind (document, tl_document_get_cell (document, 1), TL_CELL_LUA, NULL);
  assert_text (document, "n = R {}\n\n```lua {#cell}\nA\n```\n\n");
  g_assert_null (tl_document_insert_cell (document, 0, TL_CELL_LUA, "cell", NULL, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_NAME);
  undo_all (document);
  assert_text (document, "A\n\n```lua {#a}\nx\n```");
  g_assert_true (tl_document_find_cell (document, "a") == a);
  g_assert_cmpuint (tl_cell_get_uid (a), ==, uid);
  g_assert_false (tl_document_is_modified (document));
  while (tl_document_redo (document, NULL))
    ;
  assert_text (document, "n = R {}\n\n```lua {#cell}\nA\n```\n\n");
}

/* Whatever is typed, the file reads back as the cells that are shown. */
static void
test_fences (void)
{
  g_autoptr (TlDocument) document = open_text ("A\n\n```lua {#a}\nx\n```\n\nB\n");
  TlCell                *code = tl_document_find_cell (document, "a"), *prose = tl_document_get_cell (document, 0);

  /* Code with a fence in it. */
  tl_document_set_text (document, code, "s = [[\n```\n]]", NULL);
  assert_text (document, "A\n\n````lua {#a}\ns = [[\n```\n]]\n````\n\nB\n");
  /* A fence in prose that is not closed yet. */
  tl_document_set_text (document, prose, "A\n```c\nint x;", NULL);
  assert_text (document, "A\n```c\nint x;\n```\n\n````lua {#a}\ns = [[\n```\n]]\n````\n\nB\n");
  undo_all (document);
  assert_text (document, "A\n\n```lua {#a}\nx\n```\n\nB\n");
  /* A cell typed into prose. */
  prose = tl_document_get_cell (document, 2);
  for (const char *p = "\n```lua {#b}"; *p; p++)
    g_assert_true (tl_document_replace_text (document, prose, strlen (tl_cell_get_text (prose, NULL)), 0, p, 1, NULL));
  assert_text (document, "A\n\n```lua {#a}\nx\n```\n\nB\n\n```lua {#b}\n```\n");
  g_assert_nonnull (tl_document_find_cell (document, "b"));
  undo_all (document);
  assert_text (document, "A\n\n```lua {#a}\nx\n```\n\nB\n");
}

static void
test_typing (void)
{
  g_autoptr (TlDocument) document = open_text ("```lua {#a}\n\n```\n");
  TlCell                *cell = tl_document_get_cell (document, 0), *shown = NULL;
  guint                  n_steps, position;

  for (guint i = 0; i < 5; i++)
    tl_document_replace_text (document, cell, i, 0, &"hello"[i], 1, NULL);
  tl_document_get_history (document, &n_steps, &position);
  g_assert_cmpuint (n_steps, ==, 1);
  g_assert_cmpstr (tl_document_get_undo_description (document), ==, "typing in a");
  for (guint i = 5; i > 3; i--)
    tl_document_replace_text (document, cell, i - 1, 1, NULL, 0, NULL);
  tl_document_get_history (document, &n_steps, &position);
  g_assert_cmpuint (n_steps, ==, 2);
  tl_document_replace_text (document, cell, 3, 0, "\n", 1, NULL);
  tl_document_replace_text (document, cell, 4, 0, "x", 1, NULL);
  tl_document_get_history (document, &n_steps, &position);
  g_assert_cmpuint (n_steps, ==, 4);
  tl_document_break_typing (document);
  tl_document_replace_text (document, cell, 5, 0, "y", 1, NULL);
  tl_document_get_history (document, &n_steps, &position);
  g_assert_cmpuint (n_steps, ==, 5);
  tl_document_go_to (document, 1);
  g_assert_cmpstr (tl_cell_get_text (cell, NULL), ==, "hello");
  g_assert_true (tl_document_undo (document, &shown));
  g_assert_true (shown == cell);
  g_assert_false (tl_document_can_undo (document));
  assert_text (document, "```lua {#a}\n\n```\n");
}

static void
test_saved_mark (void)
{
  g_autoptr (TlDocument) document = open_text ("A\n");
  TlCell                *cell = tl_document_get_cell (document, 0);

  tl_document_replace_text (document, cell, 1, 0, "b", 1, NULL);
  g_assert_true (tl_document_is_modified (document));
  tl_document_mark_saved (document);
  g_assert_false (tl_document_is_modified (document));
  tl_document_replace_text (document, cell, 2, 0, "c", 1, NULL);
  g_assert_true (tl_document_is_modified (document));
  tl_document_undo (document, NULL);
  g_assert_cmpstr (tl_cell_get_text (cell, NULL), ==, "Ab");
  g_assert_false (tl_document_is_modified (document));
  tl_document_undo (document, NULL);
  g_assert_true (tl_document_is_modified (document));
  tl_document_replace_text (document, cell, 1, 0, "z", 1, NULL);
  tl_document_undo (document, NULL);
  g_assert_true (tl_document_is_modified (document));
}

static void
test_graph (void)
{
  g_autoptr (TlDocument) document = open_text (sample);
  TlCell                *net = tl_document_find_cell (document, "net");
  g_autoptr (GError)     error = NULL;
  g_autofree char       *name = tl_document_add_node (document, net, NULL, "Linear", (const char *const[]){ "a", NULL }, "out = width", TRUE, 3, 1, &error);
  const char            *names[] = { "a" };
  double                 x[] = { 2 }, y[] = { 2 };

  g_assert_no_error (error);
  g_assert_cmpstr (name, ==, "linear");
  g_assert_true (tl_document_set_attr (document, net, "linear", "bias", "false", &error));
  g_assert_true (tl_document_set_param (document, net, "width", "64", &error));
  g_assert_true (tl_document_set_param (document, tl_document_find_cell (document, "fit"), "epochs", "7", &error));
  g_assert_true (tl_document_rename_node (document, net, "linear", "fc", &error));
  g_assert_true (tl_document_move_nodes (document, net, 1, names, x, y, &error));
  g_assert_cmpstr (tl_cell_get_text (net, NULL), ==,
                   "width = 64\na = Input { shape = {N, 4} }\nfc = Linear(a) { out = width, bias = false }\n--@ a 2,2\n--@ fc 3,1");
  g_assert_cmpstr (tl_cell_get_text (tl_document_find_cell (document, "fit"), NULL), ==, "epochs = 7");
  g_assert_false (tl_document_connect_nodes (document, net, "a", 0, "fc", &error));
  g_assert_cmpstr (error->message, ==, "net: linking 'fc' to 'a' would close a circle");
  g_assert_cmpstr (tl_document_get_undo_description (document), ==, "move a");
  undo_all (document);
  assert_text (document, sample);
}

static void
count_cb (TlDocument *document,
          guint      *count)
{
  ++*count;
}

static void
changed_cb (TlDocument *document,
            TlCell     *cell,
            guint64     start,
            guint64     n_removed,
            guint64     n_inserted,
            GString    *mirror)
{
  g_string_erase (mirror, start, n_removed);
  g_string_insert_len (mirror, start, tl_cell_get_text (cell, NULL) + start, n_inserted);
  g_assert_cmpstr (mirror->str, ==, tl_cell_get_text (cell, NULL));
}

/* A view that only listens stays the same as the document. */
static void
test_signals (void)
{
  g_autoptr (TlDocument) document = open_text (sample);
  TlCell                *net = tl_document_find_cell (document, "net");
  g_autoptr (GString)    mirror = g_string_new (tl_cell_get_text (net, NULL));
  guint                  n_changed = 0, n_modified = 0;

  g_signal_connect (document, "cell-changed", G_CALLBACK (changed_cb), mirror);
  g_signal_connect (document, "changed", G_CALLBACK (count_cb), &n_changed);
  g_signal_connect (document, "modified-changed", G_CALLBACK (count_cb), &n_modified);
  g_free (tl_document_add_node (document, net, (const char *const[]){ "b", NULL }, "ReLU", (const char *const[]){ "a", NULL }, NULL, TRUE, 1, 2, NULL));
  tl_document_rename_node (document, net, "a", "input", NULL);
  tl_document_remove_nodes (document, net, (const char *const[]){ "b", NULL }, NULL);
  undo_all (document);
  g_assert_cmpuint (n_changed, ==, 6);
  g_assert_cmpuint (n_modified, ==, 2);
}

static void
test_groups (void)
{
  g_autoptr (TlDocument) document = open_text (sample);
  guint                  n_steps, position;

  tl_document_begin_group (document, "many things");
  tl_document_set_text (document, tl_document_get_cell (document, 0), "X", NULL);
  tl_document_remove_cell (document, tl_document_get_cell (document, 1), NULL);
  tl_document_insert_cell (document, 0, TL_CELL_TEXT, NULL, "Y", NULL);
  tl_document_end_group (document);
  tl_document_get_history (document, &n_steps, &position);
  g_assert_cmpuint (n_steps, ==, 1);
  g_assert_cmpstr (tl_document_get_undo_description (document), ==, "many things");
  tl_document_undo (document, NULL);
  assert_text (document, sample);
}

static void
test_split (void)
{
  g_autoptr (TlDocument) document = open_text ("```lua {#a}\nx = 1\ny = 2\n```\n");
  TlCell                *other = tl_document_split_cell (document, tl_document_get_cell (document, 0), 6, NULL);

  g_assert_cmpstr (tl_cell_get_id (other), ==, "a2");
  assert_text (document, "```lua {#a}\nx = 1\n```\n\n```lua {#a2}\ny = 2\n```\n");
  undo_all (document);
  assert_text (document, "```lua {#a}\nx = 1\ny = 2\n```\n");
}

static void
test_limits (void)
{
  g_autoptr (GString) text = g_string_new ("a\n");
  g_autoptr (GBytes)  bytes = NULL;
  g_autoptr (GError)  error = NULL;

  for (guint i = 0; i <= TL_DOCUMENT_MAX_LINE_BYTES; i++)
    g_string_append_c (text, 'x');
  bytes = g_string_free_to_bytes (g_steal_pointer (&text));
  g_assert_null (tl_document_new_from_bytes (bytes, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "line 2"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/document/document/read", test_read);
  g_test_add_func ("/document/document/shapes", test_shapes);
  g_test_add_func ("/document/document/bytes-kept", test_bytes_kept);
  g_test_add_func ("/document/document/diagnostics", test_diagnostics);
  g_test_add_func ("/document/document/read-only", test_read_only);
  g_test_add_func ("/document/document/one-line-changes", test_one_line_changes);
  g_test_add_func ("/document/document/cells", test_cells);
  g_test_add_func ("/document/document/fences", test_fences);
  g_test_add_func ("/document/document/typing", test_typing);
  g_test_add_func ("/document/document/saved-mark", test_saved_mark);
  g_test_add_func ("/document/document/graph", test_graph);
  g_test_add_func ("/document/document/signals", test_signals);
  g_test_add_func ("/document/document/groups", test_groups);
  g_test_add_func ("/document/document/split", test_split);
  g_test_add_func ("/document/document/limits", test_limits);
  return g_test_run ();
}
