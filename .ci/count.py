# SPDX-License-Identifier: Apache-2.0
"""Counts test cases over the logs that ./test leaves in a folder, and prints the closing line.

STAGE.json is meson's log, one object a line; a program that speaks TAP counts with each of its points, any other as one.
A program that ended badly without a failed point of its own (a crash, a time-out, a plan not kept) counts as one failure.
STAGE.broken says in one line why a stage did not run, and counts as one failure.
"""

import json
import pathlib
import re
import sys

POINT = re.compile(r'^(not )?ok\b(?: +\d+)?(?: +-)? *([^#]*?) *(?:# *(SKIP|TODO)\b *(.*))?$', re.IGNORECASE)
GOOD = {'OK', 'EXPECTEDFAIL', 'SKIP'}


def count_program(test):
    """Yields (kind, name, detail) of each point of one entry of meson's log."""
    points = 0
    failed = 0
    for line in test.get('stdout', '').splitlines():
        match = POINT.match(line)
        if not match:
            continue
        points += 1
        name = f"{test['name']}: {match[2]}"
        if (match[3] or '').upper() == 'SKIP':
            yield 'skipped', name, match[4]
        elif match[1]:
            failed += 1
            yield 'failed', name, ''
        else:
            yield 'passed', name, ''
    result = test['result']
    if result not in GOOD and not failed:
        yield 'failed', test['name'], f"{result.lower()}, exit status {test.get('returncode')}"
    elif not points:
        last = (test.get('stdout', '').strip().splitlines() or [''])[-1]
        yield ('skipped', test['name'], last) if result == 'SKIP' else ('passed', test['name'], '')


def main():
    totals = {'passed': 0, 'failed': 0, 'skipped': 0}
    notes = []

    def add(stage, kind, name, detail):
        totals[kind] += 1
        if kind != 'passed':
            notes.append(f"{kind}: {name}{': ' + detail if detail else ''} ({stage})")

    for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        if path.suffix == '.broken':
            add(path.stem, 'failed', path.read_text().strip(), '')
        elif path.suffix == '.json':
            for line in path.read_text(errors='replace').splitlines():
                for kind, name, detail in count_program(json.loads(line)):
                    add(path.stem, kind, name, detail)

    for note in notes:
        print(note)
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals['failed'] or not totals['passed'] else 0


sys.exit(main())
