/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/shell/panes.h"

#include "ui/shell/settings.h"

enum {
  PROP_SIDEBAR_VISIBLE = 1,
  PROP_INSPECTOR_VISIBLE,
  PROP_TRAINING_VISIBLE,
  N_PROPERTIES
};
static GParamSpec *properties[N_PROPERTIES];

struct _TlPanes {
  GObject parent_instance;

  gboolean visible[N_PROPERTIES];
};

G_DEFINE_FINAL_TYPE (TlPanes, tl_panes, G_TYPE_OBJECT)

static void
tl_panes_get_property (GObject    *object,
                       guint       id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  g_value_set_boolean (value, TL_PANES (object)->visible[id]);
}

static void
tl_panes_set_property (GObject      *object,
                       guint         id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  TlPanes *self = TL_PANES (object);

  if (self->visible[id] == g_value_get_boolean (value))
    return;
  self->visible[id] = g_value_get_boolean (value);
  g_object_notify_by_pspec (object, pspec);
}

static void
tl_panes_class_init (TlPanesClass *klass)
{
  static const char *const names[] = { NULL, "sidebar-visible", "inspector-visible", "training-visible" };
  GObjectClass            *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tl_panes_get_property;
  object_class->set_property = tl_panes_set_property;
  for (guint i = 1; i < N_PROPERTIES; i++)
    properties[i] = g_param_spec_boolean (names[i], NULL, NULL, TRUE,
                                          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
tl_panes_init (TlPanes *self)
{
  for (guint i = 1; i < N_PROPERTIES; i++)
    self->visible[i] = TRUE;
}

TlPanes *
tl_panes_get_default (void)
{
  static TlPanes *panes;

  if (panes == NULL) {
    panes = g_object_new (TL_TYPE_PANES, NULL);
    for (guint i = 1; i < N_PROPERTIES; i++)
      tl_settings_bind (properties[i]->name, panes, properties[i]->name);
  }
  return panes;
}
