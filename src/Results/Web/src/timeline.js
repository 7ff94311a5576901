// The timeline: a row per process in the order of the tree, which fold; labels are elements (for readers and tests), bars
// are on the canvas, and only what is visible exists.
import { cpuTop, Gantt, rightEdge, rowHeight, rowsTop } from './gantt.js';
import { ending } from './model.js';
import { count, el, percent, show, time, visible } from './text.js';
import { hideTip, showTip } from './tip.js';
import { onTheme } from './theme.js';

const byId = (id) => document.getElementById(id);

export class Timeline {
  #folded = new Set();
  #rows = [];
  #at = new Map();

  constructor(run, selection) {
    this.run = run;
    this.selection = selection;
    this.scroller = byId('rows');
    this.view = byId('rows-view');
    this.labels = byId('labels');
    this.gantt = new Gantt(byId('chart'), run, selection);
    byId('cpu-note').replaceChildren(el('b', {}, 'CPUs in use'), ` of ${run.cpus}`, el('span', {}, this.#note()));
    if (run.profile.timeline.process.length === 0) byId('cpu-note').classList.add('spread');
    this.#list();
    this.#listen();
    // A few rows need less than half of the window.
    document.querySelector('main').style.setProperty('--upper', `min(46%, ${rowsTop + Math.max(run.n, 3) * rowHeight + 14}px)`);
    selection.onChange(() => this.#selected());
    new ResizeObserver(() => this.resize()).observe(this.scroller);
    onTheme(() => this.gantt.draw(this.gutter));
    this.resize();
  }

  /** How CPU use is known, and why it may seem to be more than there is. */
  #note() {
    const { run, gantt: { cpu } } = this;
    const peak = Math.max(...cpu.sum(new Uint8Array(run.n).fill(1), true));
    return peak > run.cpus * 1.005 ? `${cpu.note}; above ${run.cpus} since ${cpu.above}` : cpu.note;
  }

  get gutter() {
    return Math.round(Math.min(420, Math.max(230, this.scroller.clientWidth * 0.22)));
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.scroller;
    if (width === 0 || height === 0) return;
    this.view.style.height = `${height}px`;
    this.view.style.setProperty('--gutter', `${this.gutter}px`);
    this.gantt.chart.resize({ width, height });
    this.#window();
    this.gantt.draw(this.gutter);
    this.#drawLabels();
  }

  /** The rows that are not inside a folded one. */
  #list() {
    const { run } = this;
    this.#rows = [];
    for (let at = 0; at < run.n;) {
      const i = run.order[at];
      this.#rows.push(i);
      at += this.#folded.has(i) ? run.size[i] : 1;
    }
    this.#at = new Map(this.#rows.map((i, at) => [i, at]));
  }

  #window() {
    const height = this.scroller.clientHeight;
    byId('rows-space').style.height = `${Math.max(0, this.#rows.length * rowHeight + rowsTop + 6 - height)}px`;
    const first = Math.floor(this.scroller.scrollTop / rowHeight);
    this.gantt.shift = this.scroller.scrollTop - first * rowHeight;
    this.gantt.rows = this.#rows.slice(first, first + Math.ceil((height - rowsTop) / rowHeight) + 1);
  }

  refresh() {
    this.#window();
    this.gantt.drawRows();
    this.#drawLabels();
  }

  #drawLabels() {
    const { run, selection, gantt } = this;
    const nodes = gantt.rows.map((i, at) => {
      const children = run.children[i].length;
      const folded = this.#folded.has(i);
      const failed = run.failed[i] === 1;
      return el('div', {
        id: `row-${run.p.id[i]}`, role: 'treeitem', className: `row${selection.process === i ? ' on' : ''}${selection.kind !== 'run' && !selection.has(i) ? ' pale' : ''}${gantt.searched?.has(i) ? ' hit' : ''}`,
        'data-process': run.p.id[i], 'aria-level': run.depth[i] + 1, 'aria-selected': selection.process === i,
        'aria-expanded': children > 0 ? String(!folded) : null, title: '',
      },
      el('span', { className: 'indent', 'data-depth': Math.min(run.depth[i], 12) }),
      children > 0
        ? el('button', { className: 'fold', tabIndex: -1, 'aria-label': folded ? 'Unfold' : 'Fold', textContent: folded ? '▸' : '▾' })
        : el('span', { className: 'fold' }),
      el('span', { className: 'swatch', 'data-process': run.p.id[i] }),
      el('span', { className: 'name' }, show(run.name[i], 60)),
      el('span', { className: 'pid' }, String(run.p.pid[i])),
      folded ? el('span', { className: 'more' }, `+${count(run.size[i] - 1)}`) : null,
      failed ? el('span', { className: 'failed', title: 'failed' }, '✕') : null);
    });
    for (const [at, node] of nodes.entries()) {
      const i = gantt.rows[at];
      node.style.top = `${at * rowHeight - gantt.shift}px`;
      node.querySelector('.indent').style.width = `${Math.min(run.depth[i], 12) * 10}px`;
      node.querySelector('.swatch').style.background = run.name[i].startsWith('(') && run.segments[i].at(-1).fork ? 'var(--fork)' : run.colour(run.executable[i]);
    }
    this.labels.replaceChildren(...nodes);
    const active = selection.process >= 0 && gantt.rows.includes(selection.process);
    if (active) this.scroller.setAttribute('aria-activedescendant', `row-${run.p.id[selection.process]}`);
    else this.scroller.removeAttribute('aria-activedescendant');
  }

  #selected() {
    if (this.selection.process >= 0) this.reveal(this.selection.process);
    this.#window();
    this.gantt.draw(this.gutter);
    if (this.selection.process >= 0) this.gantt.bring(this.selection.process);
    this.#drawLabels();
  }

  /** Unfolds what hides a process and scrolls to it. */
  reveal(i) {
    let hidden = false;
    for (let at = this.run.parent[i]; at >= 0; at = this.run.parent[at]) hidden = this.#folded.delete(at) || hidden;
    if (hidden) this.#list();
    const top = this.#at.get(i) * rowHeight;
    const room = this.scroller.clientHeight - rowsTop - rowHeight * 1.5;
    this.#window(); // the space must be there before one can scroll to it
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = Math.max(0, top - rowHeight);
    else if (top > this.scroller.scrollTop + room) this.scroller.scrollTop = top - room / 2;
    this.refresh();
  }

  mark(processes) {
    this.gantt.searched = processes;
    this.refresh();
  }

  fold(i, folded = !this.#folded.has(i)) {
    if (this.run.children[i].length === 0) return;
    if (folded) this.#folded.add(i);
    else this.#folded.delete(i);
    this.#list();
    this.refresh();
  }

  #foldAll(depth) {
    this.#folded.clear();
    for (let i = 0; i < this.run.n; i++) if (this.run.depth[i] >= depth && this.run.children[i].length > 0) this.#folded.add(i);
    this.#list();
    this.scroller.scrollTop = 0;
    this.refresh();
  }

  #zoomBy(factor, around = null) {
    const [from, to] = this.gantt.span;
    const middle = around ?? (from + to) / 2;
    this.gantt.zoom(middle - (middle - from) * factor, middle + (to - middle) * factor);
  }

  #do(what) {
    const { end } = this.gantt;
    if (what === 'unfold') this.#foldAll(Infinity);
    else if (what === 'fold') this.#foldAll(1);
    else if (what === 'in') this.#zoomBy(0.5);
    else if (what === 'out') this.#zoomBy(2);
    else this.gantt.zoom(0, end);
  }

  #listen() {
    const { scroller } = this;
    let drawing = 0;
    scroller.addEventListener('scroll', () => {
      drawing ||= requestAnimationFrame(() => {
        drawing = 0;
        this.refresh();
      });
    }, { passive: true });
    byId('timeline-tools').addEventListener('click', (e) => e.target.dataset.do && this.#do(e.target.dataset.do));
    scroller.addEventListener('keydown', (e) => this.#key(e));
    let down = null;
    this.view.addEventListener('pointerdown', (e) => (down = [e.clientX, e.clientY]));
    this.view.addEventListener('click', (e) => {
      if (down && Math.hypot(e.clientX - down[0], e.clientY - down[1]) > 4) return; // it was a drag
      const i = this.#processAt(e);
      if (i === undefined) return;
      if (e.target.closest('.fold')?.tagName === 'BUTTON') this.fold(i);
      else this.selection.pick(i);
    });
    this.view.addEventListener('dblclick', (e) => {
      const i = this.#processAt(e);
      if (i !== undefined && !e.target.closest('.fold')) this.selection.pick(i, 'subtree');
    });
    this.view.addEventListener('mousemove', (e) => (e.buttons === 0 ? this.#hover(e) : hideTip()));
    this.view.addEventListener('mouseleave', hideTip);
  }

  #processAt(e) {
    const y = e.clientY - this.view.getBoundingClientRect().top - rowsTop;
    return y < 0 ? undefined : this.gantt.rows[Math.floor((y + this.gantt.shift) / rowHeight)];
  }

  #hover(e) {
    const box = this.view.getBoundingClientRect();
    const [x, y] = [e.clientX - box.left, e.clientY - box.top];
    const i = this.#processAt(e);
    if (i !== undefined) showTip(e.clientX, e.clientY, ...this.#describe(i));
    else if (y > cpuTop && y < rowsTop && x > this.gutter && x < box.width - rightEdge) this.#hoverCpu(e, x);
    else hideTip();
  }

  #hoverCpu(e, x) {
    const { cpu } = this.gantt;
    const at = this.gantt.timeAt(x);
    const bin = Math.floor(at / cpu.binNs);
    const all = this.selection.kind === 'run';
    const use = cpu.sum(this.selection.mask, all)[bin] ?? 0;
    showTip(e.clientX, e.clientY, el('b', {}, `${use.toFixed(2)} CPUs`), el('div', {}, `${all ? 'whole run' : 'selection'}, at ${time(at)} for ${time(cpu.binNs)}`));
  }

  #describe(i) {
    const { run } = this;
    const cpu = run.cpu[i];
    return [
      el('b', {}, show(run.name[i], 80)), ` pid ${run.p.pid[i]} · #${run.p.id[i]} · ${visible(ending(run, i))}`,
      el('div', { className: 'mono' }, show(run.commandLine(i), 400)),
      el('div', {}, `from ${time(run.p.start[i])}, wall ${time(run.wall[i])}, CPU ${time(cpu)}${cpu === null ? '' : ` (${percent(cpu, run.wall[i])})`}`),
      run.size[i] > 1 ? el('div', {}, `${count(run.size[i] - 1)} below it`) : '',
    ];
  }

  #key(e) {
    const { selection, run } = this;
    const at = this.#at.get(selection.process) ?? -1;
    const span = this.gantt.span;
    const pan = (share) => this.gantt.zoom(span[0] + share * (span[1] - span[0]), span[1] + share * (span[1] - span[0]));
    const i = selection.process;
    const page = Math.max(1, Math.floor((this.scroller.clientHeight - rowsTop) / rowHeight) - 1);
    const go = (to) => selection.pick(this.#rows[Math.max(0, Math.min(this.#rows.length - 1, to))]);
    const actions = {
      ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1), Home: () => go(0), End: () => go(this.#rows.length - 1),
      PageDown: () => go(at + page), PageUp: () => go(at - page),
      ArrowRight: () => (e.shiftKey ? pan(0.2) : i >= 0 && this.fold(i, false)),
      ArrowLeft: () => {
        if (e.shiftKey) pan(-0.2);
        else if (i >= 0 && run.children[i].length > 0 && !this.#folded.has(i)) this.fold(i, true);
        else if (i >= 0 && run.parent[i] >= 0) selection.pick(run.parent[i]);
      },
      Enter: () => i >= 0 && selection.pick(i, selection.kind === 'subtree' ? 'process' : 'subtree'),
      '+': () => this.#do('in'), '=': () => this.#do('in'), '-': () => this.#do('out'), 0: () => this.#do('all'),
    };
    if (e.ctrlKey || e.metaKey || e.altKey || !actions[e.key]) return;
    e.preventDefault();
    actions[e.key]();
  }
}
