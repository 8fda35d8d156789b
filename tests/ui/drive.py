# SPDX-License-Identifier: Apache-2.0
"""A virtual display and the desktop program on it, for tests that use it as a person does.

The display's memory is a file, so what is seen is read from it.
"""

import json
import os
import pathlib
import signal
import struct
import subprocess
import time
import zlib

WIDTH, HEIGHT = 1320, 900
BORDER = 4  # what a window without a window manager has around it


class Failure(Exception):
    pass


def write_png(path, rows):
    def chunk(kind, data):
        body = kind + data
        return struct.pack('>I', len(data)) + body + struct.pack('>I', zlib.crc32(body))

    raw = b''.join(b'\0' + row for row in rows)
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0))
                     + chunk(b'IDAT', zlib.compress(raw, 9)) + chunk(b'IEND', b''))


def wait(what, condition, seconds=40):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise Failure(f'waited {seconds} s for {what}')


class Display:
    """A virtual display whose picture lies in a file (the format of xwd)."""

    def __init__(self, folder):
        self.folder = folder
        read_end, write_end = os.pipe()
        self.process = subprocess.Popen(
            ['Xvfb', '-displayfd', str(write_end), '-screen', '0', f'{WIDTH}x{HEIGHT}x24', '-nolisten', 'tcp', '-noreset', '-r', '-fbdir',
             folder],
            pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write_end)
        with os.fdopen(read_end) as pipe:
            self.name = ':' + pipe.readline().strip()
        if self.name == ':':
            raise Failure('Xvfb did not start')

    def rows(self, left=0, top=0, width=WIDTH, height=HEIGHT):
        data = (pathlib.Path(self.folder) / 'Xvfb_screen0').read_bytes()
        header = struct.unpack('>25I', data[:100])
        stride, start = header[12], header[0] + header[19] * 12
        found = []
        for y in range(top, min(top + height, header[5])):
            line = data[start + y * stride + left * 4:start + y * stride + min(left + width, header[4]) * 4]
            row = bytearray(len(line) // 4 * 3)
            row[0::3], row[1::3], row[2::3] = line[2::4], line[1::4], line[0::4]
            found.append(bytes(row))
        return found

    def colors(self, left, top, width, height):
        """How many colours are seen in a part of it."""
        pixels = b''.join(self.rows(left, top, width, height))
        return len({pixels[i:i + 3] for i in range(0, len(pixels), 3)})

    def close(self):
        self.process.terminate()
        self.process.wait()


class Desktop:
    """The program, which runs until end()."""

    def __init__(self, program, kernel, display, home, theme, arguments, extra=None):
        self.display = display
        self.home = home
        self.environment = dict(
            os.environ, DISPLAY=display.name, HOME=home, XDG_RUNTIME_DIR=home + '/run', XDG_CACHE_HOME=home + '/cache',
            XDG_CONFIG_HOME=home + '/config', XDG_DATA_HOME=home + '/data', XDG_STATE_HOME=home + '/state',
            TRELLIS_PROGRAM=kernel, DBUS_SESSION_BUS_ADDRESS='disabled:', GDK_DEBUG='gl-disable', GSK_RENDERER='cairo',
            GSETTINGS_BACKEND='memory', GTK_A11Y='none', LC_ALL='C.UTF-8', GDK_BACKEND='x11',
            ADW_DEBUG_COLOR_SCHEME=f'prefer-{theme}', **(extra or {}))
        self.environment.pop('WAYLAND_DISPLAY', None)
        self.log = open(pathlib.Path(home) / 'desktop.log', 'ab')
        self.process = subprocess.Popen([program] + arguments, env=self.environment, stdout=self.log, stderr=self.log)
        self.window = wait('the window', self.find_window)
        self.tool('windowfocus', self.window)
        time.sleep(0.5)

    def tool(self, *arguments):
        return subprocess.run(['xdotool', *arguments], env=self.environment, capture_output=True, text=True).stdout.strip()

    def windows(self):
        names = self.tool('search', '--onlyvisible', '--class', 'org.trellisml.Trellis').split()
        return [name for name in names if self.tool('getwindowname', name)]

    def find_window(self):
        if self.process.poll() is not None:
            raise Failure(f'the program ended with {self.process.returncode}')
        return next(iter(self.windows()), None)

    def other_window(self):
        """A dialog: no window manager gives it the keyboard."""
        found = wait('a dialog', lambda: next((name for name in self.windows() if name != self.window), None))
        self.tool('windowfocus', found)
        time.sleep(0.4)
        return found

    def wait_title(self, title):
        wait(f'the title {title}', lambda: self.title() == title)
        time.sleep(0.6)

    def title(self):
        return self.tool('getwindowname', self.window)

    def settle(self):
        """Until the picture stands still: what is asked next meets what was asked before."""
        before = None
        for _ in range(40):
            time.sleep(0.25)
            now = hash(tuple(self.display.rows()))
            if now == before:
                return
            before = now

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

    def resize(self, width, height):
        self.tool('windowsize', '--sync', self.window, str(width), str(height))
        time.sleep(0.8)

    def picture(self, window):
        geometry = dict(line.split('=') for line in self.tool('getwindowgeometry', '--shell', window).splitlines())
        return self.display.rows(int(geometry['X']) + BORDER, int(geometry['Y']) + BORDER, int(geometry['WIDTH']) - 2 * BORDER,
                                 int(geometry['HEIGHT']) - 2 * BORDER)

    def screenshot(self, path, window=None):
        self.tool('mousemove', str(WIDTH - 1), str(HEIGHT - 1))
        time.sleep(0.5)
        # A machine that is busy has not painted yet.
        wait(f'something to see on {path.name}', lambda: len(set(b''.join(self.picture(window or self.window))[::997])) >= 5)
        write_png(path, self.picture(window or self.window))

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()
        self.log.close()


class Document:
    """A document on disk, and what running it has left there."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.folder = self.path.parent / (self.path.name + '.d')

    @property
    def title(self):
        return self.path.name.removesuffix('.trellis')

    def text(self):
        return self.path.read_text()

    def output(self, cell):
        try:
            return json.loads((self.folder / 'outputs' / f'{cell}.json').read_text())
        except (OSError, ValueError):
            return {}

    def status(self, cell):
        return self.output(cell).get('status')

    def printed(self, cell):
        return ''.join(piece['text'] for piece in self.output(cell).get('output', []))

    def forget(self, cell):
        (self.folder / 'outputs' / f'{cell}.json').unlink(missing_ok=True)

    def runs(self):
        return sorted((self.folder / 'runs').glob('*')) if (self.folder / 'runs').exists() else []

    def lines(self, name):
        """Of a file of the newest run."""
        found = []
        if self.runs():
            try:
                for line in (self.runs()[-1] / name).read_text().splitlines():
                    found.append(json.loads(line))
            except (OSError, ValueError):
                pass
        return found

    def events(self, kind):
        return [event for event in self.lines('events.jsonl') if event.get('type') == kind]
