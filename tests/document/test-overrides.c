/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/overrides.h"

#include <string.h>

#include "app/document/document.h"
#include "core/base/error.h"

static const char text[] = "---\ntrellis: 1\n---\n"
                           "```graph {#lenet}\nwidth = 32\nconv1 = Conv2d() { out = width, kernel = 3, padding = \"same\" }\n```\n"
                           "```lua {#fit}\nlocal epochs, name = 3, \"adam\"\nlr = 1e-3 -- rate\nsizes = {1, 2}\nflag = true\nepochs = 4\n```\n";

static TlSnapshot *
open_snapshot (void)
{
  g_autoptr (GBytes)     bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr (TlDocument) document = tl_document_new_from_bytes (bytes, NULL);

  return tl_document_snapshot (document);
}

static void
check (const char *spec,
       const char *cell,
       const char *expected)
{
  g_autoptr (TlSnapshot) snapshot = open_snapshot ();
  g_autoptr (GPtrArray)  overrides = NULL;
  g_autoptr (TlSnapshot) result = NULL;
  GError                *error = NULL;

  overrides = tl_overrides_parse ((const char *const[]){ spec, NULL }, &error);
  g_assert_no_error (error);
  result = tl_overrides_apply (overrides, snapshot, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (tl_snapshot_find (result, cell)->text, expected));
  g_assert_true (g_bytes_equal (result->bytes, snapshot->bytes));
  g_assert_cmpuint (tl_snapshot_find (result, cell)->line, ==, tl_snapshot_find (snapshot, cell)->line);
}

static void
test_apply (void)
{
  check ("fit.epochs=5", "fit", "local epochs, name = 5, \"adam\"");
  check ("fit.lr=1", "fit", "lr = 1 -- rate");
  check ("fit.lr = 0.5", "fit", "lr = 0.5 -- rate");
  check ("fit.name=sgd", "fit", "name = 3, \"sgd\"");
  check ("fit.name='a b'", "fit", "\"a b\"");
  check ("fit.name=3", "fit", "\"3\"");
  check ("fit.sizes={3, 4}", "fit", "sizes = {3, 4}");
  check ("fit.flag=false", "fit", "flag = false");
  check ("lenet.width=64", "lenet", "width = 64\n");
  check ("lenet.conv1.kernel=5", "lenet", "kernel = 5,");
  check ("lenet.conv1.out=8", "lenet", "out = 8,");
  check ("lenet.conv1.stride=2", "lenet", "padding = \"same\", stride = 2 }");
  check ("lenet.conv1.padding=valid", "lenet", "padding = \"valid\" }");
}

static void
test_several (void)
{
  g_autoptr (TlSnapshot) snapshot = open_snapshot ();
  g_autoptr (GPtrArray)  overrides = tl_overrides_parse ((const char *const[]){ "fit.epochs=5", "fit.lr=2", "fit.epochs=6", NULL }, NULL);
  g_autoptr (TlSnapshot) result = tl_overrides_apply (overrides, snapshot, NULL);
  g_autofree char       *spec = tl_override_to_string (overrides->pdata[0]);

  g_assert_cmpstr (spec, ==, "fit.epochs=5");
  g_assert_true (g_str_has_prefix (tl_snapshot_find (result, "fit")->text, "local epochs, name = 6, \"adam\"\nlr = 2 -- rate"));
}

static void
check_error (const char *spec,
             int         code,
             const char *message)
{
  g_autoptr (TlSnapshot) snapshot = open_snapshot ();
  g_autoptr (GError)     error = NULL;
  g_autoptr (GPtrArray)  overrides = tl_overrides_parse ((const char *const[]){ spec, NULL }, &error);

  if (overrides != NULL)
    g_assert_null (tl_overrides_apply (overrides, snapshot, &error));
  g_assert_error (error, TL_ERROR, code);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_errors (void)
{
  check_error ("fit.epochs", TL_ERROR_VALUE, "'fit.epochs': expected CELL.NAME=VALUE or CELL.NODE.ATTRIBUTE=VALUE");
  check_error ("a.b.c.d=1", TL_ERROR_VALUE, "'a.b.c.d=1': expected CELL.NAME=VALUE or CELL.NODE.ATTRIBUTE=VALUE");
  check_error ("fti.epochs=3", TL_ERROR_NAME, "the document has no cell 'fti'; did you mean 'fit'?");
  check_error ("fit.epoch=3", TL_ERROR_NAME, "cell 'fit' has no top-level value 'epoch'; did you mean 'epochs'?");
  check_error ("fit.lr=abc", TL_ERROR_VALUE, "fit.lr: 'abc' is no number");
  check_error ("fit.epochs='3'", TL_ERROR_VALUE, "fit.epochs: ''3'' is a string, but the document has a number");
  check_error ("fit.flag=1", TL_ERROR_VALUE, "fit.flag: '1' is a number, but the document has a boolean");
  check_error ("fit.a.b=1", TL_ERROR_NAME, "cell 'fit' is Lua; only graph cells have nodes ('a')");
  check_error ("lenet.conv2.kernel=5", TL_ERROR_NAME, "cell 'lenet' has no node 'conv2'; did you mean 'conv1'?");
  check_error ("lenet.wdth=5", TL_ERROR_NAME, "cell 'lenet' has no parameter 'wdth'; did you mean 'width'?");
  check_error ("lenet.conv1.kernel=x", TL_ERROR_VALUE, "lenet.conv1.kernel: 'x' is no number");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/document/overrides/apply", test_apply);
  g_test_add_func ("/document/overrides/several", test_several);
  g_test_add_func ("/document/overrides/errors", test_errors);
  return g_test_run ();
}
