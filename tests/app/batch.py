#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line as a person uses it: usage, overrides, events, results, start-up time.  Prints TAP."""
import json
import os
import re
import subprocess

from command import (ENV, GRAPH, MLP, PATIENCE, SOURCE, TRELLIS, document, event, events, expect, expect_message, main, read, run, seconds,
                     write)


def test_version_and_help(folder):
    expect(run('--version'), 0, 'Trellis 0.')
    expect(run('--help'), 0, '--batch', '--set', '--resume', '130')


def test_help_on_names(folder):
    """What a graph cell or Lua may write has a page; of other names the near ones are told."""
    for name in ('Linear', 'nn.Linear', 'tl.sum', 'sum', 'tl.grad', 'nn.Module', 'nn.init.normal', 'optim.LBFGS', 'data.digits', 'data.loader', 'fit', 'fit.clip_norm',
                 'fit.on_step', 'nn.Linear.bias', 'StepLR', 'cosine', 'accuracy', 'CrossEntropyLoss', 'LSTMCell', 'x:backward', 'layers', 'losses', 'metrics', 'recurrent',
                 'optim', 'print'):
        expect(run('--help', name), 0)
    expect(run('--help', 'fit'), 0, 'clip_norm', 'on_step', 'data set')
    expect(run('--help', 'nn.Linaer'), 2, 'did you mean nn.Linear')
    for name, here in {'Dense': 'nn.Linear', 'torch.nn.Linear': 'Linear', 'np.swapaxes': 'tl.transpose', 'ndim': 'x:rank', 'torch': 'tl, and nn for layers',
                       'CosineAnnealingLR': 'optim.CosineLR', 'GlobalAveragePooling2D': 'nn.GlobalAvgPool', 'lr_scheduler': 'fit.schedule'}.items():
        expect(run('--help', name), 0, f'{name}: here it is {here}\n')
    expect(run('--help', 'xyzzy'), 2, 'nothing called xyzzy')


def test_help_lists_every_option(folder):
    """Whatever the program compares its words with is in its help."""
    source = read(SOURCE, 'app', 'cli', 'main.c').decode()
    options = set(re.findall(r'strcmp \([^,]+, "(--[a-z-]+)"\)', source))
    assert {'--batch', '--set', '--output', '--device', '--threads', '--seed', '--json', '--quiet', '--resume'} <= options
    told = run('--help').stdout
    assert not [option for option in options if option not in told], told


def test_usage(folder):
    expect(run('--nonsense'), 2, '--nonsense')
    expect(run('--batch'), 2, 'document')
    expect(run('--batch', 'x', '--nonsense', '3'), 2, '--nonsense')
    expect(run('--batch', 'x', '--nonsense'), 2, '--nonsense')
    expect(run('--batch', 'x', '--threads', 'many'), 2, 'many')
    expect(run('--batch', 'x', '--threads', '0'), 2, '0')
    expect(run('--batch', 'x', '--memory', '-1'), 2, '-1')
    expect(run('--batch', 'x', '--seed'), 2, '--seed')
    expect(run('--batch', 'x', 'y'), 2, 'x', 'y')
    expect(run('--bench', 'nothing'), 2, 'nothing')


def test_start(folder):
    empty = document(folder)
    for args in (('--version',), ('--batch', empty), ('--batch', empty, '--json')):
        run(*args)
        best = min(seconds(lambda words=args: expect(run(*words), 0)) for _ in range(5))
        assert best < 0.2 * PATIENCE, f'{args} takes {best:.3f} s'


def test_overrides(folder):
    path = document(folder, ('lua', 'a', 'n = 3\nname = "x"\nprint("n is", n, name)'))
    expect(run('--batch', path, '--set', 'a.n=5'), 0, 'n is\t5')
    expect(run('--batch', path, '--set', 'a.n=5', '--set', 'a.n=6', '--set', 'a.name=long word'), 0, 'n is\t6\tlong word')
    expect_message(run('--batch', path, '--set', 'a.m=5'), 1, "'a'", "'m'")
    expect_message(run('--batch', path, '--set', 'b.n=5'), 1, 'document', "'b'")
    expect_message(run('--batch', path, '--set', 'a.n=text'), 1, 'a.n', 'text', 'number')
    expect_message(run('--batch', path, '--set', 'a.x.n=3'), 1, "'a'", 'Lua')
    expect_message(run('--batch', path, '--set', 'nothing'), 1, 'nothing', 'CELL.NAME=VALUE')
    assert read(path) == read(document(folder, ('lua', 'a', 'n = 3\nname = "x"\nprint("n is", n, name)')))


def test_overrides_of_nodes(folder):
    net = 'x = Input { shape = {N, 1, 8, 8} }\nconv1 = Conv2d(x) { out = 32, kernel = 3 }\nflat = Flatten(conv1)'
    path = document(folder, ('graph', 'lenet', net), ('lua', 'a', 'print(lenet)'))
    expect(run('--batch', path), 0, '[N, 32, 6, 6]')
    expect(run('--batch', path, '--set', 'lenet.conv1.out=16'), 0, '[N, 16, 6, 6]')
    expect(run('--batch', path, '--set', 'lenet.conv1.padding=1'), 0, '[N, 32, 8, 8]')
    expect_message(run('--batch', path, '--set', 'lenet.conv1.out=many'), 1, 'lenet', 'conv1', 'out', 'many')
    expect_message(run('--batch', path, '--set', 'lenet.conv1.nothing=1'), 1, 'lenet', 'conv1', 'nothing')
    expect_message(run('--batch', path, '--set', 'lenet.conv9.out=1'), 1, 'lenet', 'conv9', 'conv1')


def test_overrides_of_a_pipeline(folder):
    path = document(folder, ('graph', 'net', GRAPH))
    sets = ['--set', 'net.run.epochs=1', '--set', 'net.run.batch_size=64', '--set', 'net.fc1.out=24', '--set', 'net.adam.lr=1e-2',
            '--set', 'net.digits.test=0.5', '--set', 'net.scaled.factor=0.1']
    result = run('--batch', path, '--json', '--output', folder, *sets)
    expect(result, 0)
    told = events(result)
    started, step = event(told, 'run_started'), event(told, 'step')
    assert (started['epochs'], started['batch_size'], started['items']) == (1, 64, 899), started
    assert started['parameters'] == 64 * 24 + 24 + 24 * 10 + 10 and step['lr'] == 0.01, (started, step)
    assert read(started['folder'], 'overrides.txt').decode().splitlines() == sets[1::2]
    expect_message(run('--batch', path, '--set', 'net.adam.lr=abc'), 1, 'net.adam.lr', 'abc', 'number')
    expect_message(run('--batch', path, '--set', 'net.run.epochs=0'), 1, 'net:', 'run', 'epochs')


def check_run(path, folder, cell):
    result = run('--batch', path, '--json', '--output', os.path.join(folder, 'runs'))
    expect(result, 0)
    told = events(result)
    kinds = [one['type'] for one in told]
    for kind in ('cell_started', 'run_started', 'step', 'epoch', 'checkpoint', 'run_finished', 'cell_finished'):
        assert kind in kinds, f'no event {kind}'
    assert {'loss', 'accuracy'} <= set(event(told, 'step')['metrics'])
    end = event(told, 'run_finished')
    assert end['cell'] == cell and end['status'] == 'done' and os.path.exists(end['model'])
    for name in ('metrics.jsonl', 'events.jsonl', 'document.trellis', 'curves.png', 'curves.svg', 'model.safetensors',
                 'checkpoint.safetensors'):
        assert os.path.getsize(os.path.join(end['folder'], name)) > 0, f'{name} is missing'
    assert read(end['folder'], 'metrics.jsonl').decode().count('"set": "validate"') == 2
    assert read(end['folder'], 'curves.png').startswith(b'\x89PNG') and b'<svg' in read(end['folder'], 'curves.svg')


def test_run_of_lua(folder):
    check_run(document(folder, ('lua', 'fit', MLP)), folder, 'fit')


def test_run_of_a_graph(folder):
    check_run(document(folder, ('graph', 'net', GRAPH)), folder, 'net')


def test_graph_and_lua_are_one(folder):
    """A Train node does what fit does with the same model, data and options."""
    model = '\n'.join(line for line in GRAPH.splitlines() if line.split(' ')[0] in ('flat', 'fc1', 'act', 'drop', 'fc2'))
    lua = ('train, test = data.digits()\n'
           'fit { net, data = train, validate = test, epochs = 2, batch_size = 32, optimizer = optim.Adam { lr = 0.005 },'
           ' loss = "cross_entropy", metrics = { "accuracy" }, transform = { "scale", factor = 1 / 16 } }')
    paths = (document(folder, ('graph', 'net', GRAPH), name='a.trellis'),
             document(folder, ('graph', 'net', 'image = Input { shape = {N, 1, 8, 8} }\n' + model), ('lua', 'fit', lua), name='b.trellis'))
    models = []
    for path in paths:
        result = run('--batch', path, '--json', '--output', os.path.join(folder, 'runs'))
        expect(result, 0)
        models.append(read(event(events(result), 'run_finished')['model']))
    assert models[0] == models[1], 'the graph and fit came to different weights'


def test_trained_graph_is_a_model(folder):
    path = document(folder, ('graph', 'net', GRAPH),
                    ('lua', 'use', 'y = net(tl.zeros(3, 1, 8, 8))\nprint(y.shape[1], y.shape[2])'))
    expect(run('--batch', path, '--output', folder, '--set', 'net.run.epochs=1'), 0, '3\t10')


def test_folders(folder):
    """Runs never share a folder, whether it is given or beside the document."""
    path = document(folder, ('graph', 'net', GRAPH))
    beside = path + '.d/runs'
    for place, options in ((os.path.join(folder, 'given'), ('--output', os.path.join(folder, 'given'))), (beside, ())):
        for _ in range(3):
            expect(run('--batch', path, '--set', 'net.run.epochs=1', *options), 0, place)
        assert len(os.listdir(place)) == 3, os.listdir(place)


def test_files_are_seen_from_the_document(folder):
    os.mkdir(os.path.join(folder, 'inner'))
    write(os.path.join(folder, 'inner'), 'table.csv', 'a,b,y\n1,2,0\n3,4,1\n')
    path = document(os.path.join(folder, 'inner'), ('lua', 'a', 'print(#data.csv { path = "table.csv", target = "y" })'), ('graph', 'net', GRAPH))
    result = run('--batch', os.path.relpath(path, folder), '--output', 'runs', '--set', 'net.run.epochs=1', cwd=folder)
    expect(result, 0, '2')
    assert os.listdir(os.path.join(folder, 'runs')) and os.listdir(os.path.join(folder, 'inner')) != [], 'runs are elsewhere'
    again = run('--batch', 'inner/test.trellis', '--resume', 'runs/' + os.listdir(os.path.join(folder, 'runs'))[0], '--set', 'net.run.epochs=2',
                cwd=folder)
    expect(again, 0, os.path.join(folder, 'inner', 'test.trellis.d', 'runs'))


def test_repeatable(folder):
    path = document(folder, ('lua', 'fit', MLP))
    models = []
    for i, threads in enumerate(('1', '2', '2')):
        result = run('--batch', path, '--json', '--threads', threads, '--output', os.path.join(folder, f'runs{i}'))
        expect(result, 0)
        models.append(read(event(events(result), 'run_finished')['model']))
    assert models[1] == models[2], 'two runs with the same seed differ'
    assert models[0] == models[1], '1 thread differs from 2'


def test_profile(folder):
    path = document(folder, ('graph', 'net', GRAPH))
    trace = os.path.join(folder, 'trace.json')
    result = run('--batch', path, '--profile', trace)
    expect(result, 0, 'GFLOP/s', 'net.fc1', f'trace: {trace}')
    told = json.loads(read(trace))
    spans = [one for one in told['traceEvents'] if one['ph'] == 'X']
    assert {'linear', 'cross_entropy', 'adam_update'} <= {one['name'] for one in spans}
    assert any(one.get('args', {}).get('where') == 'net.fc2' for one in spans)
    assert all(one['dur'] >= 0 and one['ts'] >= 0 for one in spans)
    expect(run('--batch', path, '--profile', os.path.join(folder, 'none', 'trace.json')), 1, '--profile: ')


def test_quiet(folder):
    path = document(folder, ('lua', 'a', 'print("hello")'), ('graph', 'net', GRAPH))
    result = run('--batch', path, '--quiet', '--output', folder)
    expect(result, 0)
    assert result.stdout == '' and result.stderr == '', result
    path = document(folder, ('lua', 'a', 'print("hello")\nerror("bad")'))
    result = run('--batch', path, '--quiet')
    expect_message(result, 1, 'test.trellis', 'a:2', 'bad')
    assert result.stdout == ''


def test_no_display(folder):
    env = {k: v for k, v in ENV.items() if k not in ('DISPLAY', 'WAYLAND_DISPLAY')}
    result = subprocess.run([TRELLIS], env=env, capture_output=True, text=True, timeout=20, check=False)
    assert result.returncode == 1 and 'display' in result.stderr, result.stderr


main(globals())
