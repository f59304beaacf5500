# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a terminal of its own and says what is on it.

    terminal.py ROWS COLUMNS COMMAND...

Lines on standard input: "screen", "resize ROWS COLUMNS", "type TEXT". Each is answered by a line of JSON:
{"lines": [[[text, look], ...], ...], "alternate": bool, "cursor": bool, "ended": exit status or null}.
The terminal knows what sluicectl writes, and nothing else: another sequence is an error."""
import codecs
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import unicodedata

SEQUENCE = re.compile(r'\x1b\[(\??)([0-9;]*)([A-Za-z])')
LOOKS = {'0': '', '1': 'bold', '2': 'dim', '7': 'reverse', '31': 'red', '32': 'green', '33': 'yellow'}


def width(c):
    return 2 if unicodedata.east_asian_width(c) in 'WF' else 1


class Screen:
    def __init__(self, rows, columns):
        self.alternate, self.cursor = False, True
        self.text = ''
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[(' ', '')] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.look = ''

    def put(self, c):
        # what was drawn for another size may be on its way: no room, no character
        if self.column + width(c) <= self.columns:
            self.cells[self.row][self.column] = (c, self.look)
            for i in range(1, width(c)):
                self.cells[self.row][self.column + i] = ('', self.look)
            self.column += width(c)

    def control(self, c):
        if c == '\r':
            self.column = 0
        elif c == '\n' and self.row + 1 < self.rows:
            self.row += 1
        elif c == '\n':
            self.cells = self.cells[1:] + [[(' ', '')] * self.columns]
        else:
            raise ValueError(f'control character {c!r}')

    def clear(self, rows):
        for row in rows:
            self.cells[row] = [(' ', '')] * self.columns

    def sequence(self, private, parameters, final):
        if private and parameters == '1049':
            self.alternate = final == 'h'
        elif private and parameters == '25':
            self.cursor = final == 'h'
        elif final == 'H' and not parameters:
            self.row = self.column = 0
        elif final == 'K' and not parameters:
            self.cells[self.row][self.column:] = [(' ', '')] * (self.columns - self.column)
        elif final == 'J' and not parameters:
            self.cells[self.row][self.column:] = [(' ', '')] * (self.columns - self.column)
            self.clear(range(self.row + 1, self.rows))
        elif final == 'J' and parameters == '2':
            self.clear(range(self.rows))
        elif final == 'm':
            self.look = ' '.join(LOOKS[p] for p in (parameters or '0').split(';') if LOOKS[p])
        else:
            raise ValueError(f'sequence {private}{parameters}{final}')

    def feed(self, text):
        self.text += text
        while self.text:
            m = SEQUENCE.match(self.text)
            if m:
                self.sequence(*m.groups())
                self.text = self.text[m.end():]
            elif self.text[0] == '\x1b' and len(self.text) < 16:
                return  # the rest is on its way
            elif unicodedata.category(self.text[0]) == 'Cc':
                self.control(self.text[0])
                self.text = self.text[1:]
            else:
                self.put(self.text[0])
                self.text = self.text[1:]

    def lines(self):
        out = []
        for row in self.cells:
            runs = []
            for c, look in row:
                if runs and runs[-1][1] == look:
                    runs[-1][0] += c
                else:
                    runs.append([c, look])
            out.append(runs)
        return out


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


def main():
    rows, columns, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    pid, fd = pty.fork()
    if pid == 0:
        set_size(1, rows, columns)
        os.execvp(command[0], command)
    screen, ended, decoder = Screen(rows, columns), None, codecs.getincrementaldecoder('utf-8')()
    asked = b''
    while True:
        watched = [sys.stdin] + ([fd] if ended is None else [])
        ready, _, _ = select.select(watched, [], [])
        if fd in ready:
            try:
                data = os.read(fd, 65536)
            except OSError:  # the other end is closed
                data = b''
            if data:
                screen.feed(decoder.decode(data))
            else:
                ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if sys.stdin in ready:
            data = os.read(0, 65536)
            if not data:
                break
            asked += data
        while b'\n' in asked:
            line, asked = asked.split(b'\n', 1)
            verb, _, rest = line.decode().partition(' ')
            if verb == 'resize':
                screen.resize(*map(int, rest.split()))
                set_size(fd, screen.rows, screen.columns)
            elif verb == 'type':
                os.write(fd, rest.encode())
            print(json.dumps({'lines': screen.lines(), 'alternate': screen.alternate, 'cursor': screen.cursor,
                              'ended': ended}), flush=True)
    if ended is None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


main()
