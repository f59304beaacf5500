// SPDX-License-Identifier: Apache-2.0
// Figures as people read them; an unknown one is a dash.
const known = (value, text) => value === undefined || value === null || Number.isNaN(value) ? '–' : text(value);

const scaled = (value, units) => {
  let i = 0;
  while (value >= 1000 && i < units.length - 1) { value /= 1000; i++; }
  return `${value >= 100 || i === 0 ? Math.round(value) : value.toFixed(1)} ${units[i]}`.trim();
};

export const count = value => known(value, v => v.toLocaleString('en'));
export const rate = value => known(value, v => `${scaled(v, ['', 'k', 'M'])}/s`);
export const bits = value => known(value, v => scaled(v, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s']));
export const bytes = value => known(value, v => scaled(v, ['B', 'kB', 'MB', 'GB']));
export const percent = value => known(value, v => `${v.toFixed(v < 10 ? 1 : 0)} %`);
export const micros = value => known(value, v => v < 1000 ? `${Math.round(v)} µs` : `${(v / 1000).toFixed(v < 10000 ? 1 : 0)} ms`);
export const layer = (spatial, temporal) => known(spatial, v => `${v}${temporal === undefined || temporal === null ? '' : `.${temporal}`}`);

export function duration(us) {
  return known(us, v => {
    const s = Math.floor(v / 1e6);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
    return `${Math.floor(s / 86400)} days`;
  });
}
export const ago = unixUs => known(unixUs, v => duration(Math.max(0, Date.now() * 1000 - v)));
