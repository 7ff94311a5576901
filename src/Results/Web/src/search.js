// Search: processes by name, pid and argument, and functions. Enter goes to the next one.
import { count, el, plural, show } from './text.js';

const shown = 40;

export class Search {
  #hits = [];
  #at = -1;

  constructor(run, { mark, open }) {
    this.run = run;
    this.mark = mark;
    this.open = open;
    this.input = document.getElementById('query');
    this.list = document.getElementById('hits');
    this.status = document.getElementById('hit-count');
    let timer = 0;
    this.input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.find(), 120);
    });
    this.input.addEventListener('keydown', (e) => {
      if (e.key === 'Enter' || e.key === 'ArrowDown' || e.key === 'ArrowUp') {
        e.preventDefault();
        if (this.found !== this.input.value) this.find();
        this.#go(this.#at + (e.key === 'ArrowUp' || e.shiftKey ? -1 : 1));
      } else if (e.key === 'Escape') {
        e.stopPropagation();
        this.clear();
      }
    });
    this.input.addEventListener('focus', () => (this.list.hidden = this.#hits.length === 0));
    document.addEventListener('pointerdown', (e) => e.target.closest('#search') || (this.list.hidden = true));
  }

  clear() {
    this.input.value = '';
    this.find();
    this.input.blur();
  }

  /** Looks for a text as if it had been typed. */
  lookFor(text) {
    this.input.value = text;
    this.find();
    this.list.hidden = true;
  }

  find() {
    const query = (this.found = this.input.value).trim().toLowerCase();
    this.#at = -1;
    if (query === '') {
      this.#hits = [];
      this.mark(null, null);
      this.list.hidden = true;
      this.status.textContent = '';
      return;
    }
    const processes = this.#processes(query);
    const names = this.run.functionName;
    const mask = new Uint8Array(names.length);
    const functions = [];
    for (let f = 0; f < names.length; f++) {
      if (!names[f].toLowerCase().includes(query)) continue;
      mask[f] = 1;
      functions.push(f);
    }
    functions.sort((a, b) => names[a].length - names[b].length);
    this.#hits = [...processes.map((process) => ({ process })), ...functions.map((fn) => ({ fn }))];
    this.mark(processes.length > 0 ? new Set(processes) : null, functions.length > 0 ? mask : null);
    this.#draw(processes.length, functions.length);
  }

  #processes(query) {
    const { run } = this;
    const hit = Uint8Array.from(run.strings, (s) => (s.toLowerCase().includes(query) ? 1 : 0));
    const spaced = /\s/.test(query);
    const result = [];
    for (const i of run.order) {
      const [from, to] = run.argRange(i);
      let found = hit[run.p.name[i]] || hit[run.p.executable[i]] || hit[run.p.comm[i]] || String(run.p.pid[i]).startsWith(query) || `#${run.p.id[i]}` === query;
      for (let a = from; !found && a < to; a++) found = hit[run.execs.args[a]];
      if (!found && spaced) found = run.execs.args.slice(from, to).map(run.text).join(' ').toLowerCase().includes(query);
      if (found) result.push(i);
    }
    return result;
  }

  #draw(processes, functions) {
    const { run } = this;
    const row = (hit, k) => el('button', { className: 'hit', role: 'option', tabIndex: -1, 'data-at': k, onclick: () => this.#go(k) },
      hit.fn === undefined
        ? [el('b', {}, show(run.name[hit.process], 40)), ` ${run.p.pid[hit.process]} `, el('span', { className: 'soft' }, show(run.commandLine(hit.process), 90))]
        : [el('i', {}, 'ƒ '), show(run.functionName[hit.fn], 90)]);
    const rows = [];
    const add = (from, number, title) => {
      if (number === 0) return;
      rows.push(el('div', { className: 'group' }, title));
      for (let k = from; k < from + Math.min(number, shown); k++) rows.push(row(this.#hits[k], k));
      if (number > shown) rows.push(el('div', { className: 'group' }, `and ${count(number - shown)} more`));
    };
    add(0, processes, plural(processes, 'process', 'processes'));
    add(processes, functions, plural(functions, 'function'));
    if (rows.length === 0) rows.push(el('div', { className: 'group' }, 'Nothing found.'));
    this.list.replaceChildren(...rows);
    this.list.hidden = false;
    this.#say();
  }

  #say() {
    this.status.textContent = this.#at >= 0 ? `${count(this.#at + 1)} of ${count(this.#hits.length)}` : `${count(this.#hits.length)} found`;
  }

  #go(to) {
    if (this.#hits.length === 0) return;
    this.#at = (to + this.#hits.length) % this.#hits.length;
    for (const node of this.list.querySelectorAll('.hit')) {
      const on = Number(node.dataset.at) === this.#at;
      node.classList.toggle('on', on);
      node.setAttribute('aria-selected', String(on));
      if (on) node.scrollIntoView({ block: 'nearest' });
    }
    this.#say();
    this.open(this.#hits[this.#at]);
  }
}
