#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line as a person uses it: exit codes, messages, events, overrides, resuming.  Prints TAP."""
import json
import os
import re
import subprocess
import sys
import tempfile

TRELLIS, SOURCE = sys.argv[1], sys.argv[2]
EXAMPLES = os.path.join(SOURCE, 'data', 'examples')
ENV = dict(os.environ, TL_DATADIR=os.path.join(SOURCE, 'data'))
MLP = ('train, test = data.digits()\nmodel = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 10))\n'
       'epochs = 2\nrate = 5e-3\nrun = fit { model, data = train, validate = test, epochs = epochs, batch_size = 32,'
       ' optimizer = optim.Adam { lr = rate }, loss = "cross_entropy", metrics = { "accuracy" }, transform = { "scale" } }\n')


def document(folder, *cells):
    text = '---\ntrellis: 1\nseed: 7\n---\n'
    for kind, name, body in cells:
        text += f'```{kind} {{#{name}}}\n{body.rstrip()}\n```\n\n'
    path = os.path.join(folder, 'test.trellis')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return path


def run(*args):
    return subprocess.run([TRELLIS, *args], env=ENV, capture_output=True, text=True, timeout=120)


def expect(result, status, *texts):
    assert result.returncode == status, f'exit status {result.returncode}, wanted {status}: {result.stderr}'
    for text in texts:
        assert text in result.stderr + result.stdout, f'"{text}" is not in: {result.stderr}{result.stdout}'


def events(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_version_and_help(folder):
    expect(run('--version'), 0, 'Trellis 0.')
    expect(run('--help'), 0, '--batch', '--set', '--resume', '130')


def test_usage(folder):
    expect(run('--nonsense'), 2, '--nonsense')
    expect(run('--batch'), 2, 'document')
    expect(run('--batch', 'x', '--threads', 'many'), 2, 'many')
    expect(run('--batch', 'x', '--seed'), 2, '--seed')


def test_missing_file(folder):
    expect(run('--batch', os.path.join(folder, 'nowhere.trellis')), 1, 'nowhere.trellis')


def test_cut_document(folder):
    path = os.path.join(folder, 'cut.trellis')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('---\ntrellis: 1\n---\n```lua {#a}\nprint(1)\n')
    expect(run('--batch', path), 1, 'cut.trellis')


def test_syntax_error(folder):
    path = document(folder, ('lua', 'first', 'x = 1\ny = = 2'))
    expect(run('--batch', path), 1, 'first:2')


def test_lua_error_has_its_line(folder):
    path = document(folder, ('lua', 'a', 'local x = 1\n\nerror("stop here")'))
    expect(run('--batch', path), 1, 'a:3', 'stop here')


def test_shapes_that_do_not_fit(folder):
    path = document(folder, ('lua', 'a', 'x = tl.randn(2, 3)\ny = x:matmul(x)'))
    expect(run('--batch', path), 1, 'a:2', 'matmul', '[2, 3]')


def test_unknown_layer(folder):
    path = document(folder, ('graph', 'net', 'x = Input { shape = {N, 4} }\ny = Linaer(x) { out = 3 }'))
    expect(run('--batch', path), 1, 'net:2', 'Linaer', 'Linear')


def test_wrong_attribute(folder):
    path = document(folder, ('graph', 'net', 'x = Input { shape = {N, 4} }\ny = Linear(x) { out = "many" }'))
    expect(run('--batch', path), 1, 'net:2', 'out', 'many')


def test_wrong_rate(folder):
    path = document(folder, ('lua', 'fit', MLP.replace('5e-3', '"abc"')))
    expect(run('--batch', path), 1, 'lr', 'abc')


def test_overrides(folder):
    path = document(folder, ('lua', 'a', 'n = 3\nprint("n is", n)'))
    expect(run('--batch', path, '--set', 'a.n=5'), 0, 'n is\t5')
    expect(run('--batch', path, '--set', 'a.m=5'), 1, 'm')
    expect(run('--batch', path, '--set', 'b.n=5'), 1, 'b')
    expect(run('--batch', path, '--set', 'a.n=text'), 1, 'n')


def test_events(folder):
    path = document(folder, ('lua', 'fit', MLP))
    result = run('--batch', path, '--json', '--output', os.path.join(folder, 'runs'))
    expect(result, 0)
    told = events(result)
    kinds = [event['type'] for event in told]
    for kind in ('cell_started', 'run_started', 'step', 'epoch', 'run_finished', 'cell_finished'):
        assert kind in kinds, f'no event {kind}'
    end = next(event for event in told if event['type'] == 'run_finished')
    assert end['status'] == 'done' and os.path.exists(end['model'])
    for name in ('metrics.jsonl', 'events.jsonl', 'document.trellis', 'curves.png', 'curves.svg', 'model.safetensors'):
        assert os.path.getsize(os.path.join(end['folder'], name)) > 0, f'{name} is missing'
    with open(os.path.join(end['folder'], 'metrics.jsonl'), encoding='utf-8') as file:
        assert sum('"set": "validate"' in line for line in file) == 2


def test_repeatable(folder):
    path = document(folder, ('lua', 'fit', MLP))
    models = []
    for i, threads in enumerate(('1', '2', '2')):
        result = run('--batch', path, '--json', '--threads', threads, '--output', os.path.join(folder, f'runs{i}'))
        expect(result, 0)
        end = next(event for event in events(result) if event['type'] == 'run_finished')
        with open(end['model'], 'rb') as file:
            models.append(file.read())
    assert models[1] == models[2], 'two runs with the same seed differ'
    assert models[0] == models[1], '1 thread differs from 2'


def test_quiet(folder):
    path = document(folder, ('lua', 'a', 'print("hello")'))
    result = run('--batch', path, '--quiet')
    expect(result, 0)
    assert result.stdout == ''


def test_no_display(folder):
    env = {k: v for k, v in ENV.items() if k not in ('DISPLAY', 'WAYLAND_DISPLAY')}
    result = subprocess.run([TRELLIS], env=env, capture_output=True, text=True, timeout=20)
    assert result.returncode == 1 and 'display' in result.stderr, result.stderr


def test_examples(folder):
    result = run('--batch', os.path.join(EXAMPLES, 'digits-mlp.trellis'), '--json', '--output', folder)
    expect(result, 0)
    last = [event for event in events(result) if event['type'] == 'epoch' and 'validate' in event][-1]
    assert last['validate']['accuracy'] > 0.9, last


def main():
    tests = [(name, value) for name, value in sorted(globals().items()) if re.match('test_', name)]
    print(f'1..{len(tests)}')
    failed = 0
    for i, (name, test) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(folder)
                print(f'ok {i} {name}')
            except (AssertionError, StopIteration, subprocess.TimeoutExpired, OSError, KeyError) as error:
                failed += 1
                print(f'not ok {i} {name}')
                print('\n'.join('# ' + line for line in str(error).splitlines()))
    return 1 if failed else 0


sys.exit(main())
