# SPDX-License-Identifier: Apache-2.0
"""Checks the tree itself: who includes whom, file sizes, licences, tables, formatting.  Speaks TAP.

    check.py SOURCE_ROOT                 every check
    check.py SOURCE_ROOT --headers CC... whether each header compiles alone, with this compiler and these flags
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

# A folder may include what stands before it and itself, and nothing else of the tree.
ORDER = [
    'core/kernels', 'core/base', 'core/tensor', 'core/graph', 'core/op', 'core/nn', 'core/optim', 'core/io', 'core/data',
    'core/train', 'core/zoo', 'core/dist', 'gpu', 'lua/syntax', 'lua', 'app', 'ui',
]
MAX_LINES = 900
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
LICENCE = 'SPDX-License-Identifier: Apache-2.0'
WITH_LICENCE = {'.c', '.h', '.def', '.lua', '.py', '.sh', '.build', '.css', '.ui', '.xml', '.svg', '.k', '.cl', '.cu'}
WITH_LICENCE_NAMES = {'run', 'test', '.ci/run', '.ci/packages', 'meson_options.txt'}
# Paths of somebody's machine; the left side keeps addresses and longer paths out.
MACHINE = re.compile(r'(?<![\w./-])/(?:home|root|work|Users|mnt)/\w')
TABLES = ['core/op', 'core/nn', 'core/optim', 'core/data', 'core/train', 'core/io']
ROW = re.compile(r'^(?!TL_LAYER_OP\b)[A-Z][A-Z0-9_]*\s*\(\s*"?([A-Za-z0-9_]+)"?', re.MULTILINE)


def tracked_files(root):
    """Every file of the project: what git knows, or where there is no git, what is there."""
    try:
        output = subprocess.run(['git', '-C', str(root), 'ls-files', '-z'], capture_output=True, check=True).stdout
        names = output.decode().split('\0')
    except (OSError, subprocess.CalledProcessError):
        names = [str(p.relative_to(root)) for p in root.rglob('*') if p.is_file()]
        names = [n for n in names if not n.startswith(('build', '.git/')) and '.trellis.d/' not in n and '__pycache__/' not in n]
    return sorted(n for n in names if n and (root / n).is_file())


def layer_of(name):
    """The room a file stands in: the longest folder of ORDER that holds it, as its place in the order."""
    found = [i for i, folder in enumerate(ORDER) if name.startswith(folder + '/')]
    return max(found, key=lambda i: len(ORDER[i]), default=None)


def read(root, name):
    return (root / name).read_text(encoding='utf-8', errors='replace')


def check_includes(root, names):
    for name in names:
        here = layer_of(name)
        if not name.endswith(('.c', '.h')) or here is None:
            continue
        for included in INCLUDE.findall(read(root, name)):
            there = layer_of(included)
            if there is None and '/' not in included:
                continue
            if there is None:
                yield f'{name} includes {included}, which is in no room'
            elif there > here:
                yield f'{name} includes {included}, upwards from {ORDER[here]}'


def check_kernels(root, names):
    for name in names:
        if name.startswith('core/kernels/') and re.search(r'#\s*include\s*<(glib|gio)', read(root, name)):
            yield f'{name} includes GLib'


def check_toolkit(root, names):
    for name in names:
        if name.endswith(('.c', '.h')) and name.startswith(('core/', 'lua/', 'app/', 'gpu/')):
            if re.search(r'#\s*include\s*<(gtk|gdk|adwaita|gtksourceview)', read(root, name)):
                yield f'{name} includes the desktop toolkit'


def check_licences(root, names):
    for name in names:
        if pathlib.Path(name).suffix in WITH_LICENCE or name.endswith('meson.build') or name in WITH_LICENCE_NAMES:
            if LICENCE not in read(root, name)[:400]:
                yield f'{name} does not name its licence'


def check_sizes(root, names):
    for name in names:
        if name.endswith(('.c', '.h', '.lua', '.py')):
            n_lines = read(root, name).count('\n')
            if n_lines > MAX_LINES:
                yield f'{name} has {n_lines} lines, more than {MAX_LINES}'


def check_guards(root, names):
    for name in names:
        if name.endswith('.h') and '/pch/' not in name and '#pragma once' not in read(root, name)[:400]:
            yield f'{name} can be included twice'


def check_binaries(root, names):
    """What is not text is data or a sample for a test: the checkpoint of a run does not belong to the project."""
    for name in names:
        if not name.startswith(('data/', 'tests/')) and b'\0' in (root / name).read_bytes()[:4096]:
            yield f'{name} is not text; such files live in data/ and tests/'


def check_machine_paths(root, names):
    for name in names:
        if name.startswith('LICENSE') or name.endswith(('.csv', '.png', '.safetensors')) or '/corpus/' in name:
            continue
        for number, line in enumerate(read(root, name).splitlines(), 1):
            if MACHINE.search(line):
                yield f'{name}:{number} names a path of one machine: {line.strip()[:80]}'


def check_tables(root, names):
    """A row of a table has a file of its name in the table's folder."""
    known = set(names)
    for name in names:
        folder = os.path.dirname(name)
        if not name.endswith('.def') or folder not in TABLES:
            continue
        for row in ROW.findall(re.sub(r'/\*.*?\*/', '', read(root, name), flags=re.DOTALL)):
            if f"{folder}/{row.replace('_', '-')}.c" not in known and f'{folder}/{row}.c' not in known:
                yield f'{name}: the row {row} has no file {folder}/{row}.c'


def check_translations(root, names):
    """po/POTFILES.in lists exactly the files with text for translation."""
    listed = [line for line in read(root, 'po/POTFILES.in').splitlines() if line and not line.startswith('#')]
    wanted = {n for n in names if n.startswith('data/') and n.endswith(('.desktop.in', '.metainfo.xml.in', '.gschema.xml'))}
    for name in names:
        if name.startswith(('ui/', 'app/')):
            if name.endswith('.ui') and 'translatable="yes"' in read(root, name):
                wanted.add(name)
            elif name.endswith('.c') and re.search(r'\b(?:N|C|ng)?_ ?\("', read(root, name)):
                wanted.add(name)
    for name in sorted(wanted - set(listed)):
        yield f'{name} has text for translation and is not in po/POTFILES.in'
    for name in sorted(set(listed) - wanted):
        yield f'po/POTFILES.in lists {name}, which has none'
    if listed != sorted(listed):
        yield 'po/POTFILES.in is not sorted'


def check_format(root, names):
    tool = shutil.which('clang-format-14') or shutil.which('clang-format')
    if tool is None:
        return 'clang-format is not installed'
    version = subprocess.run([tool, '--version'], capture_output=True, text=True, check=True).stdout
    if ' 14.' not in version:
        return f'clang-format 14 is wanted, this is {version.strip()}'
    files = [n for n in names if n.endswith(('.c', '.h'))]
    result = subprocess.run([tool, '--dry-run', '--Werror', '--ferror-limit=1'] + files, cwd=root, capture_output=True, text=True)
    wrong = sorted({line.split(':')[0] for line in result.stderr.splitlines() if 'clang-format-violations' in line})
    return [f'{name} is not formatted; run clang-format -i on it' for name in wrong]


def first_include(text):
    found = re.search(r'^#\s*include [<"](.*)[>"]', text, re.MULTILINE)
    return found and found[1]


def check_headers(root, names, compiler):
    headers = [n for n in names if n.endswith('.h') and n.startswith(('core/', 'lua/', 'app/', 'ui/', 'gpu/'))]
    if not any('gtk-4' in flag for flag in compiler):
        headers = [n for n in headers if not n.startswith('ui/')]
    # A file that includes its own header before any other proves it whenever it is compiled, unless a precompiled one comes first.
    precompiled = {n.split('/pch/')[0] for n in names if '/pch/' in n}
    proven = {first_include(read(root, n)) for n in names
              if n.endswith('.c') and not n.endswith('_tmpl.c') and not any(n.startswith(p + '/') for p in precompiled)}
    headers = [n for n in headers if n not in proven]

    def compile_alone(name):
        source = f'#include "{name}"\n'
        command = compiler + ['-x', 'c', '-std=gnu17', '-fsyntax-only', '-Wno-unused', '-I', str(root), '-']
        result = subprocess.run(command, input=source, capture_output=True, text=True)
        lines = [line for line in result.stderr.splitlines() if 'error' in line]
        return f'{name} does not compile alone: {lines[0] if lines else result.stderr[:200]}' if result.returncode else None

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [problem for problem in pool.map(compile_alone, headers) if problem]


def main():
    root = pathlib.Path(sys.argv[1])
    names = tracked_files(root)
    if sys.argv[2:3] == ['--headers']:
        checks = [('headers-alone', lambda r, n: check_headers(r, n, sys.argv[3:]))]
    else:
        checks = [
            ('include-order', check_includes), ('kernels-without-glib', check_kernels), ('toolkit-only-in-ui', check_toolkit),
            ('licences', check_licences), ('file-sizes', check_sizes), ('header-guards', check_guards),
            ('machine-paths', check_machine_paths),
            ('binaries', check_binaries), ('table-rows', check_tables), ('translations', check_translations), ('format', check_format),
        ]
    print(f'1..{len(checks)}')
    failed = 0
    for number, (title, check) in enumerate(checks, 1):
        problems = check(root, names)
        if isinstance(problems, str):
            print(f'ok {number} {title} # SKIP {problems}')
            continue
        problems = list(problems)
        for problem in problems:
            print(f'# {problem}')
        print(f"{'not ok' if problems else 'ok'} {number} {title}")
        failed += bool(problems)
    return 1 if failed else 0


sys.exit(main())
