// Puts the page together: model, selection, views.
import 'tabulator-tables/dist/css/tabulator.min.css';
import { Details } from './details.js';
import { Flame } from './flame.js';
import { load } from './model.js';
import { Search } from './search.js';
import { Selection } from './selection.js';
import { FunctionTable, LedgerTable, ProcessTable, ProgramTable, SyscallTable } from './tables.js';
import { count, el, plural, quote, show, time } from './text.js';
import { Timeline } from './timeline.js';
import '../style.css'; // last: it overrides those of the libraries

const byId = (id) => document.getElementById(id);

function header(run, openLedger) {
  const line = run.command?.map(quote).join(' ') ?? `attached to ${plural(run.roots.length, 'process', 'processes')}`;
  byId('command').append(show(line, 400));
  byId('command').title = show(line, 4000);
  document.title = `${show(line, 60)} – ForkFollow`;
  byId('subtitle').append(`${new Date(run.started).toLocaleString('sv-SE', { timeZoneName: 'short' })} · ForkFollow ${show(run.version, 40)}, which ran for ${time(run.ownNs)}`);
  byId('subtitle').title = `ForkFollow began ${time(run.startNs)} before the tree, and was done ${time(run.ownNs - run.startNs - run.durationNs)} after it. Times on this page count from the beginning of the tree.`;
  const cpu = run.cpu.reduce((sum, value) => sum + (value ?? 0), 0);
  const used = cpu / Math.max(run.durationNs, 1);
  const failed = run.failed.reduce((sum, value) => sum + value, 0);
  const figures = [
    ['Wall', time(run.durationNs)], ['CPU', time(cpu)], ['CPUs used', `${used.toFixed(2)} of ${run.cpus}${used > run.cpus ? ' (lives are timed by when we noticed)' : ''}`],
    ['Processes', count(run.n)], ['Execs', count(run.p.id.reduce((sum, _, i) => sum + run.execCount(i), 0))], ['Failed', count(failed), failed > 0],
  ];
  byId('figures').append(...figures.map(([name, value, bad]) => el('div', {}, el('dt', {}, name), el('dd', { className: bad ? 'failed' : '' }, bad ? `✕ ${value}` : value))));
  const hint = byId('ledger-hint');
  hint.hidden = run.ledger.length === 0;
  hint.textContent = `⚠ ${run.ledger.length} not followed or collected`;
  hint.addEventListener('click', openLedger);
}

function tabs(views) {
  const strip = byId('tabs');
  const open = (name) => {
    for (const view of views) {
      const on = view.name === name;
      view.tab.setAttribute('aria-selected', String(on));
      view.tab.tabIndex = on ? 0 : -1;
      view.pane.hidden = !on;
      view.view.show(on);
    }
  };
  for (const view of views) {
    view.pane = el('div', { id: `view-${view.name}`, className: 'view', role: 'tabpanel', 'aria-labelledby': `tab-${view.name}`, hidden: true });
    view.tab = el('button', { id: `tab-${view.name}`, role: 'tab', 'aria-controls': `view-${view.name}`, onclick: () => open(view.name) }, view.title);
    strip.append(view.tab);
    byId('views').append(view.pane);
    view.view = view.make(view.pane);
  }
  strip.addEventListener('keydown', (e) => {
    const at = views.findIndex((v) => v.tab === document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (at < 0 || !step) return;
    const next = views[(at + step + views.length) % views.length];
    open(next.name);
    next.tab.focus();
  });
  return open;
}

function selectionBar(run, selection) {
  const button = (kind, text, act) => el('button', { 'data-kind': kind, onclick: act }, text);
  byId('scope').append(
    button('process', 'Process', () => selection.pick(selection.process)),
    button('subtree', 'Subtree', () => selection.pick(selection.process, 'subtree')),
    button('program', 'Executable', () => selection.pickProgram(selection.program)),
    button('run', 'Whole run', () => selection.whole()));
  const draw = () => {
    for (const node of byId('scope').children) {
      node.setAttribute('aria-pressed', String(node.dataset.kind === selection.kind));
      node.disabled = (node.dataset.kind === 'program' && selection.program === null) || ((node.dataset.kind === 'process' || node.dataset.kind === 'subtree') && selection.process < 0);
    }
    const path = [];
    if (selection.kind !== 'program') for (let at = selection.process; at >= 0; at = run.parent[at]) path.unshift(at);
    const crumb = (i) => el('button', { className: `crumb${i === selection.process ? ' on' : ''}`, onclick: () => selection.pick(i) }, `${show(run.name[i], 30)} ${run.p.pid[i]}`);
    const cropped = path.length > 4 ? [path[0], null, ...path.slice(-3)] : path;
    const what = { run: [], process: ['process alone'], subtree: [`and ${count(run.size[selection.process] - 1)} below`], program: [`all ${plural(selection.members.length, 'process', 'processes')} of`] }[selection.kind];
    byId('crumbs').replaceChildren(
      el('button', { className: `crumb${selection.kind === 'run' ? ' on' : ''}`, onclick: () => selection.whole() }, 'Whole run'),
      ...cropped.flatMap((i) => [el('span', { className: 'sep' }, '›'), i === null ? '…' : crumb(i)]),
      ...(selection.kind === 'program' ? [el('span', { className: 'sep' }, '›'), el('span', { className: 'chip' }, `${what[0]} `, el('b', {}, show(selection.program, 60)))] : what.map((w) => el('span', { className: 'chip' }, w))),
      ...(selection.kind === 'run' ? [] : [el('button', { className: 'quiet', 'aria-label': 'Clear the selection', title: 'Clear the selection (Esc)', onclick: () => selection.whole() }, '×')]));
  };
  selection.onChange(draw);
}

function splitter() {
  const bar = byId('splitter');
  const main = document.querySelector('main');
  const set = (y) => main.style.setProperty('--upper', `${Math.round(Math.max(170, Math.min(main.clientHeight - 160, y)))}px`);
  bar.addEventListener('pointerdown', (e) => {
    bar.setPointerCapture(e.pointerId);
    e.preventDefault();
  });
  bar.addEventListener('pointermove', (e) => bar.hasPointerCapture(e.pointerId) && set(e.clientY - main.getBoundingClientRect().top));
  bar.addEventListener('keydown', (e) => {
    const step = { ArrowUp: -24, ArrowDown: 24 }[e.key];
    if (!step) return;
    e.preventDefault();
    set(byId('timeline').clientHeight + step);
  });
}

function licences() {
  const dialog = byId('licences');
  byId('licences-open').addEventListener('click', () => {
    if (dialog.childElementCount === 0) {
      dialog.append(el('form', { method: 'dialog' }, el('h2', {}, 'Libraries in this page'), el('button', {}, 'Close')),
        ...JSON.parse(byId('licence-data').textContent).map((l) => el('details', {}, el('summary', {}, `${l.name} ${l.version} (${l.license})`), el('pre', { textContent: l.text }))));
    }
    dialog.showModal();
  });
}

function start() {
  const run = load(JSON.parse(byId('run').textContent));
  byId('run').remove();
  const selection = new Selection(run);
  selectionBar(run, selection);
  const timeline = new Timeline(run, selection);
  new Details(run, selection);
  let flame = null;
  let search = null;
  let open = null;
  const find = (name) => {
    search.lookFor(name);
    open('flame');
  };
  const sampled = run.profile.metrics.length > 0;
  const views = [
    { name: 'flame', title: 'Flame graph', make: (pane) => (flame = new Flame(run, selection, pane)) },
    sampled && { name: 'functions', title: 'Functions', make: (pane) => new FunctionTable(run, selection, pane, find) },
    { name: 'processes', title: 'Processes', make: (pane) => new ProcessTable(run, selection, pane) },
    { name: 'programs', title: 'Executables', make: (pane) => new ProgramTable(run, selection, pane) },
    run.syscalls && { name: 'syscalls', title: 'System calls', make: (pane) => new SyscallTable(run, selection, pane) },
    { name: 'ledger', title: `Not followed${run.ledger.length > 0 ? ` (${run.ledger.length})` : ''}`, make: (pane) => new LedgerTable(run, selection, pane) },
  ].filter(Boolean);
  open = tabs(views);
  header(run, () => open('ledger'));
  search = new Search(run, {
    mark: (processes, functions) => {
      timeline.mark(processes);
      flame.mark(functions);
    },
    open: (hit) => (hit.fn === undefined ? selection.pick(hit.process) : find(run.functionName[hit.fn])),
  });
  splitter();
  licences();
  addEventListener('keydown', (e) => {
    if (e.key === 'Escape' && !byId('licences').open) selection.whole();
    else if (e.key === '/' && !/^(INPUT|SELECT)$/.test(e.target.tagName)) {
      e.preventDefault();
      byId('query').focus();
    }
  });
  selection.start();
  open(sampled ? 'flame' : 'processes');
  requestAnimationFrame(() => requestAnimationFrame(() => {
    document.documentElement.dataset.ready = Math.round(performance.now());
  }));
}

start();
