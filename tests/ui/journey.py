# SPDX-License-Identifier: Apache-2.0
"""Drives the desktop program as a person would: types, clicks, runs, undoes, loses its kernel, is killed.  Speaks TAP.

    journey.py TRELLIS_DESKTOP KERNEL SCREENSHOTS

It has a display of its own, in whose memory it reads what is seen; pictures of every view, light and dark, go to the folder
SCREENSHOTS.
"""

import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

WIDTH, HEIGHT = 1320, 900
DOCUMENT = """---
trellis: 1
seed: 42
---
```lua {#load}
train, test = data.fashion_mnist()
print (#train, #test)
```

# Fashion-MNIST with a small CNN

Seventy thousand pictures of clothes, 28 by 28 pixels each, in **ten classes**. A network with two convolutions reaches about
*90 %* after three epochs. Change `width` and run again.

```graph {#lenet}
width = 32
image = Input { shape = {N, 1, 28, 28} }
conv1 = Conv2d(image) { out = width, kernel = 3, padding = 1 }
act1 = ReLU(conv1)
pool1 = MaxPool2d(act1) { kernel = 2 }
conv2 = Conv2d(pool1) { out = width * 2, kernel = 3, padding = 1 }
act2 = ReLU(conv2)
pool2 = MaxPool2d(act2) { kernel = 2 }
flat = Flatten(pool2)
fc1 = Linear(flat) { out = 128 }
logits = Linear(fc1) { out = 10 }
```

```lua {#fit}
epochs = 3
run = fit { lenet, data = train, validate = test, epochs = epochs }
```
"""


class Failure(Exception):
    pass


def write_png(path, width, height, rows):
    def chunk(kind, data):
        body = kind + data
        return struct.pack('>I', len(data)) + body + struct.pack('>I', zlib.crc32(body))

    raw = b''.join(b'\0' + row for row in rows)
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
                     + chunk(b'IDAT', zlib.compress(raw, 6)) + chunk(b'IEND', b''))


class Display:
    """A virtual display whose picture lies in a file (the format of xwd)."""

    def __init__(self, folder):
        self.folder = folder
        read_end, write_end = os.pipe()
        self.process = subprocess.Popen(
            ['Xvfb', '-displayfd', str(write_end), '-screen', '0', f'{WIDTH}x{HEIGHT}x24', '-nolisten', 'tcp', '-noreset', '-fbdir',
             folder],
            pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write_end)
        with os.fdopen(read_end) as pipe:
            self.name = ':' + pipe.readline().strip()
        if self.name == ':':
            raise Failure('Xvfb did not start')

    def rows(self):
        data = (pathlib.Path(self.folder) / 'Xvfb_screen0').read_bytes()
        header = struct.unpack('>25I', data[:100])
        width, height, stride, colors = header[4], header[5], header[12], header[19]
        start = header[0] + colors * 12
        for y in range(height):
            line = data[start + y * stride:start + y * stride + width * 4]
            row = bytearray(width * 3)
            row[0::3], row[1::3], row[2::3] = line[2::4], line[1::4], line[0::4]
            yield bytes(row)

    def close(self):
        self.process.terminate()
        self.process.wait()


class Desktop:
    def __init__(self, program, kernel, display, home, theme, arguments):
        self.display = display
        self.environment = dict(
            os.environ, DISPLAY=display.name, HOME=home, XDG_RUNTIME_DIR=home + '/run', XDG_CACHE_HOME=home + '/cache',
            XDG_CONFIG_HOME=home + '/config', XDG_DATA_HOME=home + '/data', XDG_STATE_HOME=home + '/state',
            TRELLIS_PROGRAM=kernel, DBUS_SESSION_BUS_ADDRESS='disabled:', GDK_DEBUG='gl-disable', GSK_RENDERER='cairo',
            GSETTINGS_BACKEND='memory', GTK_A11Y='none', LC_ALL='C.UTF-8', GDK_BACKEND='x11',
            ADW_DEBUG_COLOR_SCHEME=f'prefer-{theme}')
        self.environment.pop('WAYLAND_DISPLAY', None)
        self.log = open(pathlib.Path(home) / 'desktop.log', 'ab')
        self.process = subprocess.Popen([program] + arguments, env=self.environment, stdout=self.log, stderr=self.log)
        self.window = self.wait('the window', self.find_window)
        self.tool('windowfocus', self.window)
        time.sleep(0.5)

    def tool(self, *arguments):
        return subprocess.run(['xdotool', *arguments], env=self.environment, capture_output=True, text=True).stdout.strip()

    def find_window(self):
        if self.process.poll() is not None:
            raise Failure(f'the program ended with {self.process.returncode}')
        names = self.tool('search', '--onlyvisible', '--class', 'trellis-desktop').split()
        return next((name for name in names if self.tool('getwindowname', name)), None)

    def wait(self, what, condition, seconds=40):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            result = condition()
            if result:
                return result
            time.sleep(0.05)
        raise Failure(f'waited {seconds} s for {what}')

    def title(self):
        return self.tool('getwindowname', self.window)

    def key(self, *keys):
        for key in keys:
            self.tool('key', key)
            time.sleep(0.15)

    def type(self, text):
        self.tool('type', '--delay', '15', text)
        time.sleep(0.3)

    def click(self, x, y, times=1):
        self.tool('mousemove', str(x), str(y), 'click', '--repeat', str(times), '--delay', '60', '1')
        time.sleep(0.4)

    def drag(self, x, y, to_x, to_y):
        self.tool('mousemove', str(x), str(y), 'mousedown', '1')
        for step in range(1, 9):
            self.tool('mousemove', str(x + (to_x - x) * step // 8), str(y + (to_y - y) * step // 8))
            time.sleep(0.02)
        self.tool('mouseup', '1')
        time.sleep(0.4)

    def screenshot(self, path):
        time.sleep(0.5)
        rows = list(self.display.rows())
        write_png(path, WIDTH, HEIGHT, rows)
        if len(set(b''.join(rows)[::997])) < 5:
            raise Failure(f'{path.name} shows nothing')

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()
        self.log.close()


class Journey:
    def __init__(self, program, kernel, screenshots):
        self.program, self.kernel, self.shots = program, kernel, pathlib.Path(screenshots)
        shutil.rmtree(self.shots, ignore_errors=True)
        self.shots.mkdir(parents=True)
        self.home = tempfile.mkdtemp(prefix='trellis-journey-')
        (pathlib.Path(self.home) / 'run').mkdir(mode=0o700)
        os.mkdir(self.home + '/screen')
        self.display = Display(self.home + '/screen')
        self.document = pathlib.Path(self.home) / 'fashion-mnist.trellis'
        self.document.write_text(DOCUMENT)
        self.desktop = None

    def start(self, theme, *arguments):
        self.desktop = Desktop(self.program, self.kernel, self.display, self.home, theme, list(arguments))
        return self.desktop

    def output(self, cell):
        try:
            return json.loads((self.document.parent / (self.document.name + '.d') / 'outputs' / f'{cell}.json').read_text())
        except (OSError, ValueError):
            return {}

    def kernels(self):
        found = []
        for entry in pathlib.Path('/proc').iterdir():
            try:
                words = (entry / 'cmdline').read_bytes().decode(errors='replace').split('\0')
            except OSError:
                continue
            if entry.name.isdigit() and any(self.home + '/run' in word for word in words):
                found.append(int(entry.name))
        return found

    def close(self):
        if self.desktop is not None and self.desktop.process.poll() is None:
            self.desktop.end()
        for pid in self.kernels():
            os.kill(pid, signal.SIGKILL)
        self.display.close()
        shutil.rmtree(self.home, ignore_errors=True)

    # --- the stations -----------------------------------------------------------------------------------------------------

    def start_page(self):
        desktop = self.start('light')
        desktop.screenshot(self.shots / 'start-light.png')
        desktop.key('ctrl+n')
        desktop.wait('a new document', lambda: desktop.title().startswith('Untitled'))
        desktop.end()
        desktop = self.start('dark')
        desktop.screenshot(self.shots / 'start-dark.png')
        desktop.end()

    def edit_and_save(self):
        desktop = self.start('light', str(self.document))
        desktop.wait('the document', lambda: desktop.title() == 'fashion-mnist')
        time.sleep(1)
        desktop.click(600, 112)
        desktop.key('ctrl+End')
        desktop.key('Return')
        desktop.type('x = 1')
        desktop.wait('the unsaved mark', lambda: '•' in desktop.title())
        desktop.key('ctrl+s')
        desktop.wait('the saved text', lambda: 'print (#train, #test)\nx = 1\n```' in self.document.read_text())
        desktop.wait('the mark to go', lambda: '•' not in desktop.title())
        for _ in range(3):
            desktop.key('ctrl+z')
        desktop.key('ctrl+s')
        desktop.wait('the bytes of before', lambda: self.document.read_text() == DOCUMENT)

    def run_all(self):
        desktop = self.desktop
        desktop.key('ctrl+shift+Return')
        desktop.wait('output of the first cell', lambda: self.output('load').get('status') == 'ok')
        time.sleep(1.5)
        desktop.screenshot(self.shots / 'training-light.png')
        desktop.wait('the end of the training', lambda: self.output('fit').get('status') == 'ok', 90)
        desktop.screenshot(self.shots / 'trained-light.png')

    def try_model(self):
        self.desktop.key('ctrl+shift+t')
        self.desktop.screenshot(self.shots / 'try-light.png')

    def graph(self):
        desktop = self.desktop
        # From the first cell the keyboard goes on: the outline has the graph, its canvas opens from the cell.
        desktop.click(100, 142)
        desktop.screenshot(self.shots / 'graph-light.png')
        desktop.key('ctrl+k')
        desktop.type('Tanh')
        desktop.screenshot(self.shots / 'palette-light.png')
        desktop.key('Return', 'ctrl+s')
        desktop.wait('the added node', lambda: '= Tanh' in self.document.read_text())
        desktop.key('ctrl+z', 'ctrl+s')
        desktop.wait('the graph of before', lambda: self.document.read_text() == DOCUMENT)

    def lose_kernel(self):
        desktop = self.desktop
        pids = self.kernels()
        if not pids:
            raise Failure('no kernel is running')
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        desktop.wait('the kernel to go', lambda: not self.kernels())
        time.sleep(0.8)
        desktop.screenshot(self.shots / 'kernel-ended-light.png')
        if desktop.process.poll() is not None or desktop.title() != 'fashion-mnist':
            raise Failure('the desktop did not survive its kernel')
        os.remove(self.document.parent / (self.document.name + '.d') / 'outputs' / 'load.json')
        desktop.key('ctrl+shift+Return')
        desktop.wait('another kernel', lambda: self.output('load').get('status') == 'ok')

    def lose_desktop(self):
        """The second training has begun; the desktop is killed and started again, and shows its end."""
        path = self.document.parent / (self.document.name + '.d') / 'outputs' / 'fit.json'
        path.unlink(missing_ok=True)
        time.sleep(0.8)
        self.desktop.end(signal.SIGKILL)
        if not self.kernels():
            raise Failure('the training ended with the desktop')
        desktop = self.start('dark', str(self.document))
        desktop.wait('the document', lambda: 'fashion-mnist' in desktop.title())
        desktop.screenshot(self.shots / 'training-dark.png')
        desktop.wait('the end of the training', lambda: self.output('fit').get('status') == 'ok', 90)
        desktop.key('ctrl+shift+t')
        desktop.screenshot(self.shots / 'try-dark.png')
        desktop.end()

    def run(self):
        stations = [self.start_page, self.edit_and_save, self.run_all, self.try_model, self.graph, self.lose_kernel,
                    self.lose_desktop]
        print(f'1..{len(stations)}')
        failed = False
        for number, station in enumerate(stations, 1):
            name = station.__name__.replace('_', '-')
            if failed:
                print(f'not ok {number} {name} # the journey ended before')
                continue
            try:
                station()
                print(f'ok {number} {name}', flush=True)
            except Failure as failure:
                failed = True
                log = pathlib.Path(self.home) / 'desktop.log'
                print(f'not ok {number} {name}\n# {failure}')
                for line in log.read_text(errors='replace').splitlines()[-12:]:
                    print(f'# {line}')
                write_png(self.shots / 'failed.png', WIDTH, HEIGHT, list(self.display.rows()))
        return failed


def main():
    journey = Journey(*map(os.path.abspath, sys.argv[1:4]))
    try:
        return 1 if journey.run() else 0
    finally:
        journey.close()


sys.exit(main())
