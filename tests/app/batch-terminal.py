#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a person sees: a progress line on a terminal, plain lines elsewhere.  Prints TAP."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from command import ENV, GRAPH, TRELLIS, document, expect, main, run

WIDE, NARROW = 140, 60


def on_terminal(n_columns, *args):
    """Everything that the program writes to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 24, n_columns, 0, 0))
    process = subprocess.Popen([TRELLIS, *args], env=ENV, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    text, end = b'', time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                some = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not some:
                break
            text += some
        elif process.poll() is not None:
            break
    os.close(ours)
    return process.wait(timeout=10), text.decode()


def progress_lines(text):
    return [line for line in re.split(r'[\r\n]+', text.replace('\x1b[K', '\r')) if 'samples/s' in line]


def test_terminal(folder):
    path = document(folder, ('graph', 'net', GRAPH))
    status, text = on_terminal(WIDE, '--batch', path, '--output', folder)
    assert status == 0, text
    lines = progress_lines(text)
    assert lines, text
    for line in lines:
        assert re.search(r'[█░]{4,}  epoch \d/2  step \d+  loss [\d.]+  accuracy [\d.]+  \d+ samples/s  (\d+:\d\d|--) left$', line), line
        assert len(line) < WIDE, line
    assert '█' * 24 in lines[-1] and '░' in lines[0], (lines[0], lines[-1])
    assert re.search(r'epoch 2/2  .*validation:.*accuracy', text), text
    assert '--resume' not in text and 'model.safetensors' in text


def test_narrow_terminal(folder):
    path = document(folder, ('graph', 'net', GRAPH))
    status, text = on_terminal(NARROW, '--batch', path, '--output', folder)
    assert status == 0 and 'epoch 1/2' in text, text
    wide = [line for line in re.split(r'[\r\n]+', text.replace('\x1b[K', '\r')) if 'step ' in line and len(line) >= NARROW]
    assert not wide, wide


def test_plain_lines(folder):
    path = document(folder, ('graph', 'net', GRAPH))
    result = run('--batch', path, '--output', folder)
    expect(result, 0)
    for sign in '\r\x1b█░':
        assert sign not in result.stdout, result.stdout
    lines = result.stdout.splitlines()
    assert re.match(r'net: \d+ parameters, 1438 items, batch 32, \d+ threads', lines[0]), lines
    assert [line[:9] for line in lines[1:3]] == ['epoch 1/2', 'epoch 2/2'] and 'model.safetensors' in lines[3], lines
    assert lines[4].startswith('run: ') and os.path.isdir(lines[4][5:]), lines


main(globals())
