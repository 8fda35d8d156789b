#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs that are interrupted, killed, out of room, and go on.  Prints TAP."""
import json
import os
import resource
import signal
import subprocess
import time

from command import (ENV, GRAPH, MLP, PATIENCE, TRELLIS, document, event, events, expect, expect_message, main, read, run, seconds, start, wait_for,
                     write)

LONG = '6'


def finished(folder, path, name, *options):
    result = run('--batch', path, '--json', '--output', os.path.join(folder, name), *options)
    expect(result, 0)
    return event(events(result), 'run_finished'), events(result)


def documents(folder):
    return ((document(folder, ('lua', 'fit', MLP), name='lua.trellis'), f'fit.epochs={LONG}'),
            (document(folder, ('graph', 'net', GRAPH), name='graph.trellis'), f'net.run.epochs={LONG}'))


def interrupt_and_resume(folder, path, change, number):
    whole, _ = finished(folder, path, 'whole', '--set', change)
    process = start('--batch', path, '--json', '--output', os.path.join(folder, 'cut'), '--set', change)
    wait_for(process, 'step', lambda step: step['epoch'] >= 2)
    process.send_signal(number)
    rest = process.communicate(timeout=30)
    assert process.returncode == (130 if number != signal.SIGKILL else -9), (process.returncode, rest)
    runs = os.path.join(folder, 'cut')
    run_folder = os.path.join(runs, os.listdir(runs)[0])
    if number != signal.SIGKILL:
        assert '"status": "interrupted"' in rest[0] and os.path.join(run_folder, 'checkpoint.safetensors') in rest[0], rest
    # The overrides of the run are its own; nothing has to be said again.
    end, told = finished(folder, path, 'resumed', '--resume', run_folder)
    first = event(told, 'run_started')['resumed_step']
    assert 0 < first < whole['step'] and end['step'] == whole['step'], (first, end, whole)
    assert read(end['model']) == read(whole['model']), 'the resumed run came to other weights'
    assert read(end['checkpoint']) == read(whole['checkpoint']), 'the resumed run came to another state'
    assert read(end['folder'], 'metrics.jsonl') == read(whole['folder'], 'metrics.jsonl'), 'the resumed run has another history'


def test_interrupt_lua_and_resume(folder):
    interrupt_and_resume(folder, *documents(folder)[0], signal.SIGINT)


def test_interrupt_graph_and_resume(folder):
    interrupt_and_resume(folder, *documents(folder)[1], signal.SIGINT)


def test_kill_lua_and_resume(folder):
    interrupt_and_resume(folder, *documents(folder)[0], signal.SIGKILL)


def test_kill_graph_and_resume(folder):
    interrupt_and_resume(folder, *documents(folder)[1], signal.SIGKILL)


# The optimizer runs a batch several times a step, and remembers how the last steps went.
LBFGS = '''digits = Digits()
scaled = Scale(digits) { factor = 1 / 16 }
image, label = Batch(scaled)
flat = Flatten(image)
fc = Linear(flat) { out = 10 }
loss = CrossEntropyLoss(fc, label)
lbfgs = LBFGS { history_size = 6, max_iter = 8, line_search_fn = "strong_wolfe" }
accuracy = Accuracy(fc, label)
run = Train(loss, lbfgs, accuracy) { epochs = 6, batch_size = 360 }
'''
# Which weights of attention are dropped follows from a counter.
ATTENTION = '''digits = Digits()
scaled = Scale(digits) { factor = 1 / 16 }
image, label = Batch(scaled)
rows = Flatten(image) { start_dim = 1, end_dim = 2 }
seen = MultiheadAttention(rows) { num_heads = 2, dropout = 0.3, batch_first = true }
flat = Flatten(seen)
fc = Linear(flat) { out = 10 }
loss = CrossEntropyLoss(fc, label)
adam = Adam { lr = 0.01 }
accuracy = Accuracy(fc, label)
run = Train(loss, adam, accuracy) { epochs = 6, batch_size = 32 }
'''


def cut_and_resume(folder, body, *held):
    """Trains less and loses less than at first, and goes on from where it was killed as if it had not been."""
    path = document(folder, ('graph', 'net', body))
    whole, told = finished(folder, path, 'whole')
    losses = [one['train']['loss'] for one in told if one['type'] == 'epoch' and 'train' in one]
    assert len(losses) == 6 and losses[-1] < 0.5 * losses[0], losses
    names = json.loads(read(whole['checkpoint'])[8:8 + int.from_bytes(read(whole['checkpoint'])[:8], 'little')])
    assert all(any(wanted in name for name in names) for wanted in held), (held, list(names))
    interrupt_and_resume(folder, path, 'net.run.epochs=6', signal.SIGKILL)


def test_lbfgs_graph_and_resume(folder):
    cut_and_resume(folder, LBFGS, 'history_s', 'history_y', 'numbers')


def test_dropped_attention_and_resume(folder):
    cut_and_resume(folder, ATTENTION, 'calls')


def test_second_training_and_resume(folder):
    """Trainings before the one that was interrupted run again; a run may be named by its id."""
    path = document(folder, ('lua', 'first', MLP), ('lua', 'fit', MLP.replace('epochs = 2', 'epochs = 6')))
    whole, _ = finished(folder, path, 'whole')
    process = start('--batch', path, '--json')
    wait_for(process, 'step', lambda step: step['epoch'] >= 3)
    process.send_signal(signal.SIGTERM)
    rest = process.communicate(timeout=30)
    assert process.returncode == 130, rest
    run_id = sorted(os.listdir(path + '.d/runs'))[-1]
    result = run('--batch', path, '--json', '--resume', run_id)
    expect(result, 0)
    starts = [one['resumed_step'] for one in events(result) if one['type'] == 'run_started']
    assert len(starts) == 2 and starts[0] == 0 and starts[1] > 0, starts
    assert read(event(events(result), 'run_finished')['model']) == read(whole['model'])


def test_resume_needs_nothing_but_the_run(folder):
    """The seed and the overrides of the run are its own; a document that has changed is told."""
    path, change = documents(folder)[1]
    options = ('--seed', '77', '--set', change)
    whole, _ = finished(folder, path, 'whole', *options)
    process = start('--batch', path, '--json', '--output', os.path.join(folder, 'cut'), *options)
    wait_for(process, 'checkpoint')
    process.kill()
    process.communicate(timeout=30)
    run_folder = os.path.join(folder, 'cut', os.listdir(os.path.join(folder, 'cut'))[0])
    write(folder, os.path.basename(path), read(path) + b'\nA remark.\n')
    result = run('--batch', path, '--json', '--output', os.path.join(folder, 'resumed'), '--resume', run_folder)
    expect(result, 0, 'the document has changed since')
    assert read(event(events(result), 'run_finished')['model']) == read(whole['model'])


def test_message_of_an_interrupt(folder):
    path, change = documents(folder)[1]
    process = start('--batch', path, '--output', os.path.join(folder, 'runs'), '--set', 'net.run.epochs=100000')
    while not process.stdout.readline().startswith('epoch 2/'):
        pass
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=30)[0]
    assert process.returncode == 130, told
    assert 'interrupted after step' in told and 'checkpoint.safetensors' in told and '--resume' in told, told


def test_closed_terminal(folder):
    path, _ = documents(folder)[1]
    process = start('--batch', path, '--json', '--output', os.path.join(folder, 'runs'), '--set', 'net.run.epochs=100000')
    wait_for(process, 'epoch')
    process.send_signal(signal.SIGHUP)
    told = process.communicate(timeout=30)[0]
    assert process.returncode == 130 and '"status": "interrupted"' in told, told


def test_second_interrupt_ends_at_once(folder):
    """While a training writes what it knows there is nobody to wait for."""
    path = document(folder, ('lua', 'a', 'while true do end'))
    process = start('--batch', path, '--json')
    wait_for(process, 'cell_started')
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    assert seconds(lambda: process.communicate(timeout=30)) < PATIENCE and process.returncode == 130


def test_interrupts_are_quick(folder):
    cells = {
        'loop': 'while true do end',
        'protected': 'while true do pcall(function () while true do end end) end',
        'coroutine': 'while true do coroutine.wrap(function () while true do end end)() end',
        'pattern': 'x = ("a"):rep(40):find(("a?"):rep(40) .. ("a"):rep(40) .. "b")\nx = ("a"):rep(100000):find(".-.-.-.-b")',
        'text': 'local s = "x"\nwhile true do s = s .. "x"; if #s > 1e6 then s = "x" end end',
        'operation': 'a = tl.randn(6000, 6000)\nwhile true do b = a:matmul(a) end',
        'reading': 'while true do local t = data.fashion_mnist() end',
        'sort': 'local t = {}\nfor i = 1, 3e6 do t[i] = -i end\nwhile true do table.sort(t, function (a, b) return a < b end) end',
    }
    slow = {}
    if not os.path.isdir('/usr/share/datasets/fashion-mnist'):
        del cells['reading']
    for name, body in cells.items():
        process = start('--batch', document(folder, ('lua', name, body)), '--json')
        wait_for(process, 'cell_started')
        time.sleep(0.7)
        assert process.poll() is None, f'{name} came to an end: {process.communicate()}'
        process.send_signal(signal.SIGINT)
        slow[name] = round(seconds(lambda one=process: one.communicate(timeout=30)), 3)
        assert process.returncode == 130, (name, process.returncode)
    print('# seconds until the program had ended:', slow)
    assert max(slow.values()) < PATIENCE, slow


def test_resume_of_nothing(folder):
    path, change = documents(folder)[1]
    expect_message(run('--batch', path, '--resume', os.path.join(folder, 'nowhere')), 1, '--resume', 'nowhere')
    expect_message(run('--batch', path, '--resume', folder), 1, '--resume', folder, 'checkpoint')
    broken = os.path.join(folder, 'broken')
    os.mkdir(broken)
    write(broken, 'checkpoint.safetensors', b'not much')
    expect_message(run('--batch', path, '--resume', broken), 1, 'net:', 'run', 'checkpoint.safetensors')


def test_resume_of_another_training(folder):
    path, _ = documents(folder)[1]
    end, _ = finished(folder, path, 'runs')
    other = document(folder, ('graph', 'net', GRAPH.replace('out = 16', 'out = 20')))
    expect_message(run('--batch', other, '--output', folder, '--resume', end['folder']), 1, 'net:', 'fc1.weight', '[16, 64]', '[20, 64]')
    expect_message(run('--batch', path, '--resume', end['folder'], '--set', 'net.run.batch_size=16'), 1, 'batch_size', '32', '16')


def small_files(n_bytes):
    """As on a disk that is full: what is longer cannot be written."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))


def test_full_disk(folder):
    path, _ = documents(folder)[1]
    result = run('--batch', path, '--output', os.path.join(folder, 'runs'), preexec_fn=small_files(9000))
    expect_message(result, 1, 'graph.trellis', 'net:', 'run', 'checkpoint.safetensors', 'large')
    left = os.listdir(os.path.join(folder, 'runs', os.listdir(os.path.join(folder, 'runs'))[0]))
    assert 'checkpoint.safetensors' not in left and not [name for name in left if name.startswith('checkpoint')], left


def test_full_disk_later(folder):
    """The checkpoint of before stays, and the run goes on from it as if nothing had been."""
    path, change = documents(folder)[1]
    whole, _ = finished(folder, path, 'whole', '--set', change)
    process = start('--batch', path, '--json', '--output', os.path.join(folder, 'cut'), '--set', change)
    wait_for(process, 'checkpoint')
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    rest = process.communicate(timeout=60)
    assert process.returncode == 1 and 'checkpoint.safetensors' in rest[0], (process.returncode, rest)
    run_folder = os.path.join(folder, 'cut', os.listdir(os.path.join(folder, 'cut'))[0])
    end, _ = finished(folder, path, 'resumed', '--resume', run_folder)
    assert read(end['model']) == read(whole['model'])


def test_folder_that_cannot_be_made(folder):
    path, _ = documents(folder)[1]
    blocked = write(folder, 'file', 'no folder')
    expect_message(run('--batch', path, '--output', os.path.join(blocked, 'runs')), 1, 'net:', 'run', blocked)


def test_output_that_cannot_be_written(folder):
    path = document(folder, ('graph', 'net', GRAPH))
    with open('/dev/full', 'w', encoding='utf-8') as full:
        result = subprocess.run([TRELLIS, '--batch', path, '--json', '--output', os.path.join(folder, 'runs')], env=ENV, stdout=full,
                                stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert result.returncode == 1 and 'could not be written' in result.stderr, result
    run_folder = os.path.join(folder, 'runs', os.listdir(os.path.join(folder, 'runs'))[0])
    assert os.path.getsize(os.path.join(run_folder, 'model.safetensors')) > 0, 'the training was lost with its output'


main(globals())
