// What is selected: the whole run, a process, its subtree, or all processes of an executable. One place, kept in
// location.hash; every view listens.

export class Selection {
  #listeners = [];

  constructor(run) {
    this.run = run;
    this.state = { kind: 'run', process: -1, program: null };
    this.#count();
    addEventListener('hashchange', () => this.#read());
  }

  /** The hash is read once the views listen. */
  start() {
    this.#read(true);
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }

  get kind() { return this.state.kind; }
  get process() { return this.state.process; }
  get program() { return this.state.program; }
  has(i) { return this.mask[i] === 1; }

  whole() { this.#set({ kind: 'run', process: -1, program: null }); }
  pick(process, kind = 'process') { this.#set({ kind, process, program: this.run.executable[process] }); }
  pickProgram(program) {
    const keep = this.run.executable[this.process] === program ? this.process : -1;
    this.#set({ kind: 'program', process: keep, program });
  }

  #set(state) {
    const old = this.state;
    if (old.kind === state.kind && old.process === state.process && old.program === state.program) return;
    this.state = state;
    const hash = this.#hash();
    if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname + location.search);
    this.#tell();
  }

  #tell() {
    this.#count();
    for (const listener of this.#listeners) listener(this);
  }

  #count() {
    const { run, state } = this;
    this.mask = new Uint8Array(run.n);
    if (state.kind === 'run') this.mask.fill(1);
    else if (state.kind === 'program') for (const i of run.members.get(state.program) ?? []) this.mask[i] = 1;
    else if (state.kind === 'process') this.mask[state.process] = 1;
    else for (let at = run.position[state.process], k = run.size[state.process]; k > 0; k--, at++) this.mask[run.order[at]] = 1;
    this.members = [];
    for (let at = 0; at < run.n; at++) if (this.mask[run.order[at]]) this.members.push(run.order[at]);
  }

  #hash() {
    const { kind, process, program } = this.state;
    if (kind === 'run') return '';
    // Half a surrogate pair cannot be encoded.
    return kind === 'program' ? `#executable=${encodeURIComponent(program.toWellFormed?.() ?? program)}` : `#${kind}=${this.run.p.id[process]}`;
  }

  #read(always = false) {
    let state = { kind: 'run', process: -1, program: null };
    const [, kind, value] = /^#(\w+)=(.*)$/.exec(location.hash) ?? [];
    try {
      const program = kind === 'executable' ? decodeURIComponent(value) : null;
      const process = this.run.placeOf.get(Number(value));
      if (program !== null && this.run.members.has(program)) state = { kind: 'program', process: -1, program };
      else if ((kind === 'process' || kind === 'subtree') && process !== undefined) state = { kind, process, program: this.run.executable[process] };
    } catch (e) {
      if (!(e instanceof URIError)) throw e; // a hash that somebody typed
    }
    if (always || state.kind !== this.kind || state.process !== this.process || state.program !== this.program) {
      this.state = state;
      this.#tell();
    }
  }
}
