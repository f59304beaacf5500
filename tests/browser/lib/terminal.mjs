// SPDX-License-Identifier: Apache-2.0
// A program on a terminal (terminal.py), and a picture of what is on it.
import { spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { directory } from './net.mjs';

export class Terminal {
  constructor(rows, columns, command) {
    const script = path.join(directory(import.meta.url), 'terminal.py');
    this.child = spawn('python3', [script, rows, columns, ...command].map(String), { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, TZ: 'UTC' } });
    this.answers = readline.createInterface(this.child.stdout)[Symbol.asyncIterator]();
    Object.assign(this, { rows, columns });
  }

  async ask(line) {
    this.child.stdin.write(`${line}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('the terminal has ended');
    const answer = JSON.parse(value);
    answer.text = answer.lines.map(runs => runs.map(([text]) => text).join('').trimEnd());
    return answer;
  }

  screen() { return this.ask('screen'); }
  type(text) { return this.ask(`type ${text}`); }

  resize(rows, columns) {
    Object.assign(this, { rows, columns });
    return this.ask(`resize ${rows} ${columns}`);
  }

  close() { this.child.stdin.end(); }
}

const CHARACTER = 8.4, LINE = 18, MARGIN = 12;
const COLOURS = { '': '#d8dee9', bold: '#ffffff', dim: '#8b95a7', red: '#ff6b6b', green: '#7bd88f', yellow: '#f5c451' };

const escape = text => text.replace(/[&<>]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

// One run of a line: reversed ones on a bar, each at its column and exactly as wide as it is there.
function drawRun(text, look, column, row) {
  const looks = look.split(' '), reverse = looks.includes('reverse');
  const x = MARGIN + column * CHARACTER, y = MARGIN + row * LINE;
  const colour = reverse ? '#1b2230' : COLOURS[looks.find(l => COLOURS[l] && l !== 'bold') ?? (looks.includes('bold') ? 'bold' : '')];
  const bar = reverse ? `<rect x="${x.toFixed(1)}" y="${y}" width="${(text.length * CHARACTER).toFixed(1)}" height="${LINE}" fill="#aab4c5"/>` : '';
  if (text.trim() === '') return bar;
  const weight = looks.includes('bold') ? ' font-weight="bold"' : '';
  return `${bar}<text x="${x.toFixed(1)}" y="${y + 13}" fill="${colour}"${weight} textLength="${(text.length * CHARACTER).toFixed(1)}" xml:space="preserve">${escape(text)}</text>`;
}

// An SVG of a screen, without the empty lines at its end but one.
export function picture(screen, columns, title) {
  let last = screen.text.length;
  while (last > 0 && screen.text[last - 1] === '') last--;
  const width = Math.ceil(2 * MARGIN + columns * CHARACTER), height = 2 * MARGIN + last * LINE;
  const runs = screen.lines.slice(0, last).flatMap((line, row) => {
    let column = 0;
    return line.map(([text, look]) => {
      const drawn = drawRun(text, look, column, row);
      column += text.length;
      return drawn;
    }).filter(Boolean);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" role="img">
<title>${escape(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="#1b2230"/>
${runs.join('\n')}
</svg>
`;
}
