// SPDX-License-Identifier: Apache-2.0
// Tables and tiles, filled anew each second: rows keep their elements, so that a selection and the focus stay.

const set = (element, text) => { if (element.textContent !== text) element.textContent = text; };

// A child of `parent` at `index`, made if it is missing.
const child = (parent, index, tag) => parent.children[index] ?? parent.appendChild(document.createElement(tag));

const cut = (parent, length) => { while (parent.children.length > length) parent.lastElementChild.remove(); };

// columns: [[head, row => text or { text, bad }]]; a head that ends in '|' is for words. onPick makes rows selectable.
export function fillTable(table, columns, rows, { none = 'none', onPick, picked } = {}) {
  const head = table.tHead ?? table.createTHead(), body = table.tBodies[0] ?? table.createTBody();
  const words = columns.map(([name]) => name.endsWith('|'));
  const titles = child(head, 0, 'tr');
  columns.forEach(([name], i) => { const th = child(titles, i, 'th'); set(th, name.replace(/\|$/, '')); th.className = words[i] ? 'text' : ''; });
  head.hidden = rows.length === 0;
  rows.forEach((row, r) => {
    const line = child(body, r, 'tr');
    columns.forEach(([, of], i) => {
      const value = of(row), cell = child(line, i, 'td');
      set(cell, String(value?.text ?? value ?? '–'));
      cell.className = [words[i] ? 'text' : '', value?.bad ? 'bad' : ''].join(' ').trim();
      cell.removeAttribute('colspan');
    });
    cut(line, columns.length);
    if (!onPick) return;
    line.tabIndex = 0;
    line.setAttribute('aria-selected', picked?.(row) ?? false);
    line.onclick = () => onPick(row);
    line.onkeydown = event => { if (event.key === 'Enter') onPick(row); };
  });
  cut(body, rows.length);
  if (rows.length === 0) {
    const cell = body.insertRow().insertCell();
    cell.className = 'none text';
    set(cell, none);
  }
}

// A line of the values of the last minutes, from 0 to the highest of them.
function draw(svg, values) {
  const top = Math.max(...values, 1e-9), step = 100 / Math.max(values.length - 1, 1);
  svg.setAttribute('viewBox', '0 0 100 20');
  svg.setAttribute('preserveAspectRatio', 'none');
  const path = svg.firstElementChild ?? svg.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
  path.setAttribute('d', values.map((v, i) => `${i ? 'L' : 'M'}${(i * step).toFixed(2)} ${(19 - 18 * v / top).toFixed(2)}`).join(''));
}

// tiles: [{ name, text, bad, history }]
export function fillTiles(parent, tiles) {
  tiles.forEach((tile, i) => {
    const box = child(parent, i, 'div');
    box.className = 'tile';
    const value = child(box, 0, 'b'), name = child(box, 1, 'span');
    set(value, tile.text);
    value.className = tile.bad ? 'bad' : '';
    set(name, tile.name);
    if (!tile.history) return;
    const svg = box.children[2] ?? box.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
    draw(svg, tile.history);
  });
  cut(parent, tiles.length);
}
