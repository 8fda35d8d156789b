# SPDX-License-Identifier: Apache-2.0
"""Drives the desktop program with its real kernel as a person would.  Speaks TAP.

    journey.py TRELLIS_DESKTOP TRELLIS EXAMPLES SCREENSHOTS

It opens, types, saves, runs, trains, pauses, tries the model, makes mistakes, loses the kernel, is killed, and looks at what is on disk
and on the screen.  Pictures of every view, light and dark, go to the folder SCREENSHOTS.
"""

import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time

from drive import BORDER, Desktop, Display, Document, Failure, wait, write_png

# Long enough to be watched, on any machine.
LONG = """# A long training

```lua {#load}
train, test = data.digits()
```

```lua {#fit}
epochs = 100000
model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
run = fit {
  model,
  data = train,
  validate = test,
  epochs = epochs,
  batch_size = 64,
  metrics = { "accuracy" },
  transform = { { "scale", factor = 1 / 16 } },
}
```
"""

MISTAKES = """# Mistakes

```lua {#shapes}
a = tl.zeros { 32, 784 }
b = tl.zeros { 100, 10 }
c = tl.matmul(a, b)
```

```graph {#net}
image = Input { shape = {N, 1, 28, 28} }
conv1 = Conv2d(image) { out = 8, kernel = 40 }
act1 = ReLU(conv1)
logits = Linear(act1) { out = 10 }
```

```lua {#endless}
print "begun"
while true do end
```
"""


class Journey:
    def __init__(self, program, kernel, examples, screenshots):
        self.program, self.kernel, self.shots = program, kernel, pathlib.Path(screenshots)
        shutil.rmtree(self.shots, ignore_errors=True)
        self.shots.mkdir(parents=True)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix='trellis-journey-'))
        (self.home / 'run').mkdir(mode=0o700)
        (self.home / 'screen').mkdir()
        # The examples are opened where they are, so they are copies.
        self.examples = self.home / 'share' / 'examples'
        self.examples.mkdir(parents=True)
        self.source = pathlib.Path(examples)
        for file in pathlib.Path(examples).iterdir():
            if not file.name.endswith('.trellis.d') and file.name != 'digits-graph.trellis':
                (shutil.copytree if file.is_dir() else shutil.copy)(file, self.examples / file.name)
        self.display = Display(str(self.home / 'screen'))
        self.desktop = None

    def start(self, theme, *arguments):
        self.desktop = Desktop(self.program, self.kernel, self.display, str(self.home), theme, [str(a) for a in arguments],
                               {'TL_DATADIR': str(self.home / 'share')})
        return self.desktop

    def document(self, name, text):
        path = self.home / name
        path.write_text(text)
        return Document(path)

    def shot(self, name, window=None):
        self.desktop.screenshot(self.shots / f'{name}.png', window)

    def expect(self, condition, what):
        if not condition:
            raise Failure(what)

    def kernels(self):
        found = []
        for entry in pathlib.Path('/proc').iterdir():
            try:
                words = (entry / 'cmdline').read_bytes().decode(errors='replace').split('\0')
            except OSError:
                continue
            if entry.name.isdigit() and '--kernel' in words and any(str(self.home / 'run') in word for word in words):
                found.append(int(entry.name))
        return found

    def no_kernels(self):
        for pid in self.kernels():
            os.kill(pid, signal.SIGKILL)
        wait('the kernels to go', lambda: not self.kernels())

    def close(self):
        if self.desktop is not None and self.desktop.process.poll() is None:
            self.desktop.end()
        for pid in self.kernels():
            os.kill(pid, signal.SIGKILL)
        self.display.close()
        shutil.rmtree(self.home, ignore_errors=True)

    # --- the stations -----------------------------------------------------------------------------------------------------

    def start_page(self):
        desktop = self.start('dark')
        time.sleep(0.5)
        self.shot('start-dark')
        desktop.end()
        desktop = self.start('light')
        time.sleep(0.5)
        self.shot('start-light')
        desktop.click(430, 500)
        desktop.wait_title('digits-mlp')

    def run_a_cell(self):
        desktop, digits = self.desktop, Document(self.examples / 'digits-mlp.trellis')
        desktop.click(110, 125)
        desktop.key('ctrl+Return')
        wait('the first cell', lambda: digits.status('load') == 'ok')
        self.expect(digits.status('model') is None, 'a cell ran that nobody asked for')

    def run_all(self):
        desktop, digits = self.desktop, Document(self.examples / 'digits-mlp.trellis')
        desktop.key('ctrl+shift+Return')
        wait('the end of the training', lambda: digits.status('fit') == 'ok', 90)
        self.expect('epoch 3' in digits.printed('loop'), 'the loop printed nothing')
        self.expect(len(digits.lines('metrics.jsonl')) == 470, 'the run has not all its steps')
        self.expect((digits.runs()[-1] / 'model.safetensors').exists(), 'the run has no model')
        time.sleep(0.5)
        self.shot('trained-light')

    def try_model(self):
        desktop = self.desktop
        desktop.key('ctrl+shift+t')
        time.sleep(1)
        self.shot('try-light')
        # The picture has some greys, and a bar has a colour.
        self.expect(self.display.colors(1022, 104, 236, 230) > 6, 'no picture is shown')
        desktop.end()

    def edit_and_save(self):
        document = self.document('notes.trellis', LONG)
        desktop = self.start('light', document.path)
        desktop.wait_title('notes')
        desktop.click(110, 125)
        desktop.key('ctrl+End', 'Return')
        desktop.type('x = 1')
        wait('the unsaved mark', lambda: '•' in desktop.title())
        desktop.key('ctrl+s')
        wait('the saved text', lambda: 'data.digits()\nx = 1\n```' in document.text())
        wait('the mark to go', lambda: '•' not in desktop.title())
        for _ in range(3):
            desktop.key('ctrl+z')
        desktop.key('ctrl+s')
        wait('the bytes of before', lambda: document.text() == LONG)
        desktop.key('ctrl+d', 'ctrl+s')
        wait('a copy of the cell', lambda: document.text().count('data.digits()') == 2)
        desktop.key('ctrl+z', 'ctrl+s')
        wait('the bytes of before', lambda: document.text() == LONG)

    def find_and_replace(self):
        desktop, document = self.desktop, Document(self.home / 'notes.trellis')
        desktop.key('ctrl+h')
        desktop.type('test')
        desktop.key('Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Tab')
        desktop.type('held_out')
        self.shot('find-light')
        desktop.key('Tab', 'Tab')
        desktop.key('Return', 'Escape', 'ctrl+s')
        wait('the replaced text', lambda: 'train, held_out = data' in document.text() and 'validate = held_out' in document.text())
        desktop.key('ctrl+z', 'ctrl+s')
        wait('the bytes of before', lambda: document.text() == LONG)

    def recover(self):
        """What was typed survives kill -9 of the program, and undo takes the recovery back."""
        desktop, document = self.desktop, Document(self.home / 'notes.trellis')
        desktop.click(110, 125)
        desktop.key('ctrl+End', 'Return')
        desktop.type('y = 22')
        time.sleep(2)
        desktop.end(signal.SIGKILL)
        self.expect(document.text() == LONG, 'the file was written without being asked')
        desktop = self.start('light', document.path)
        wait('the recovered document', lambda: desktop.title() == 'notes •')
        self.shot('recovered-light')
        desktop.key('ctrl+s')
        wait('what was typed', lambda: 'y = 22' in document.text())
        desktop.key('ctrl+z', 'ctrl+s')
        wait('the bytes of before', lambda: document.text() == LONG)

    def train(self):
        """A training is watched, paused, changed and stopped."""
        desktop, document = self.desktop, Document(self.home / 'notes.trellis')
        desktop.key('ctrl+shift+Return')
        wait('the training', lambda: len(document.lines('metrics.jsonl')) > 200)
        time.sleep(2)
        self.shot('training-light')
        desktop.key('ctrl+shift+p')
        wait('the pause', lambda: any(event['name'] == 'pause' for event in document.events('change')))
        before = len(document.lines('metrics.jsonl'))
        time.sleep(0.7)
        self.expect(len(document.lines('metrics.jsonl')) == before, 'the training did not pause')
        desktop.key('ctrl+shift+t')
        time.sleep(1)
        self.expect(self.display.colors(1022, 104, 236, 230) > 6, 'no picture is shown while the training pauses')
        self.shot('paused-light')
        # The rate is the only entry of the panel.
        desktop.click(236, 794, 3)
        desktop.type('0.0125')
        desktop.key('Return')
        desktop.key('ctrl+shift+p')
        wait('the other rate', lambda: any(event['name'] == 'lr' and event['value'] == 0.0125 for event in document.events('change')))
        wait('more steps', lambda: len(document.lines('metrics.jsonl')) > before + 50)
        desktop.key('ctrl+shift+period')
        wait('the end', lambda: document.status('fit') == 'ok')
        self.expect(document.events('run_finished')[-1]['reason'] == 'stop', 'the training was not stopped')

    def interrupt(self):
        desktop, document = self.desktop, Document(self.home / 'notes.trellis')
        document.forget('fit')
        desktop.key('ctrl+shift+Return')
        wait('the second training', lambda: len(document.runs()) == 2 and len(document.lines('metrics.jsonl')) > 100)
        begun = time.monotonic()
        desktop.key('ctrl+period')
        wait('the interrupt', lambda: document.status('fit') == 'interrupted')
        self.expect(time.monotonic() - begun < 3, 'it took too long')
        desktop.end()

    def mistakes(self):
        document = self.document('mistakes.trellis', MISTAKES)
        desktop = self.start('light', document.path)
        desktop.wait_title('mistakes')
        desktop.click(110, 125)
        desktop.key('ctrl+Return')
        wait('the error', lambda: document.status('shapes') == 'error')
        error = document.output('shapes')['errors'][0]
        self.expect(error['line'] == 3 and 'matmul' in error['message'], f'the error is {error}')
        desktop.click(110, 151)
        desktop.key('ctrl+Return')
        wait('the error', lambda: document.status('net') == 'error')
        error = document.output('net')['errors'][0]
        self.expect(error['node'] == 'conv1', f'the error is {error}')
        time.sleep(0.5)
        self.shot('errors-light')
        desktop.click(110, 177)
        desktop.key('ctrl+Return')
        wait('the loop', lambda: self.kernels())
        time.sleep(1)
        desktop.key('ctrl+period')
        wait('the interrupt', lambda: document.status('endless') == 'interrupted')
        self.expect('begun' in document.printed('endless'), 'what was printed is lost')
        desktop.end()
        desktop = self.start('dark', document.path)
        desktop.wait_title('mistakes')
        time.sleep(1)
        self.shot('errors-dark')
        desktop.end()

    def graph(self):
        path = self.home / 'fashion-mnist.trellis'
        shutil.copy(self.examples / 'fashion-mnist.trellis', path)
        document, before = Document(path), path.read_text()
        desktop = self.start('light', path)
        desktop.wait_title('fashion-mnist')
        self.shot('notebook-light')
        desktop.click(110, 151)
        desktop.key('Right')
        self.shot('graph-light')
        desktop.key('ctrl+k')
        desktop.type('Swish')
        self.shot('palette-light')
        desktop.key('Return', 'ctrl+s')
        wait('the added node, by what others call it', lambda: '= SiLU' in document.text())
        desktop.settle()
        desktop.key('F2')
        desktop.settle()
        desktop.type('squash')
        desktop.key('Return', 'ctrl+s')
        wait('its name', lambda: 'squash = SiLU' in document.text())
        desktop.key('ctrl+z', 'ctrl+z', 'ctrl+s')
        wait('the graph of before', lambda: document.text() == before)
        desktop.click(938, 397)
        time.sleep(0.8)
        desktop.key('Right', 'Right')
        self.shot('canvas-light')
        desktop.key('ctrl+d', 'ctrl+s')
        wait('the copy', lambda: document.text().count('Conv2d') == 3 or document.text().count('Input') == 2)
        desktop.key('ctrl+z', 'ctrl+s')
        wait('the graph of before', lambda: document.text() == before)
        desktop.end()
        desktop = self.start('dark', path)
        desktop.wait_title('fashion-mnist')
        self.shot('notebook-dark')
        desktop.click(938, 412)
        time.sleep(0.8)
        desktop.key('Right', 'Right')
        self.shot('canvas-dark')
        desktop.end()

    def pipeline(self):
        """A graph that is a whole training."""
        document = self.document('pipeline.trellis', (self.source / 'digits-graph.trellis').read_text())
        desktop = self.start('dark', document.path)
        desktop.wait_title('pipeline')
        desktop.click(110, 125)
        desktop.key('ctrl+Return')
        wait('the end of the training', lambda: document.status('digits') == 'ok', 90)
        self.expect(document.events('run_finished')[-1]['status'] == 'done', 'the graph was not trained')
        desktop.key('ctrl+shift+t')
        time.sleep(1)
        self.expect(self.display.colors(1022, 104, 236, 230) > 6, 'no picture is shown')
        self.shot('pipeline-dark')
        desktop.end()

    def lose_kernel(self):
        self.expect(not self.kernels(), 'a kernel that has nothing to do outlived its window')
        document = self.document('lost.trellis', LONG)
        desktop = self.start('light', document.path)
        desktop.wait_title('lost')
        desktop.click(110, 125)
        desktop.key('ctrl+Return')
        wait('the first cell', lambda: document.status('load') == 'ok')
        self.expect(len(self.kernels()) == 1, 'there is not one kernel')
        self.no_kernels()
        time.sleep(0.8)
        self.shot('kernel-ended-light')
        self.expect(desktop.process.poll() is None and desktop.title() == 'lost', 'the desktop did not survive its kernel')
        document.forget('load')
        desktop.key('ctrl+Return')
        wait('another kernel', lambda: document.status('load') == 'ok')

    def lose_desktop(self):
        """The program is killed while it trains; opened again, it shows the training from its first step."""
        desktop, document = self.desktop, Document(self.home / 'lost.trellis')
        desktop.key('ctrl+shift+Return')
        wait('the training', lambda: len(document.lines('metrics.jsonl')) > 300)
        desktop.end(signal.SIGKILL)
        before = len(document.lines('metrics.jsonl'))
        time.sleep(1)
        self.expect(len(document.lines('metrics.jsonl')) > before, 'the training ended with the desktop')
        desktop = self.start('dark', document.path)
        desktop.wait_title('lost')
        desktop.key('ctrl+shift+t')
        time.sleep(2)
        self.shot('attached-dark')
        # The curve is there from the left end of the plot on.
        self.expect(self.display.colors(326, 700, 12, 110) > 3, 'the curve does not begin where the training began')

    def close_while_training(self):
        desktop, document = self.desktop, Document(self.home / 'lost.trellis')
        desktop.key('ctrl+w')
        dialog = desktop.other_window()
        self.shot('close-dark', dialog)
        desktop.key('Return')
        wait('the start page', lambda: desktop.title() == 'Trellis')
        before = len(document.lines('metrics.jsonl'))
        time.sleep(0.7)
        self.expect(len(document.lines('metrics.jsonl')) > before, 'the training ended with its window')
        desktop.end()
        desktop = self.start('light', document.path)
        desktop.wait_title('lost')
        # The command is there once the window has found the kernel.
        wait('the end of the training', lambda: desktop.key('ctrl+shift+period') or document.status('fit') == 'ok')
        desktop.end()

    def unnamed(self):
        desktop = self.start('light')
        desktop.key('ctrl+n')
        wait('a new document', lambda: desktop.title().startswith('Untitled'))
        desktop.key('ctrl+alt+l')
        desktop.type('print(6 * 7)')
        desktop.key('ctrl+Return')
        wait('its kernel', lambda: self.kernels())
        time.sleep(1)
        self.shot('unnamed-light')
        # Save As, in the dialog of the toolkit
        desktop.key('ctrl+s')
        desktop.other_window()
        desktop.key('ctrl+a')
        desktop.type(str(self.home / 'answer.trellis'))
        desktop.key('Return')
        document = Document(self.home / 'answer.trellis')
        wait('the file', lambda: document.path.exists() and 'print(6 * 7)' in document.text())
        desktop.tool('windowfocus', desktop.window)
        wait('its name', lambda: desktop.title() == 'answer')
        desktop.key('ctrl+Return')
        wait('its output', lambda: '42' in document.printed(re.search(r'\{#(\w+)\}', document.text()).group(1)))
        desktop.end()

    def narrow(self):
        for theme in ('light', 'dark'):
            desktop = self.start(theme, self.examples / 'digits-mlp.trellis')
            desktop.wait_title('digits-mlp')
            desktop.resize(360 + 2 * BORDER, 720)
            self.shot(f'narrow-{theme}')
            desktop.end()

    def windows(self):
        desktop = self.start('light', self.examples / 'digits-mlp.trellis')
        desktop.wait_title('digits-mlp')
        for key, name in (('ctrl+comma', 'preferences'), ('ctrl+question', 'shortcuts')):
            desktop.key(key)
            dialog = desktop.other_window()
            time.sleep(0.5)
            self.shot(f'{name}-light', dialog)
            desktop.key('Escape')
            time.sleep(0.5)
            desktop.tool('windowfocus', desktop.window)
        desktop.end()

    def run(self):
        stations = [self.start_page, self.run_a_cell, self.run_all, self.try_model, self.edit_and_save, self.find_and_replace,
                    self.recover, self.train, self.interrupt, self.mistakes, self.graph, self.pipeline, self.lose_kernel, self.lose_desktop,
                    self.close_while_training, self.unnamed, self.narrow, self.windows]
        wanted = os.environ.get('STATIONS')
        if wanted:
            stations = [station for station in stations if station.__name__ in wanted.split()]
        print(f'1..{len(stations)}')
        failed = False
        for number, station in enumerate(stations, 1):
            name = station.__name__.replace('_', '-')
            begun = time.monotonic()
            if failed:
                print(f'not ok {number} {name} # the journey ended before')
                continue
            try:
                station()
                print(f'ok {number} {name} # {time.monotonic() - begun:.1f} s', flush=True)
            except Failure as failure:
                failed = True
                log = self.home / 'desktop.log'
                print(f'not ok {number} {name}\n# {failure}')
                for line in log.read_text(errors='replace').splitlines()[-12:]:
                    print(f'# {line}')
                write_png(self.shots / 'failed.png', self.display.rows())
        return failed


def main():
    journey = Journey(*map(os.path.abspath, sys.argv[1:5]))
    try:
        return 1 if journey.run() else 0
    finally:
        journey.close()


sys.exit(main())
