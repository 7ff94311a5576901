// Values and tables that collectors and observers of somebody else's have added to a process (ReportValues.cs).
import { bytes, count, el, show, time } from './text.js';

const mostValues = 200;
const mostTables = 20;
const mostColumns = 20;
const nanoseconds = new Map([['s', 1e9], ['ms', 1e6], ['us', 1e3], ['ns', 1]]);

/** A number with three or four digits that count, if it is not whole. */
function number(value) {
  const size = Math.abs(value);
  return size < 1e15 && (size >= 1000 || Number.isInteger(value)) ? count(value) : String(Number(value.toPrecision(4)));
}

/** A number with its unit by UCUM. What is counted, {thing}, is said by the head of a column. */
function measured(value, unit, inColumn) {
  if (nanoseconds.has(unit)) return time(value * nanoseconds.get(unit));
  if (unit === 'By') return bytes(Math.round(value));
  if (unit === '' || unit === '1') return number(value);
  const thing = /^\{(.*)\}$/s.exec(unit)?.[1];
  if (thing !== undefined && inColumn) return number(value);
  return `${number(value)} ${thing ?? unit}`;
}

const more = (n, what) => (n > 0 ? el('p', { className: 'soft' }, `and ${count(n)} more ${what}, in tree.json`) : null);

/** What has been added to a process: [title, content…] of each part, none if there is nothing. */
export function addedParts(run, i) {
  return [values(run, i), ...tables(run, i)].filter(Boolean);
}

function values(run, i) {
  if (!run.values || run.values.rows[i] === 0) return null;
  const { name, unit, number: numbers, text } = run.values;
  const [from, to] = [run.valueStart[i], run.valueStart[i + 1]];
  const shown = Array.from({ length: Math.min(to - from, mostValues) }, (_, k) => from + k);
  const value = (v) => (numbers[v] === null ? show(run.text(text[v]), 300) : show(measured(numbers[v], run.text(unit[v])), 80));
  const row = (v) => el('tr', {}, el('th', { scope: 'row' }, show(run.text(name[v]), 80)), el('td', {}, value(v)));
  return ['Values',
    el('table', { className: 'added' }, shown.map(row)),
    more(to - from - mostValues, 'values')];
}

function tables(run, i) {
  if (!run.tables) return [];
  const [from, to] = [run.tableStart[i], run.tableStart[i + 1]];
  const shown = Array.from({ length: Math.min(to - from, mostTables) }, (_, k) => table(run, from + k));
  return to - from > mostTables ? [...shown, ['Further tables', more(to - from - mostTables, 'tables')]] : shown;
}

function table(run, t) {
  const { name, columns, column, unit, tableRows, rowsLeftOut, number: numbers, text } = run.tables;
  const width = columns[t];
  const heads = Array.from({ length: Math.min(width, mostColumns) }, (_, c) => run.tableColumnStart[t] + c);
  const cellsOf = (r) => heads.map((_, c) => run.tableCellStart[t] + r * width + c);
  const cell = (at, c) => (numbers[at] === null
    ? el('td', {}, show(run.text(text[at]), 300))
    : el('td', { className: 'figure' }, show(measured(numbers[at], run.text(unit[heads[c]]), true), 80)));
  const rows = Array.from({ length: tableRows[t] }, (_, r) => cellsOf(r));
  const isFigure = (c) => rows.length > 0 && rows.every((cells) => numbers[cells[c]] !== null);
  return [show(run.text(name[t]), 80),
    el('div', { className: 'added-rows', tabIndex: rows.length > 12 ? 0 : undefined },
      el('table', { className: 'added' },
        el('thead', {}, el('tr', {}, heads.map((h, c) => el('th', { scope: 'col', className: isFigure(c) ? 'figure' : '' }, show(run.text(column[h]), 60))))),
        el('tbody', {}, rows.map((cells) => el('tr', {}, cells.map(cell)))))),
    more(width - mostColumns, 'columns'), more(rowsLeftOut[t], 'rows')];
}
