// The run as the page uses it: columns as they came (ReportProcesses.cs, ReportProfile.cs), the order of the tree, and
// what belongs to which process.
import { quote } from './text.js';

// Not red: that is for what failed. Distinct in both colour schemes.
const palette = ['#5b8fc9', '#e39a3b', '#67a85c', '#b483c4', '#4fb0ab', '#c9b23c', '#b0836a', '#d98bb0', '#8592d6', '#8fb84a',
  '#5aa6d6', '#a59a8a'];

export function load(data) {
  const text = (index) => (index < 0 ? null : data.strings[index]);
  const p = data.processes;
  const n = p.id.length;
  const run = {
    ...data, n, p, text,
    command: data.command?.map(text) ?? null,
    name: p.name.map(text),
    executable: p.executable.map(text),
    fileOf: new Map(data.executables.name.map((name, k) => [text(name), text(data.executables.file[k])])),
    comm: p.comm.map(text),
    cpu: p.user.map((user, i) => (user === null ? null : user + p.system[i])),
    wall: p.start.map((start, i) => (p.end[i] ?? data.durationNs) - start),
    ledger: data.ledger.kind.map((kind, i) => ({ kind: text(kind), pid: data.ledger.pid[i], text: text(data.ledger.text[i]) })),
  };
  run.isFound = (i) => p.born[i] !== null;
  run.execCount = (i) => data.execs.count[i] - (run.isFound(i) ? 1 : 0);
  run.failed = Uint8Array.from(p.id, (_, i) => (p.exitCode[i] > 0 || p.signal[i] > 0 ? 1 : 0));
  orderTree(run);
  readExecs(run);
  colourExecutables(run);
  run.threadsOf = group(data.profile.threads.process, n);
  run.syscallStart = data.syscalls && starts(data.syscalls.rows);
  run.durationStart = data.syscalls && starts(data.syscalls.durations);
  run.tickStart = data.ticks && starts(data.ticks.rows);
  run.thrownStart = data.thrown && starts(data.thrown.rows);
  run.runtimeTickStart = data.runtimeTicks && starts(data.runtimeTicks.rows);
  run.valueStart = data.values && starts(data.values.rows);
  run.tableStart = data.tables && starts(data.tables.rows);
  run.tableColumnStart = data.tables && starts(data.tables.columns);
  run.tableCellStart = data.tables && starts(data.tables.columns.map((columns, t) => columns * data.tables.tableRows[t]));
  readStacks(run);
  return run;
}

/** For counts of rows per owner, where each owner's rows begin. */
function starts(counts) {
  const result = new Int32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) result[i + 1] = result[i] + counts[i];
  return result;
}

/** For each owner the places where it stands in a column. */
function group(owners, n) {
  const result = Array.from({ length: n }, () => []);
  owners.forEach((owner, i) => owner >= 0 && result[owner].push(i));
  return result;
}

/** Depth-first order, so that a subtree is a range: order[position], position[process], size[process], depth[process]. */
function orderTree(run) {
  const { p, n } = run;
  const placeOf = new Map(p.id.map((id, i) => [id, i]));
  run.placeOf = placeOf;
  run.parent = Int32Array.from(p.parent, (id, i) => {
    const parent = id === null ? undefined : placeOf.get(id);
    return parent !== undefined && parent < i ? parent : -1; // birth order: a parent comes before
  });
  run.children = Array.from({ length: n }, () => []);
  run.roots = [];
  for (let i = 0; i < n; i++) (run.parent[i] < 0 ? run.roots : run.children[run.parent[i]]).push(i);
  run.order = new Int32Array(n);
  run.position = new Int32Array(n);
  run.depth = new Int32Array(n);
  run.size = new Int32Array(n).fill(1);
  for (let i = n - 1; i >= 0; i--) if (run.parent[i] >= 0) run.size[run.parent[i]] += run.size[i];
  const stack = [...run.roots].reverse();
  for (let at = 0; stack.length > 0; at++) {
    const i = stack.pop();
    run.order[at] = i;
    run.position[i] = at;
    run.depth[i] = run.parent[i] < 0 ? 0 : run.depth[run.parent[i]] + 1;
    for (let c = run.children[i].length - 1; c >= 0; c--) stack.push(run.children[i][c]);
  }
}

function readExecs(run) {
  const { execs, n, text } = run;
  const argStart = starts(execs.argCount);
  const execStart = starts(execs.count);
  run.execsOf = (i) => Array.from({ length: execs.count[i] }, (_, k) => {
    const e = execStart[i] + k;
    return { at: execs.at[e], path: text(execs.path[e]), name: text(execs.name[e]), args: execs.args.slice(argStart[e], argStart[e + 1]).map(text) };
  });
  run.argRange = (i) => [argStart[execStart[i]], argStart[execStart[i + 1]]];
  run.commandLine = (i) => {
    const last = execStart[i + 1] - 1;
    return last < execStart[i] ? run.name[i] : execs.args.slice(argStart[last], argStart[last + 1]).map((a) => quote(text(a))).join(' ');
  };

  // Segments of a life: as a fork of its parent's program, then each program.
  run.segments = Array.from({ length: n }, (_, i) => {
    const end = run.p.end[i] ?? run.durationNs;
    const result = [];
    let from = run.p.start[i];
    let program = null;
    let executable = null;
    for (let e = execStart[i]; e < execStart[i + 1]; e++) {
      if (execs.at[e] > from || program !== null) result.push({ from, to: execs.at[e], program, executable, first: result.length === 0, found: result.length === 0 && run.isFound(i) });
      from = Math.max(from, execs.at[e]);
      program = text(execs.name[e]);
      executable = text(execs.executable[e]);
    }
    result.push({ from, to: Math.max(from, end), program: program ?? run.name[i], executable: executable ?? run.executable[i], fork: program === null, found: result.length === 0 && run.isFound(i) });
    return result;
  });
}

const hash = (name) => {
  let h = 2166136261;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 16777619);
  return h >>> 0;
};

/** A colour by the name's hash; the most frequent executables, who ask first, evade one that is taken. */
function colourExecutables(run) {
  const members = new Map();
  run.executable.forEach((name, i) => (members.get(name) ?? members.set(name, []).get(name)).push(i));
  const byCount = [...members].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
  const taken = new Set();
  const colours = new Map();
  for (const [name] of byCount) {
    let slot = hash(name) % palette.length;
    if (taken.size < palette.length) while (taken.has(slot)) slot = (slot + 1) % palette.length;
    taken.add(slot);
    colours.set(name, palette[slot]);
  }
  run.members = members;
  run.colour = (name) => colours.get(name) ?? palette[hash(name ?? '') % palette.length];
}

function readStacks(run) {
  const { functions, stacks, modules } = run.profile;
  run.functionName = functions.name.map(run.text);
  run.moduleName = modules.name.map(run.text);
  run.modulePath = modules.path.map(run.text);
  run.functionKind = functions.module.map((m) => modules.kind[m]);
  run.stackParent = Int32Array.from(stacks.parent);
  run.stackFunction = Int32Array.from(stacks.function);
  for (const metric of run.profile.metrics) {
    metric.total = metric.weight.reduce((sum, w) => sum + w, 0);
    metric.label = { cpu: 'CPU time', wait: 'Off-CPU waits', 'run-queue': 'Run-queue delay' }[metric.name] ?? metric.name;
    metric.thing = { cpu: 'sample', wait: 'wait', 'run-queue': 'wait' }[metric.name] ?? 'event';
  }
  run.samples = samplesOf(run);
}

/** How many CPU samples each process has, as a column; null if CPU time was not sampled. */
function samplesOf({ n, profile }) {
  const cpu = profile.metrics.find((metric) => metric.name === 'cpu');
  if (!cpu) return null;
  const samples = new Array(n).fill(0);
  cpu.thread.forEach((thread, r) => {
    const owner = profile.threads.process[thread];
    if (owner >= 0) samples[owner] += cpu.count[r];
  });
  return samples;
}

/** How a life ended, in words. */
export function ending(run, i) {
  const { p, text } = run;
  if (p.signal[i] > 0) return text(p.signalName[i]) + (p.core[i] ? ' (core)' : '');
  if (p.exitCode[i] !== null) return p.exitCode[i] === 0 ? 'exit 0' : `exit ${p.exitCode[i]}`;
  return text(p.ended[i]);
}
