/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gi18n.h>
#include <locale.h>

#include "ui/shell/application.h"

#include "config.h"

int
main (int    argc,
      char **argv)
{
  g_autoptr (TlApplication) application = NULL;

  /* By this name shells find the icon and the desktop file of a window, however the program was called. */
  g_set_prgname ("org.trellisml.Trellis");
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, TL_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  tl_ui_init ();
  application = tl_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
