#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input to the command line: every message names file, cell, line or node, and the status is right.  Prints TAP."""
import gzip
import os
import struct

from command import GRAPH, MLP, document, event, events, expect, expect_message, main, read, run, write


def test_missing_file(folder):
    expect_message(run('--batch', os.path.join(folder, 'nowhere.trellis')), 1, 'nowhere.trellis', 'No such file')
    expect_message(run('--batch', folder), 1, folder)


def test_cut_document(folder):
    whole = read(document(folder, ('lua', 'first', 'print("first")'), ('graph', 'net', GRAPH)))
    for length in range(20, len(whole), 37):
        path = write(folder, 'cut.trellis', whole[:length])
        result = run('--batch', path, '--set', 'net.run.epochs=1', '--output', os.path.join(folder, 'runs'))
        assert result.returncode in (0, 1), result.stderr
        assert result.returncode == 0 or 'cut.trellis' in result.stderr or 'net' in result.stderr, result.stderr
    path = write(folder, 'cut.trellis', whole[:whole.rindex(b'```')])
    expect_message(run('--batch', path), 1, 'cut.trellis:', 'net')


def test_nothing_runs_of_a_broken_document(folder):
    path = document(folder, ('lua', 'twice', 'print("first")'), ('lua', 'twice', 'print("second")'))
    result = run('--batch', path)
    expect_message(result, 1, 'test.trellis:', 'twice')
    assert 'first' not in result.stdout


def test_bytes_that_are_no_text(folder):
    path = write(folder, 'bytes.trellis', b'---\ntrellis: 1\n---\n```lua {#a}\nprint(1)\n\x00\nprint(2)\n```\n')
    expect_message(run('--batch', path), 1, 'bytes.trellis:', 'NUL', "'a'")
    # Lua may have any other bytes in its strings; what is told of them is text.
    path = write(folder, 'bytes.trellis', b'---\ntrellis: 1\n---\n```lua {#a}\nprint("\xff\xfe")\n```\n')
    result = run('--batch', path, '--json')
    expect(result, 0)
    assert 'text' in event(events(result), 'output')


def test_syntax_error(folder):
    path = document(folder, ('lua', 'before', 'print("kept")'), ('lua', 'first', 'x = 1\ny = = 2'))
    result = run('--batch', path)
    expect_message(result, 1, 'test.trellis', 'first:2')
    assert 'kept' in result.stdout


def test_lua_error_has_its_line(folder):
    path = document(folder, ('lua', 'a', 'local x = 1\n\nerror("stop here")'))
    expect_message(run('--batch', path), 1, 'test.trellis', 'a:3', 'stop here')
    path = document(folder, ('lua', 'a', 'function f(x)\n  return x + nil\nend'), ('lua', 'b', '\nf(1)'))
    expect_message(run('--batch', path), 1, 'test.trellis', 'a:2', 'arithmetic')


def test_graph_syntax_error(folder):
    path = document(folder, ('graph', 'net', 'x = Input { shape = {N, 4} }\ny = Linear(x { out = 3 }'))
    expect_message(run('--batch', path), 1, 'test.trellis', 'net:2')


def test_shapes_that_do_not_fit(folder):
    path = document(folder, ('lua', 'a', 'x = tl.randn(2, 3)\ny = x:matmul(x)'))
    expect_message(run('--batch', path), 1, 'a:2', 'matmul', '[2, 3]')
    path = document(folder, ('graph', 'net', 'x = Input { shape = {N, 4} }\nc = Conv2d(x) { out = 3, kernel = 3 }'))
    expect_message(run('--batch', path), 1, 'net:2', 'c:', '[N, 4]')
    path = document(folder, ('graph', 'net', GRAPH.replace('Linear(flat)', 'Conv2d(flat)').replace('{ out = 16 }', '{ out = 16, kernel = 3 }')))
    expect_message(run('--batch', path), 1, 'net:5', 'fc1', '[N, 64]')


def test_model_that_does_not_fit_the_data(folder):
    path = document(folder, ('graph', 'net', 'x = Input { shape = {N, 1, 9, 9} }\nf = Flatten(x)\ny = Linear(f) { out = 10 }'),
                    ('lua', 'fit', 'train = data.digits()\nfit { net, data = train }'))
    expect_message(run('--batch', path), 1, 'fit:2', '[N, 1, 9, 9]', '[1, 8, 8]')
    assert not os.path.exists(path + '.d/runs') or os.listdir(path + '.d/runs') == [], 'a training that cannot begin left a folder'


def test_unknown_layer(folder):
    path = document(folder, ('graph', 'net', 'x = Input { shape = {N, 4} }\ny = Linaer(x) { out = 3 }'))
    expect_message(run('--batch', path), 1, 'net:2', 'y:', 'Linaer', 'Linear')
    path = document(folder, ('lua', 'a', 'y = nn.Linaer(3)'))
    expect_message(run('--batch', path), 1, 'a:1', 'Linaer')


def test_cells_that_contain_each_other(folder):
    net = 'x = Input {{ shape = {{N, 8}} }}\ny = {}(x)\nz = {}(y)'
    path = document(folder, ('graph', 'a', net.format('b', 'b')), ('graph', 'b', net.format('c', 'c')), ('graph', 'c', net.format('a', 'a')))
    expect_message(run('--batch', path), 1, 'c:2', 'y:', 'a and c contain each other')
    result = run('--batch', path)
    expect_message(result, 1, 'a:2', 'y:', 'b has errors of its own')
    assert len(result.stderr.splitlines()) == len(set(result.stderr.splitlines())) == 6, result.stderr
    expect_message(run('--batch', document(folder, ('graph', 'a', net.format('a', 'a')))), 1, 'a:2', 'a contains itself')


def test_changed_part(folder):
    """A cell that is part of another is read for it as it stands."""
    block = 'x = Input { shape = {N, 8} }\ny = Linear(x) { out = 3 }'
    path = document(folder, ('graph', 'whole', 'x = Input { shape = {N, 8} }\ny = block(x)'), ('graph', 'block', block),
                    ('lua', 'a', 'print(whole)'))
    expect(run('--batch', path), 0, '[N, 3]')
    expect(run('--batch', path, '--set', 'block.y.out=5'), 0, '[N, 5]')


def test_every_problem_of_a_graph_once(folder):
    path = document(folder, ('graph', 'net', 'x = Input { shape = {N, 4} }\ny = Linaer(x)\nz = Linear(x) { out = "many", size = 3 }\nw = ReLU(lost)'))
    result = run('--batch', path)
    expect(result, 1)
    lines = [line for line in result.stderr.splitlines() if 'net:' in line]
    assert len(lines) == len(set(lines)) == 4, result.stderr


def test_wrong_rate(folder):
    path = document(folder, ('lua', 'fit', MLP.replace('5e-3', '"abc"')))
    expect_message(run('--batch', path), 1, 'fit:5', 'lr', 'abc')
    path = document(folder, ('graph', 'net', GRAPH.replace('0.005', '"abc"')))
    expect_message(run('--batch', path), 1, 'net:10', 'adam', 'lr', 'abc')


def test_rate_that_explodes(folder):
    path = document(folder, ('graph', 'net', GRAPH.replace('0.005', '1e30')))
    result = run('--batch', path, '--json', '--output', folder)
    expect(result, 1)
    wrong = event(events(result), 'error')
    assert wrong['code'] == 'numeric' and wrong['cell'] == 'net' and wrong['node'] == 'run', wrong


def test_classes_without_scores(folder):
    path = document(folder, ('graph', 'net', GRAPH.replace('out = 10', 'out = 8')))
    expect_message(run('--batch', path, '--output', folder), 1, 'net:12', 'run', 'label of item', 'class 8', '8 classes')
    path = document(folder, ('lua', 'fit', MLP.replace('nn.Linear(16, 10)', 'nn.Linear(16, 9)')))
    expect_message(run('--batch', path, '--output', folder), 1, 'fit:5', 'label of item', 'class 9', '9 classes')


def idx(kind, shape, data):
    return struct.pack('>HBB', 0, kind, len(shape)) + b''.join(struct.pack('>I', n) for n in shape) + data


def test_idx_files(folder):
    labels = write(folder, 'labels', idx(8, (4,), bytes([0, 1, 0, 1])))
    whole = idx(8, (4, 2, 2), bytes(16))
    files = {
        'whole': whole,
        'cut': whole[:-3],
        'headless': whole[:6],
        'empty': b'',
        'lying': idx(8, (0xffffffff, 0xffffffff, 0xffffffff), bytes(16)),
        'big': idx(8, (1 << 30, 28, 28), bytes(16)),
        'kind': idx(0x77, (4, 2, 2), bytes(16)),
        'five': idx(8, (5, 2, 2), bytes(20)),
        'packed.gz': gzip.compress(whole)[:-12],
        'text': b'this is no IDX file',
    }
    for name, content in files.items():
        images = write(folder, name, content)
        for kind, body, place in (('lua', f'x = 1\nd = data.idx {{ images = "{images}", labels = "{labels}" }}', 'c:2'),
                                  ('graph', f'd = IDX {{ images = "{images}", labels = "{labels}" }}\nx, y = Batch(d)\nf = Flatten(x)\n'
                                            'l = Linear(f) { out = 2 }\nloss = CrossEntropyLoss(l, y)\nrun = Train(loss)', 'c:1')):
            result = run('--batch', document(folder, (kind, 'c', body)), '--output', os.path.join(folder, 'runs'))
            if name == 'whole':
                assert result.returncode == (0 if kind == 'lua' else 1), result.stderr
            else:
                expect_message(result, 1, 'test.trellis', place, name)


def test_csv_files(folder):
    files = {
        'short': ('a,b,y\n1,2,0\n1,2\n3,4,1\n', '3'),
        'text': ('a,b,y\n1,2,0\n1,x,1\n3,4,1\n', ''),
        'quote': ('a,b,y\n1,2,0\n"1,2,1\n3,4,1\n', ''),
        'empty': ('', ''),
        'head': ('a,b,y\n', ''),
    }
    for name, (content, row) in files.items():
        path = write(folder, name + '.csv', content)
        result = run('--batch', document(folder, ('lua', 'c', f'd = data.csv {{ path = "{path}", target = "y", kind = "class" }}\nprint(d)')))
        if name == 'text':
            continue  # a column of text is a category, which is no mistake
        expect_message(result, 1, 'c:1', name + '.csv', row)
    expect_message(run('--batch', document(folder, ('lua', 'c', f'd = data.csv {{ path = "{folder}/nowhere.csv" }}'))), 1, 'c:1', 'nowhere.csv')
    expect_message(run('--batch', document(folder, ('lua', 'c', f'd = data.csv {{ path = "{folder}/short.csv", target = "z" }}'))), 1, 'c:1', 'short.csv')


def test_out_of_memory(folder):
    cells = {
        'tensor': 'x = tl.zeros(1000000, 1000000)',
        'tensors': 'keep = {}\nfor i = 1, 1e6 do keep[i] = tl.zeros(1000, 1000) end',
        'table': 'keep = {}\nfor i = 1, 1e9 do keep[i] = i .. " times" end',
        'text': 'x = ("long"):rep(1e10)',
    }
    for name, body in cells.items():
        result = run('--batch', document(folder, ('lua', 'before', 'print("kept")'), ('lua', name, body)), '--memory', '200')
        expect_message(result, 4, 'test.trellis', name + ':', 'memory')
        assert 'kept' in result.stdout


def test_a_lost_session_is_none(folder):
    """What was done before an error is kept."""
    path = document(folder, ('graph', 'net', GRAPH), ('lua', 'bad', 'error("late")'))
    result = run('--batch', path, '--json', '--output', folder, '--set', 'net.run.epochs=1')
    expect(result, 1)
    told = events(result)
    assert event(told, 'run_finished')['status'] == 'done'
    assert os.path.getsize(event(told, 'run_finished')['model']) > 0
    assert event(told, 'error')['cell'] == 'bad' and event(told, 'error')['line'] == 1


main(globals())
