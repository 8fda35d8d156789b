# SPDX-License-Identifier: Apache-2.0
"""Writes a file as a C array: embed.py INPUT OUTPUT NAME"""

import pathlib
import sys

data = pathlib.Path(sys.argv[1]).read_bytes()
rows = [', '.join(str(byte) for byte in data[i:i + 20]) for i in range(0, len(data), 20)]
pathlib.Path(sys.argv[2]).write_text(
    '/* Made from library.lua. */\n#include "lua/lua-private.h"\n\n'
    + f'const char {sys.argv[3]}[] = {{\n  ' + ',\n  '.join(rows) + ',\n  0,\n};\n\n'
    + f'const gsize {sys.argv[3]}_n_bytes = {len(data)};\n')
