#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples that come with Trellis learn what they say, in the memory they may have.  Prints TAP."""
import os
import re
import subprocess

from command import ENV, EXAMPLES, TRELLIS, events, main, read

MAX_MIB = 350
FASHION = '/usr/share/datasets/fashion-mnist'


def train(folder, name, accuracy, *options, timeout=600):
    """Runs an example and gives the largest memory it ever had, in MiB."""
    command = [TRELLIS, '--batch', os.path.join(EXAMPLES, name), '--json', '--output', folder, *options]
    process = subprocess.Popen(command, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines, peak = [], 0
    for line in process.stdout:
        lines.append(line)
        if '"epoch"' in line or '"run_started"' in line or '"step"' in line:
            try:
                status = read('/proc', str(process.pid), 'status').decode()
                peak = max(peak, int(re.search(r'VmHWM:\s+(\d+)', status).group(1)) / 1024)
            except (OSError, AttributeError):
                pass
    error = process.stderr.read()
    assert process.wait(timeout=timeout) == 0, error
    told = [one for one in events(subprocess.CompletedProcess(command, 0, ''.join(lines))) if one['type'] == 'epoch' and 'validate' in one]
    reached = told[-1]['validate']['accuracy']
    print(f'# {name}: accuracy {reached:.4f}, peak memory {peak:.0f} MiB, last epoch {told[-1]["seconds"]:.1f} s')
    assert reached >= accuracy, f'accuracy {reached}, wanted {accuracy}'
    assert 0 < peak < MAX_MIB, f'{peak} MiB'


def test_digits_mlp(folder):
    train(folder, 'digits-mlp.trellis', 0.94)


def test_digits_graph(folder):
    text = read(EXAMPLES, 'digits-graph.trellis').decode()
    assert len(re.findall(r'^```\w+ \{#', text, re.MULTILINE)) == 1 and '```lua' not in text, 'one graph cell and no Lua'
    train(folder, 'digits-graph.trellis', 0.95)


def test_fashion_mnist(folder):
    if not os.path.isdir(FASHION):
        return 'the package dataset-fashion-mnist is not installed'
    train(folder, 'fashion-mnist.trellis', 0.86, '--set', 'fit.epochs=1')
    return None


main(globals())
