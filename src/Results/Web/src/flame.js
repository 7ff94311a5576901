// Flame graphs of the selection, by d3-flame-graph. Trees come from stacks.js, cut to what can be seen; a click zooms by
// building the tree of that frame anew, so that what was too narrow before is there then.
import flamegraph from 'd3-flame-graph';
import { select } from 'd3-selection';
import { flameTree, rowsOf, stacksWith } from './stacks.js';
import { count, el, percent, plural, show, time } from './text.js';
import { hideTip, showTip } from './tip.js';
import { onTheme } from './theme.js';

const kinds = ['user', 'kernel', 'jit'];
const suffix = ['', ' [k]', ' [j]'];

/** Hue ranges of user, kernel and JIT frames; the function's name chooses within. */
function colourOf(run, data, dark, marked) {
  if (marked) return dark ? '#d24fd0' : '#e25be0';
  if (data.fn < 0) return dark ? '#8b959f' : '#ccd2d8';
  let h = 0;
  for (let i = 0; i < data.name.length && i < 40; i++) h = (h * 31 + data.name.charCodeAt(i)) >>> 0;
  const vary = (h % 97) / 97;
  const [hue, spread] = [[24, 26], [205, 16], [110, 30]][run.functionKind[data.fn]];
  const light = dark ? 56 + 10 * (h % 13) / 13 : 66 + 12 * (h % 13) / 13;
  return `hsl(${Math.round(hue + spread * vary)} ${dark ? 52 : 72}% ${Math.round(light)}%)`;
}

export class Flame {
  #focus = [];
  #found = null;
  #stale = true;

  constructor(run, selection, element) {
    this.run = run;
    this.selection = selection;
    this.metrics = run.profile.metrics;
    this.metric = this.metrics[0];
    this.scheme = matchMedia('(prefers-color-scheme: dark)');
    this.holder = el('div', { className: 'flame-graph', tabIndex: 0, role: 'group', 'aria-label': 'Flame graph: arrows move, Enter zooms, Backspace zooms out' });
    this.status = el('span', { className: 'status', 'aria-live': 'polite' });
    element.append(this.#tools(), this.holder);
    selection.onChange(() => this.#reset());
    onTheme(() => this.draw());
    new ResizeObserver(() => this.#stale || this.draw()).observe(this.holder);
    this.holder.addEventListener('keydown', (e) => this.#key(e));
    this.holder.addEventListener('mouseleave', hideTip);
  }

  #tools() {
    const option = ([value, text]) => el('option', { value }, text);
    const metric = el('select', { 'aria-label': 'Weighted by', onchange: (e) => this.#change(() => (this.metric = this.metrics[e.target.value])) },
      this.metrics.map((m, k) => option([k, show(m.label, 60)])));
    const group = el('select', { id: 'flame-group', 'aria-label': 'Grouped by', onchange: (e) => this.#change(() => (this.group = e.target.value)) },
      [['none', 'Merged'], ['executable', 'By executable'], ['process', 'By process'], ['thread', 'By thread']].map(option));
    const inverted = el('input', { type: 'checkbox', id: 'flame-inverted', onchange: (e) => this.#change(() => (this.inverted = e.target.checked)) });
    this.out = el('button', { disabled: true, onclick: () => this.#zoom([]) }, 'Reset zoom');
    return el('div', { className: 'tools', role: 'toolbar', 'aria-label': 'Flame graph' }, metric, group, el('label', {}, inverted, ' Callers'), this.out, this.status,
      el('span', { className: 'legend' }, ['user', 'kernel [k]', 'JIT [j]', 'found'].map((name, k) => el('span', {}, el('i', { className: `key ${[...kinds, 'found'][k]}` }), name))));
  }

  #change(set) {
    set();
    this.#reset();
  }

  #reset() {
    this.#focus = [];
    this.rows = null;
    this.#stale = true;
    if (this.shown) this.draw();
  }

  /** The view's tab came up, or went. */
  show(shown) {
    this.shown = shown;
    if (shown && this.#stale) this.draw();
  }

  /** Highlights the functions that a search found; null: none. */
  mark(functionMask) {
    this.#found = functionMask;
    if (this.shown && this.metric) this.draw();
  }

  #zoom(path) {
    this.#focus = path;
    this.draw();
  }

  draw() {
    const { run, metric, holder } = this;
    this.#stale = false;
    if (!metric) {
      holder.replaceChildren(el('p', { className: 'empty' }, 'No stacks were collected: record with the cpu collector to see where time goes.'));
      return;
    }
    const width = holder.clientWidth - 14;
    if (width < 50) {
      this.#stale = true;
      return;
    }
    this.rows ??= rowsOf(run, metric, this.selection);
    const tree = flameTree(run, metric, this.rows, { group: this.group, inverted: this.inverted, focus: this.#focus, share: 1.2 / width });
    this.total = tree.value;
    this.out.disabled = this.#focus.length === 0;
    this.#say();
    holder.replaceChildren();
    if (tree.value === 0) {
      holder.append(el('p', { className: 'empty' }, `Nothing of ${show(metric.label, 60)} was recorded in this selection.`));
      return;
    }
    const dark = this.scheme.matches;
    this.chart = flamegraph().width(width).cellHeight(18).transitionDuration(0).minFrameSize(0.8).inverted(false)
      .sort((a, b) => (a.data.name < b.data.name ? -1 : a.data.name > b.data.name ? 1 : 0))
      .getName((d) => show(d.data.name, 160) + (suffix[run.functionKind[d.data.fn]] ?? ''))
      .setColorMapper((d) => colourOf(run, d.data, dark, d.data.fn >= 0 && this.#found?.[d.data.fn]))
      .setLabelHandler(() => '').setDetailsHandler(() => {})
      .tooltip(this.#tip())
      .onClick((d) => this.#zoom(d.ancestors().reverse().slice(1).map((a) => a.data.key)));
    select(holder).datum(tree).call(this.chart);
    this.#settle();
    holder.scrollTop = holder.scrollHeight; // the graph grows upwards from its root
  }

  /** The library gives frames their width and text by a transition, whose first step comes a picture too late. */
  #settle() {
    for (const frame of this.holder.querySelectorAll('g.frame')) {
      frame.querySelector('rect').setAttribute('width', frame.getAttribute('width'));
      frame.querySelector('.d3-flame-graph-label').textContent = frame.getAttribute('name');
    }
  }

  #say() {
    const { run, metric } = this;
    const parts = [`${this.#amount(this.total)}${metric.name === 'cpu' ? ' sampled' : ''} in ${plural(this.rows.reduce((sum, r) => sum + metric.count[r], 0), metric.thing)}`];
    if (this.#found) {
      const mask = stacksWith(run, this.#found);
      const share = this.rows.reduce((sum, r) => sum + (mask[metric.stack[r]] ? metric.weight[r] : 0), 0);
      parts.push(`found: ${percent(share, this.total)} of it`);
    }
    this.status.textContent = parts.join(' · ');
  }

  #amount(value) {
    return this.metric.unit === 'ns' ? time(value) : `${count(value)} ${this.metric.unit === 'count' ? '' : this.metric.unit}`.trim();
  }

  #tip() {
    const tip = () => {};
    tip.hide = hideTip;
    tip.destroy = hideTip;
    tip.show = (e, d) => showTip(e.clientX, e.clientY, ...this.#describe(d.data));
    return tip;
  }

  #describe(data) {
    const { run } = this;
    const module = data.fn < 0 ? -1 : run.profile.functions.module[data.fn];
    return [
      el('b', {}, show(data.name, 400)),
      module < 0 ? '' : el('div', {}, `${show(run.modulePath[module], 200)} · ${kinds[run.functionKind[data.fn]]}`),
      el('div', {}, `${this.#amount(data.value)}, ${percent(data.value, this.total)} of the ${this.metric.label} of what is selected`),
    ];
  }

  /** Arrows walk over the frames: up to the widest callee, down to the caller, left and right among siblings. */
  #key(e) {
    const frames = [...this.holder.querySelectorAll('g.frame')];
    const at = frames.find((g) => g.classList.contains('at'));
    const move = (d) => {
      const next = d && frames.find((g) => g.__data__ === d);
      if (!next) return;
      at?.classList.remove('at');
      next.classList.add('at');
      const box = next.getBoundingClientRect();
      this.holder.scrollTop += Math.min(0, box.top - this.holder.getBoundingClientRect().top - 20) + Math.max(0, box.bottom - this.holder.getBoundingClientRect().bottom + 20);
      showTip(Math.max(box.left, 10), box.bottom, ...this.#describe(next.__data__.data));
    };
    const d = at?.__data__;
    const sibling = (step) => d?.parent?.children[d.parent.children.indexOf(d) + step];
    const actions = {
      ArrowUp: () => move(d ? [...(d.children ?? [])].sort((a, b) => b.value - a.value)[0] : frames[0]?.__data__),
      ArrowDown: () => move(d ? d.parent : frames[0]?.__data__),
      ArrowLeft: () => move(sibling(-1)), ArrowRight: () => move(sibling(1)),
      Enter: () => d && this.#zoom(d.ancestors().reverse().slice(1).map((a) => a.data.key)),
      Backspace: () => this.#zoom(this.#focus.slice(0, -1)),
    };
    if (!actions[e.key]) return;
    e.preventDefault();
    actions[e.key]();
  }
}
