/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/colour-common.h"

static const TlAttrSpec attrs[] = {
  { "hue_factor", "how far colours are turned: 1 is once around", TL_ATTR_FLOAT, .required = TRUE, .has_range = TRUE, .min = -0.5, .max = 0.5 },
  { NULL },
};

/* The angle of a colour in sixths of the circle, from the largest of red, green and blue, and how far the other two are apart. */
static TlTensor *
find_angle (TlFormula *f,
            TlTensor **colours,
            TlTensor  *chroma)
{
  TlTensor *factor = tl_formula_map (f, "select (a == 0, 0, 1 / select (a == 0, 1, a))", 1, chroma), *apart[3];

  for (guint i = 0; i < 3; i++)
    apart[i] = tl_formula_map (f, "(a - b) * c", 3, colours[(i + 1) % 3], colours[(i + 2) % 3], factor);
  return tl_formula_map (f, "select (and (a >= b, a >= c), d, select (b >= c, 2 + e, 4 + f))", 6, colours[0], colours[1], colours[2], apart[0], apart[1], apart[2]);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  static const double places[] = { 5, 3, 1 };
  TlTensor           *colours[3], *channels[3], *value, *chroma, *angle;
  TlFormula           f;

  tl_formula_init (&f, error);
  for (guint i = 0; i < 3; i++)
    colours[i] = tl_formula_narrow (&f, self->in[0], -3, i, 1);
  value = tl_formula_map (&f, "max (a, max (b, c))", 3, colours[0], colours[1], colours[2]);
  chroma = tl_formula_map (&f, "max (a, max (b, c)) - min (a, min (b, c))", 3, colours[0], colours[1], colours[2]);
  angle = find_angle (&f, colours, chroma);
  for (guint i = 0; i < 3; i++) {
    TlTensor *at = tl_formula_number (&f, "mod (a + b, 6)", angle, places[i] + 6 * self->attrs[0].d);

    channels[i] = tl_formula_map (&f, "a - b * max (min (min (c, 4 - c), 1), 0)", 3, value, chroma, at);
  }
  return tl_formula_into (&f, f.has_failed ? NULL : tl_formula_concat (&f, -3, 3, channels), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,2,4", "hue_factor = 0.2", 0.01, 0.99 },
  { "2,3,2,3", "hue_factor = -0.37", 0.01, 0.99 },
  { "f32:3,1,2", "hue_factor = 0.5", 0, 1, .special = "0.5 1 0.5 0 0.5" },
  { "0,3,2,2", "hue_factor = 0.1" },
  { NULL },
};

const TlOpClass tl_op_adjust_hue = {
  .name = "adjust_hue",
  .group = "image",
  .doc = "Pictures with their colours turned around the circle.",
  .formula = "y = rgb of (h + f mod 1, s, v), (h, s, v) of x",
  .source = "Smith 1978, doi:10.1145/800248.807361",
  .in = tl_colour_ports,
  .attrs = attrs,
  .infer = tl_colour_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.tensor([__import__('colorsys').hsv_to_rgb((c[0] + hue_factor) % 1, c[1], c[2]) for c in (__import__('colorsys').rgb_to_hsv(*p) for p in x0.movedim(-3, -1).reshape(-1, 3).tolist())], dtype=x0.dtype).reshape(x0.movedim(-3, -1).shape).movedim(-1, -3)",
};
