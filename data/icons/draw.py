# SPDX-License-Identifier: Apache-2.0
"""Draws the application's icons, so that their geometry can be changed in one place.

A lattice of laths, and on it a vine whose leaves are the nodes of a network: two inputs, a pair of hidden nodes, one flower.

    python3 data/icons/draw.py      writes both SVG files beside itself
"""

import pathlib

FOLDER = pathlib.Path(__file__).parent / 'hicolor'
LICENCE = '<!-- SPDX-License-Identifier: Apache-2.0 -->\n'

# Where the vine's nodes sit on a 128-pixel canvas: from the ground (inputs) up to the flower (output).
INPUTS = [(38, 93), (90, 93)]
HIDDEN = [(38, 61), (64, 66), (90, 61)]
FLOWER = (64, 32)


def tendril(a, b):
    """A stem that leaves a upwards and arrives at b from below."""
    (ax, ay), (bx, by) = a, b
    bend = (ay - by) * 0.55
    return f'M{ax} {ay}C{ax} {ay - bend:g} {bx} {by + bend:g} {bx} {by}'


def stems():
    return ' '.join(tendril(a, b) for a in INPUTS for b in HIDDEN) + ' ' + ' '.join(tendril(a, FLOWER) for a in HIDDEN)


def laths():
    """Two families of slanted laths, cut by the frame's clip."""
    rows = []
    for offset in range(-112, 129, 32):
        rows.append(f'M{offset} 128L{offset + 128} 0')
        rows.append(f'M{offset} 0L{offset + 128} 128')
    return ' '.join(rows)


def circle(centre, radius, fill, more=''):
    return f'<circle cx="{centre[0]}" cy="{centre[1]}" r="{radius:g}" fill="{fill}"{more}/>'


def flower(centre):
    """Five petals around a warm heart."""
    x, y = centre
    petals = [f'<ellipse cx="{x}" cy="{y - 10.5:g}" rx="6.6" ry="8.2" transform="rotate({angle} {x} {y})"/>' for angle in range(0, 360, 72)]
    return '<g fill="#ffffff">' + ''.join(petals) + '</g>' + circle(centre, 5.6, '#f6b73c')


def leaf(foot, side):
    """A leaf that points up and outwards from its foot, to the right (1) or to the left (-1)."""
    x, y = foot
    return f'<path d="M0 0c2 -9 9 -13 17 -13c0 9 -6 15 -17 13z" transform="translate({x} {y}) scale({side} 1)"/>'


def colour():
    leaves = ''.join(leaf(c, a) for c, a in [((42, 49), -1), ((86, 49), 1), ((38, 79), -1), ((90, 79), 1)])
    nodes = ''.join(circle(c, 8, '#ffffff') + circle(c, 4.4, '#1f8a5b') for c in INPUTS + HIDDEN)
    return f'''<?xml version="1.0" encoding="UTF-8"?>
{LICENCE}<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128" viewBox="0 0 128 128">
  <defs>
    <linearGradient id="ground" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="#2fa36b"/>
      <stop offset="1" stop-color="#0f5c4a"/>
    </linearGradient>
    <clipPath id="frame"><rect x="12" y="10" width="104" height="104" rx="22"/></clipPath>
  </defs>
  <rect x="12" y="14" width="104" height="104" rx="22" fill="#0a4538"/>
  <rect x="12" y="10" width="104" height="104" rx="22" fill="url(#ground)"/>
  <g clip-path="url(#frame)">
    <path d="{laths()}" fill="none" stroke="#ffffff" stroke-opacity="0.13" stroke-width="5"/>
  </g>
  <path d="{stems()}" fill="none" stroke="#c9f2c7" stroke-width="3.6" stroke-linecap="round"/>
  <g fill="#8fdc8a">{leaves}</g>
  {nodes}
  {flower(FLOWER)}
</svg>
'''


def symbolic():
    """The same on 16 pixels: three nodes at the foot and the middle, one at the top, and the stems between them."""
    nodes = [(3, 12.5), (13, 12.5), (8, 8), (8, 3)]
    stems16 = 'M3 12.5C3 9.5 5 8 8 8M13 12.5C13 9.5 11 8 8 8M8 8V3M3 12.5C3 6 4.5 3 8 3M13 12.5C13 6 11.5 3 8 3'
    dots = ''.join(f'<circle cx="{x}" cy="{y}" r="2"/>' for x, y in nodes)
    return f'''<?xml version="1.0" encoding="UTF-8"?>
{LICENCE}<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">
  <path d="{stems16}" fill="none" stroke="#2e3436" stroke-width="1.2" stroke-linecap="round"/>
  <g fill="#2e3436">{dots}</g>
</svg>
'''


if __name__ == '__main__':
    (FOLDER / 'scalable/apps/org.trellisml.Trellis.svg').write_text(colour())
    (FOLDER / 'symbolic/apps/org.trellisml.Trellis-symbolic.svg').write_text(symbolic())
