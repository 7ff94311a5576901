// Sortable tables, by Tabulator. Cells are made by el() and text, so nothing of a process is read as HTML; titles too,
// since the names of counters come from outside.
import { FormatModule, InteractionModule, ResizeColumnsModule, SortModule, Tabulator } from 'tabulator-tables';
import { ending } from './model.js';
import { functionSums, rowsOf } from './stacks.js';
import { bytes, count, el, show, time, visible } from './text.js';

Tabulator.registerModule([FormatModule, InteractionModule, ResizeColumnsModule, SortModule]);

const titleFormatter = (cell, { about = '' } = {}) => el('span', { title: about }, visible(cell.getValue()));

/** A column of numbers, the largest first when it is clicked. Unknown values sort below all others. */
const number = (title, field, format, about) => ({
  title, field, titleFormatter, titleFormatterParams: { about }, hozAlign: 'right', headerHozAlign: 'right', headerSortStartingDir: 'desc', minWidth: 74,
  sorter: (a, b) => (a ?? -Infinity) - (b ?? -Infinity) || 0,
  formatter: (cell) => document.createTextNode(cell.getValue() === 0 ? '0' : format(cell.getValue())),
});
const words = (title, field, options = {}) => ({
  title, field, titleFormatter, sorter: (a, b) => (a < b ? -1 : a > b ? 1 : 0), minWidth: 90,
  formatter: (cell) => el('span', { title: show(cell.getValue() ?? '', 2000) }, show(cell.getValue() ?? '', 400)), ...options,
});
/** Words that one can press. */
const link = (title, field, act, options = {}) => words(title, field, {
  formatter: (cell) => el('button', { className: 'link', title: show(cell.getValue(), 2000), onclick: (e) => { e.stopPropagation(); act(cell.getData()); } }, show(cell.getValue(), 200)),
  ...options,
});

/** A view with one table, which is filled when it is looked at. */
class TableView {
  #stale = true;

  constructor(selection, element, columns, sort, empty) {
    this.selection = selection;
    this.holder = element.appendChild(el('div', { className: 'table' }));
    this.make = () => new Promise((resolve) => {
      const table = new Tabulator(this.holder, {
        height: '100%', layout: 'fitDataFill', columns, placeholder: empty, initialSort: [{ column: sort, dir: 'desc' }], index: 'key',
        columnDefaults: { maxInitialWidth: 420 }, data: this.rows(),
        rowFormatter: (row) => row.getElement().classList.toggle('on', this.isOn?.(row.getData()) ?? false),
      });
      table.on('rowClick', (_, row) => this.picked?.(row.getData()));
      table.on('tableBuilt', () => resolve(table));
    });
    selection.onChange(() => this.refresh());
  }

  refresh() {
    this.#stale = true;
    if (this.shown) this.#fill();
  }

  show(shown) {
    this.shown = shown;
    if (shown && this.#stale) this.#fill();
  }

  async #fill() {
    this.#stale = false;
    if (!this.table) {
      this.table = this.make();
      await this.table;
      return;
    }
    const table = await this.table;
    if (this.depends()) await table.replaceData(this.rows());
    const last = this.onKey;
    this.onKey = this.selection.kind === 'program' ? this.selection.program : this.selection.process;
    const rows = table.getRows();
    const find = (key) => rows.find((row) => row.getData().key === key);
    find(last)?.reformat();
    const on = find(this.onKey);
    on?.reformat();
    if (on) await table.scrollToRow(on, 'nearest', false).catch(() => {}); // a newer selection has it
  }

  /** Whether the rows depend on the selection. */
  depends() { return true; }
}

export class ProcessTable extends TableView {
  constructor(run, selection, element) {
    const { p } = run;
    const known = (column) => p[column]?.some((v) => v !== null);
    super(selection, element, [
      number('id', 'id', count, 'Birth order'), number('pid', 'pid', String),
      link('Name', 'name', (row) => selection.pick(row.key)),
      words('Command line', 'line', { width: 300 }),
      number('Start', 'start', time), number('Wall', 'wall', time), number('CPU', 'cpu', time),
      number('User', 'user', time), number('System', 'system', time), number('Peak RSS', 'rss', bytes),
      words('End', 'end', { formatter: (cell) => el('span', { className: cell.getData().failed ? 'failed' : '' }, (cell.getData().failed ? '✕ ' : '') + visible(cell.getValue())) }),
      number('Threads', 'threads', count),
      number('Minor faults', 'minorFaults', count), number('Major faults', 'majorFaults', count),
      number('Voluntary sw.', 'voluntary', count, 'Voluntary context switches'), number('Involuntary sw.', 'involuntary', count, 'Involuntary context switches'),
      ...(known('waitNs') ? [number('Waits', 'waits', count), number('Waited', 'waitNs', time, 'Off CPU'), number('Run queue', 'runQueueNs', time, 'Ready, without a CPU')] : []),
      ...(p.runtime ? [number('GCs', 'gcs', count, '.NET garbage collections'), number('GC pauses', 'gcPause', time, 'All together'), number('Allocated', 'allocated', bytes), number('Jitted', 'jitted', count, 'Methods compiled'), number('JIT time', 'jitNs', time), number('Exceptions', 'exceptions', count)] : []),
      ...p.counters.map((c, k) => number(c.name, `counter${k}`, c.name.endsWith('-clock') ? time : count)),
      ...(run.samples ? [number('CPU samples', 'samples', count)] : []), number('Lost records', 'lost', count, 'Of all kinds: a ring was full'),
    ], 'cpu', 'No process.');
    this.run = run;
  }

  depends() {
    const { kind } = this.selection;
    const several = kind === 'subtree' || kind === 'program' ? `${kind} ${this.selection.process} ${this.selection.program}` : '';
    const changed = several !== this.last;
    this.last = several;
    return changed;
  }

  rows() {
    const { run, selection } = this;
    const { p } = run;
    const several = selection.kind === 'subtree' || selection.kind === 'program';
    this.last = several ? `${selection.kind} ${selection.process} ${selection.program}` : '';
    const columns = ['id', 'pid', 'start', 'user', 'system', 'rss', 'threads', 'minorFaults', 'majorFaults', 'voluntary', 'involuntary', 'waits', 'waitNs', 'runQueueNs', 'gcs', 'gcPause', 'allocated', 'jitted', 'jitNs', 'exceptions', 'lost'].filter((c) => p[c]);
    return (several ? selection.members : [...run.order]).map((i) => {
      const row = { key: i, name: run.name[i], samples: run.samples?.[i], line: run.commandLine(i), wall: run.wall[i], cpu: run.cpu[i], end: ending(run, i), failed: run.failed[i] === 1 };
      for (const c of columns) row[c] = p[c][i];
      p.counters.forEach((c, k) => (row[`counter${k}`] = c.values[i]));
      return row;
    });
  }

  isOn(row) { return this.selection.process === row.key; }
  picked(row) { this.selection.pick(row.key); }
}

export class ProgramTable extends TableView {
  constructor(run, selection, element) {
    super(selection, element, [
      link('Executable', 'key', (row) => selection.pickProgram(row.key), { minWidth: 180 }),
      number('Processes', 'count', count), number('Failed', 'failed', count), number('Wall, sum', 'wall', time), number('CPU', 'cpu', time),
      number('CPU, mean', 'mean', time), number('Longest', 'longest', time), number('Peak RSS', 'rss', bytes), ...(run.samples ? [number('CPU samples', 'samples', count)] : []),
      number('Lost records', 'lost', count, 'Of all kinds: a ring was full'), words('File', 'file', { width: 300 }),
    ], 'cpu', 'No executable.');
    this.run = run;
  }

  depends() { return false; }

  rows() {
    const { run } = this;
    return [...run.members].map(([name, members]) => {
      const sum = (column) => members.reduce((s, i) => s + (column[i] ?? 0), 0);
      const cpu = sum(run.cpu);
      return {
        key: name, count: members.length, failed: sum(run.failed), wall: sum(run.wall), cpu, mean: cpu / members.length,
        longest: members.reduce((m, i) => Math.max(m, run.wall[i]), 0), rss: members.reduce((m, i) => Math.max(m, run.p.rss[i] ?? 0), 0),
        samples: run.samples && sum(run.samples), lost: sum(run.p.lost), file: run.fileOf.get(name) ?? '',
      };
    });
  }

  isOn(row) { return this.selection.kind === 'program' && this.selection.program === row.key; }
  picked(row) { this.selection.pickProgram(row.key); }
}

export class FunctionTable extends TableView {
  constructor(run, selection, element, find) {
    const metric = run.profile.metrics[0];
    const format = metric?.unit === 'ns' ? time : count;
    const of = `Of the ${metric?.label} of what is selected`;
    super(selection, element, [
      link('Function', 'name', (row) => find(row.name), { width: 420 }),
      number('Self', 'self', format, 'In the function itself'), number('Self, % of selected', 'selfShare', (v) => `${v.toFixed(1)} %`, of),
      number('Total', 'total', format, 'With all that it called'), number('Total, % of selected', 'totalShare', (v) => `${v.toFixed(1)} %`, of),
      number(`Self, ${metric?.thing}s`, 'samples', count), words('Module', 'module', { minWidth: 160 }), words('Kind', 'kind'),
    ], 'self', 'No samples in this selection.');
    this.run = run;
    this.metric = metric;
  }

  rows() {
    const { run, metric } = this;
    if (!metric) return [];
    const rows = rowsOf(run, metric, this.selection);
    const whole = rows.reduce((s, r) => s + metric.weight[r], 0);
    const { self, total, samples } = functionSums(run, metric, rows);
    const result = [];
    for (let f = 0; f < total.length; f++) {
      if (total[f] === 0) continue;
      const module = run.profile.functions.module[f];
      result.push({ key: f, name: run.functionName[f], self: self[f], total: total[f], samples: samples[f], module: run.moduleName[module],
        kind: ['user', 'kernel', 'JIT'][run.functionKind[f]], selfShare: 100 * self[f] / whole, totalShare: 100 * total[f] / whole });
    }
    return result;
  }
}

export class SyscallTable extends TableView {
  constructor(run, selection, element) {
    super(selection, element, [
      words('System call', 'key', { minWidth: 180 }), number('Count', 'count', count, 'Calls that came back: exit_group never does'), number('Errors', 'errors', count), number('Total', 'total', time),
      number('p50', 'p50', time, 'Half of the calls took that at most, to 12.5 %'), number('p99', 'p99', time, '99 % of the calls took that at most, to 12.5 %'),
      number('Max', 'max', time), number('Processes', 'processes', count),
    ], 'total', 'No system calls were collected in this selection.');
    this.run = run;
  }

  rows() {
    const { run } = this;
    return run.syscalls ? syscallSums(run, this.selection.members) : [];
  }
}

export function syscallSums(run, members) {
  const calls = new Map();
  const s = run.syscalls;
  for (const i of members) {
    for (let r = run.syscallStart[i]; r < run.syscallStart[i + 1]; r++) {
      const name = run.text(s.name[r]);
      const sum = calls.get(name) ?? calls.set(name, { key: name, count: 0, errors: 0, total: 0, max: 0, processes: 0, durations: new Float64Array(s.bounds.length) }).get(name);
      sum.count += s.count[r];
      sum.errors += s.errors[r];
      sum.total += s.total[r];
      sum.max = Math.max(sum.max, s.max[r]);
      sum.processes++;
      for (let d = run.durationStart[r]; d < run.durationStart[r + 1]; d++) sum.durations[s.bound[d]] += s.calls[d];
    }
  }
  return [...calls.values()].map(({ durations, ...sum }) => ({
    ...sum, p50: quantile(s.bounds, durations, sum.max, 0.5), p99: quantile(s.bounds, durations, sum.max, 0.99),
  }));
}

/** What the given part of all durations does not exceed; null if none is known. Of several processes it comes of their sums. */
function quantile(bounds, durations, max, part) {
  const rank = Math.ceil(part * durations.reduce((sum, n) => sum + n, 0));
  let seen = 0;
  const at = durations.findIndex((n) => (seen += n) >= rank && seen > 0);
  return at < 0 ? null : Math.min(bounds[at], max);
}

export class LedgerTable extends TableView {
  constructor(run, selection, element) {
    super(selection, element, [
      words('Kind', 'kind', { minWidth: 140 }), number('pid', 'pid', String), words('What, why, and what to do', 'text', { minWidth: 500, variableHeight: true, maxInitialWidth: 2000, formatter: (cell) => el('span', { className: 'wrap' }, show(cell.getValue(), 4000)) }),
    ], 'pid', 'Everything was followed and collected.');
    this.run = run;
  }

  depends() { return false; }
  rows() { return this.run.ledger.map((note, key) => ({ key, ...note })); }
}
