// The panel beside the views: what is selected, in words and figures.
import { exceptionsOf, runtimeFacts, runtimeSeries } from './dotnet.js';
import { ending } from './model.js';
import { spark } from './spark.js';
import { syscallSums } from './tables.js';
import { bytes, count, el, percent, plural, quote, show, time, visible } from './text.js';
import { onTheme } from './theme.js';
import { addedParts } from './values.js';

const facts = (rows) => el('dl', { className: 'facts' }, rows.filter(Boolean).map(([name, value, note]) => [el('dt', {}, name), el('dd', {}, value, note ? el('small', {}, ` ${note}`) : null)]));
const part = (title, ...content) => el('section', {}, el('h3', {}, title), ...content);

export class Details {
  charts = [];

  constructor(run, selection) {
    this.run = run;
    this.selection = selection;
    this.panel = document.getElementById('details');
    selection.onChange(() => this.draw());
    onTheme(() => this.draw());
    new ResizeObserver(() => this.charts.forEach((chart) => chart.resize())).observe(this.panel);
  }

  draw() {
    const { selection } = this;
    this.charts.forEach((chart) => chart.dispose());
    this.charts = [];
    this.panel.replaceChildren(...(selection.kind === 'process' ? this.#process(selection.process) : this.#several()).filter(Boolean));
    this.panel.scrollTop = 0;
    if (selection.kind === 'process') this.#sparks(selection.process);
  }

  #process(i) {
    const { run } = this;
    const { p, text } = run;
    const parent = run.parent[i];
    return [
      el('h2', {}, show(run.name[i], 120)),
      el('p', { className: run.failed[i] ? 'failed' : 'soft' }, `${run.failed[i] ? '✕ ' : ''}${visible(ending(run, i))}`),
      facts([
        ['pid', `${p.pid[i]}`, `#${p.id[i]}, by ${text(p.origin[i])}`],
        ['Parent', parent < 0 ? String(p.parentPid[i] || '–') : this.#link(parent)],
        ['Wall', time(run.wall[i]), run.isFound(i) ? `since we attached, ${time(p.start[i] - p.born[i])} after its birth` : `from ${time(p.start[i])}`],
        ['CPU', time(run.cpu[i]), run.cpu[i] === null ? '' : `${percent(run.cpu[i], run.wall[i])} of its wall time`],
        ['User, system', `${time(p.user[i])}, ${time(p.system[i])}`],
        ['Peak RSS', bytes(p.rss[i]), run.isFound(i) && run.execCount(i) === 0 ? 'since the start of its program' : ''],
        ['Faults', count(p.minorFaults[i]), `${count(p.majorFaults[i])} major`],
        ['Switches', count(p.voluntary[i]), `voluntary${p.stops[i] > 0 ? ` without ${count(p.stops[i])} of our stops` : ''}, ${count(p.involuntary[i])} involuntary`],
        p.waitNs?.[i] >= 0 && p.waitNs[i] !== null && ['Waited', time(p.waitNs[i]), `${plural(p.waits[i], 'time')}; run queue ${time(p.runQueueNs[i])}`],
        run.samples && ['CPU samples', count(run.samples[i])],
        p.lost[i] > 0 && ['Lost records', count(p.lost[i])],
        ['Collectors', text(p.collectors[i]) || 'none'],
      ]),
      this.#execs(i),
      ...addedParts(run, i).map(([title, ...content]) => part(title, ...content)),
      this.#runtime([i]),
      el('section', { className: 'sparks', hidden: true }),
      this.#counters(i),
      this.#threads(i),
      this.#children(i),
      this.#calls([i]),
    ];
  }

  #link(i) {
    const { run } = this;
    return el('button', { className: 'link', onclick: () => this.selection.pick(i) }, `${show(run.name[i], 60)} ${run.p.pid[i]}`);
  }

  #execs(i) {
    const execs = this.run.execsOf(i);
    if (execs.length === 0) return part('Programs', el('p', { className: 'soft' }, `A fork that never called exec: ${show(this.run.fileOf.get(this.run.executable[i]) ?? '', 300) || 'its parent’s program'}.`));
    return part(execs.length === 1 ? 'Program' : 'Programs', ...execs.map((e, k) => {
      const line = e.args.map(quote).join(' ');
      return el('div', { className: 'exec' }, el('div', { className: 'soft' }, `${show(e.path, 300)} ${k === 0 && this.run.isFound(i) ? 'found at' : 'at'} ${time(e.at)}`), el('div', { className: 'mono' }, show(line, 600)),
        line.length > 600 ? el('details', {}, el('summary', {}, `All of it: ${plural(e.args.length, 'argument')}, ${plural(line.length, 'character')}`), el('div', { className: 'mono' }, visible(line))) : null);
    }));
  }

  #counters(i) {
    const rows = this.run.p.counters.filter((c) => c.values[i] !== null);
    if (rows.length === 0) return null;
    return part('Counters', facts(rows.map((c) => [show(c.name, 60), (c.name.endsWith('-clock') ? time : count)(c.values[i]),
      c.name === 'context-switches' && this.run.p.stops[i] > 0 ? `${count(this.run.p.stops[i])} of them our stops` : ''])));
  }

  #threads(i) {
    const { run } = this;
    const { tid, name } = run.profile.threads;
    const seen = run.threadsOf[i];
    return part(plural(run.p.threads[i], 'thread'), seen.length === 0 ? null
      : el('ul', {}, seen.slice(0, 50).map((t) => el('li', {}, el('span', { className: 'soft' }, `${tid[t]} `), show(run.text(name[t]), 60))),
        seen.length > 50 ? el('li', { className: 'soft' }, `and ${count(seen.length - 50)} more`) : null));
  }

  #children(i) {
    const children = this.run.children[i];
    if (children.length === 0) return null;
    return part(`${plural(children.length, 'child', 'children')}, ${count(this.run.size[i] - 1)} in all below it`,
      el('ul', {}, children.slice(0, 12).map((c) => el('li', {}, this.#link(c))), children.length > 12 ? el('li', { className: 'soft' }, `and ${count(children.length - 12)} more`) : null));
  }

  #calls(members) {
    const { run } = this;
    if (!run.syscalls) return null;
    const calls = syscallSums(run, members).sort((a, b) => b.total - a.total).slice(0, 6);
    return calls.length === 0 ? null : part('Longest system calls', facts(calls.map((c) => [show(c.key, 40), time(c.total), plural(c.count, 'time')])));
  }

  #several() {
    const { run, selection } = this;
    const { members } = selection;
    const sum = (column) => members.reduce((s, i) => s + (column[i] ?? 0), 0);
    const failed = members.filter((i) => run.failed[i]);
    const title = { run: 'Whole run', subtree: `Subtree of ${show(run.name[selection.process] ?? '', 80)} ${run.p.pid[selection.process]}`, program: show(selection.program ?? '', 80) }[selection.kind];
    const longest = [...members].sort((a, b) => (run.cpu[b] ?? 0) - (run.cpu[a] ?? 0)).slice(0, 8);
    return [
      el('h2', {}, title),
      facts([
        selection.kind === 'program' && run.fileOf.has(selection.program) && ['File', show(run.fileOf.get(selection.program), 300)],
        ['Processes', count(members.length), plural(members.reduce((s, i) => s + run.execCount(i), 0), 'exec')],
        ['Failed', count(failed.length)],
        ['CPU', time(sum(run.cpu)), `${time(sum(run.p.user))} user`],
        ['Wall, sum', time(sum(run.wall))],
        ['Peak RSS', bytes(members.reduce((m, i) => Math.max(m, run.p.rss[i] ?? 0), 0)), 'of one process'],
        run.samples && ['CPU samples', count(sum(run.samples))],
        sum(run.p.lost) > 0 && ['Lost records', count(sum(run.p.lost))],
      ]),
      failed.length > 0 && part('Failed', el('ul', {}, failed.slice(0, 8).map((i) => el('li', {}, this.#link(i), ' ', el('span', { className: 'failed' }, visible(ending(run, i))))),
        failed.length > 8 ? el('li', { className: 'soft' }, `and ${count(failed.length - 8)} more`) : null)),
      longest.length > 1 && part('Most CPU time', el('ul', {}, longest.map((i) => el('li', { className: 'two' }, this.#link(i), el('span', {}, time(run.cpu[i])))))),
      this.#runtime(members),
      this.#calls(members),
    ];
  }

  /** Resident memory over time, if /proc was read, and the counters of a .NET runtime. */
  #sparks(i) {
    const { run } = this;
    const holder = this.panel.querySelector('.sparks');
    const [from, to] = run.ticks ? [run.tickStart[i], run.tickStart[i + 1]] : [0, 0];
    const memory = Array.from({ length: to - from }, (_, k) => [run.ticks.at[from + k], run.ticks.rss[from + k]]);
    const series = [...(memory.length > 1 ? [{ title: 'Resident memory', data: memory, format: bytes }] : []), ...runtimeSeries(run, i)];
    holder.hidden = series.length === 0;
    this.charts = series.map(({ title, data, format }) => spark(holder, title, data, format));
  }

  #runtime(members) {
    const rows = runtimeFacts(this.run, members);
    if (!rows) return null;
    const types = exceptionsOf(this.run, members).slice(0, 8);
    return part('.NET', facts(rows), types.length > 0 && el('ul', {}, types.map(([type, n]) => el('li', { className: 'two' }, show(type, 120), el('span', {}, count(n))))));
  }
}
