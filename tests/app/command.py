# SPDX-License-Identifier: Apache-2.0
"""What tests of the command line share: documents, runs of the program, and TAP."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback

TRELLIS, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
EXAMPLES = os.path.join(SOURCE, 'data', 'examples')
ENV = dict(os.environ, TL_DATADIR=os.path.join(SOURCE, 'data'))
# Sanitizers slow everything down and need memory of their own.
SANITIZED = 'ASAN_OPTIONS' in os.environ
PATIENCE = 10 if SANITIZED else 1

# A small network with a random layer, so that a resumed run has a random counter to go on with.
MLP = ('train, test = data.digits()\n'
       'model = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 10))\n'
       'epochs = 2\nrate = 5e-3\nrun = fit { model, data = train, validate = test, epochs = epochs, batch_size = 32,'
       ' optimizer = optim.Adam { lr = rate }, loss = "cross_entropy", metrics = { "accuracy" }, transform = { "scale" } }\n')
# The same as a graph.
GRAPH = '''digits = Digits()
scaled = Scale(digits) { factor = 1 / 16 }
image, label = Batch(scaled)
flat = Flatten(image)
fc1 = Linear(flat) { out = 16 }
act = ReLU(fc1)
drop = Dropout(act) { p = 0.2 }
fc2 = Linear(drop) { out = 10 }
loss = CrossEntropyLoss(fc2, label)
adam = Adam { lr = 0.005 }
accuracy = Accuracy(fc2, label)
run = Train(loss, adam, accuracy) { epochs = 2, batch_size = 32 }
'''


def document(folder, *cells, name='test.trellis'):
    text = '---\ntrellis: 1\nseed: 7\n---\n'
    for kind, cell, body in cells:
        text += f'```{kind} {{#{cell}}}\n{body.rstrip()}\n```\n\n'
    return write(folder, name, text)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, 'wb') as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


def read(*parts):
    with open(os.path.join(*parts), 'rb') as file:
        return file.read()


def run(*args, **options):
    return subprocess.run([TRELLIS, *args], env=ENV, capture_output=True, text=True, timeout=120 * PATIENCE, check=False, **options)


def start(*args, **options):
    """The program hears of a closed terminal, also where who runs the tests does not (nohup)."""
    return subprocess.Popen([TRELLIS, *args], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL), **options)


def expect(result, status, *texts):
    assert result.returncode == status, f'exit status {result.returncode}, wanted {status}: {result.stderr}'
    for text in texts:
        assert text in result.stderr + result.stdout, f'"{text}" is not in: {result.stderr}{result.stdout}'


def expect_message(result, status, *texts):
    """One line that says all of it; nothing that looks like a crash."""
    expect(result, status)
    lines = [line for line in result.stderr.splitlines() if all(text in line for text in texts)]
    assert lines, f'no line says all of {texts}: {result.stderr}'
    for word in ('CRITICAL', 'WARNING', 'Segmentation', 'assertion'):
        assert word not in result.stderr, result.stderr


def events(result):
    """Every line of the output is an event."""
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(isinstance(event, dict) and 'type' in event for event in told)
    return told


def event(told, kind):
    found = [one for one in told if one['type'] == kind]
    assert found, f'no event {kind}'
    return found[-1]


def wait_for(process, kind, condition=lambda event: True):
    """Reads events of a process with --json until one is as wanted; gives it."""
    for line in process.stdout:
        one = json.loads(line)
        if one['type'] == kind and condition(one):
            return one
    raise AssertionError(f'the program ended before the event {kind}: {process.stderr.read()}')


def seconds(function):
    before = time.monotonic()
    function()
    return time.monotonic() - before


def main(names):
    tests = [(name, value) for name, value in names.items() if re.match('test_', name)]
    print(f'1..{len(tests)}')
    failed = 0
    for i, (name, test) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                skipped = test(folder)
                print(f'ok {i} {name}' + (f' # SKIP {skipped}' if skipped else ''), flush=True)
            except Exception as error:  # whatever went wrong is the test's result
                failed += 1
                print(f'not ok {i} {name}')
                print('\n'.join('# ' + line for line in (str(error) or traceback.format_exc()).splitlines()), flush=True)
    sys.exit(1 if failed else 0)
