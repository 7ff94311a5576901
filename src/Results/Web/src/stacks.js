// From rows of (thread, stack, weight) to trees for the flame graph and sums by function, for a selection. The tables are
// large: sums run over typed arrays, and nodes are made only of what is wide enough to be seen.

/** The rows of a metric that belong to the selection. */
export function rowsOf(run, metric, selection) {
  const { thread } = metric;
  const owner = run.profile.threads.process;
  const rows = [];
  const whole = selection.kind === 'run';
  for (let r = 0; r < thread.length; r++) {
    const process = owner[thread[r]];
    if (whole || (process >= 0 && selection.mask[process])) rows.push(r);
  }
  return rows;
}

/** What stands at the bottom of the graph. */
const groupings = {
  none: () => ({ key: () => 0, name: () => 'all' }),
  executable: (run) => {
    const owner = run.profile.threads.process;
    const names = [...run.members.keys()];
    const index = new Map(names.map((name, k) => [name, k]));
    return { key: (t) => (owner[t] < 0 ? -1 : index.get(run.executable[owner[t]])), name: (k) => (k < 0 ? 'unknown process' : names[k]) };
  },
  process: (run) => {
    const owner = run.profile.threads.process;
    return { key: (t) => owner[t], name: (i) => (i < 0 ? 'unknown process' : `${run.name[i]} [${run.p.pid[i]}] #${run.p.id[i]}`) };
  },
  thread: (run) => {
    const { process, tid, name } = run.profile.threads;
    return {
      key: (t) => t,
      name: (t) => `${run.text(name[t])} [${process[t] < 0 ? '?' : run.p.pid[process[t]]}/${tid[t]}]${process[t] < 0 ? '' : ` #${run.p.id[process[t]]}`}`,
    };
  },
};

/**
 * The tree to draw. focus is the path of the frame that is zoomed in: the keys below the root. Frames that are narrower
 * than a share of it are left out. A node is { name, value, key, fn, children }.
 */
export function flameTree(run, metric, rows, { group = 'none', inverted = false, focus = [], share = 1 / 1500 }) {
  const { key, name } = groupings[group](run);
  const groups = new Map();
  for (const r of rows) {
    const k = key(metric.thread[r]);
    (groups.get(k) ?? groups.set(k, []).get(k)).push(r);
  }
  const total = rows.reduce((sum, r) => sum + metric.weight[r], 0);
  const root = node('all', total, null, -1);
  const build = inverted ? inwards : outwards;
  const grouped = group !== 'none';
  for (const [k, members] of [...groups].sort((a, b) => a[0] - b[0])) {
    if (grouped && focus.length > 0 && focus[0] !== k) continue;
    const sum = members.reduce((s, r) => s + metric.weight[r], 0);
    if (grouped && focus.length === 0 && sum < total * share) continue;
    const top = grouped ? node(name(k), sum, k, -1) : root;
    if (grouped) root.children.push(top);
    build(run, metric, members, top, grouped ? focus.slice(1) : focus, share, grouped && focus.length > 0 ? sum : total);
  }
  let at = root;
  for (const k of focus) { // what is below the zoomed frame is drawn as wide as it, and pale
    at.fade = true;
    at = at.children.find((child) => child.key === k);
    if (!at) return focus.length > 0 ? flameTree(run, metric, rows, { group, inverted, share }) : root;
  }
  return root;
}

const node = (name, value, key, fn) => ({ name, value, key, fn, children: [] });

/** Callers below callees. */
function outwards(run, metric, rows, top, focus, share, whole) {
  const { stackParent, stackFunction, functionName } = run;
  const sums = scratch(run);
  const touched = [];
  for (const r of rows) {
    for (let s = metric.stack[r]; s !== 0; s = stackParent[s]) {
      if (sums[s] === 0) touched.push(s);
      sums[s] += metric.weight[r];
    }
  }
  const limit = share * (focus.length > 0 ? sums[focus.at(-1)] : whole);
  const path = new Set(focus);
  const within = focus.at(-1) ?? 0;
  const made = new Map([[0, { node: top, in: within === 0 }]]);
  for (const s of touched.filter((t) => sums[t] >= limit).sort((a, b) => a - b)) {
    const parent = made.get(stackParent[s]);
    if (!parent || !(parent.in || path.has(s))) continue;
    const fn = stackFunction[s];
    const child = node(functionName[fn], sums[s], s, fn);
    parent.node.children.push(child);
    made.set(s, { node: child, in: parent.in || s === within });
  }
  for (const s of touched) sums[s] = 0;
}

let sumsOf = null;
function scratch(run) {
  return (sumsOf ??= new Float64Array(run.stackParent.length));
}

/** Callees below callers: what called it, and what called that. Keys are functions. */
function inwards(run, metric, rows, top, focus, share, whole) {
  const { stackParent, stackFunction, functionName } = run;
  const limitOf = (sum) => share * sum;
  const grow = (parent, entries, depth, limit) => {
    const byFunction = new Map();
    for (const [s, weight] of entries) {
      if (s === 0) continue;
      const fn = stackFunction[s];
      const found = byFunction.get(fn) ?? byFunction.set(fn, { sum: 0, entries: [] }).get(fn);
      found.sum += weight;
      found.entries.push([stackParent[s], weight]);
    }
    for (const [fn, found] of [...byFunction].sort((a, b) => b[1].sum - a[1].sum)) {
      if (depth < focus.length ? fn !== focus[depth] : found.sum < limit) continue;
      const child = node(functionName[fn], found.sum, fn, fn);
      parent.children.push(child);
      grow(child, found.entries, depth + 1, depth + 1 === focus.length ? limitOf(found.sum) : limit);
    }
  };
  grow(top, rows.map((r) => [metric.stack[r], metric.weight[r]]), 0, limitOf(whole));
}

/** Which stacks have a function of a set in them. */
export function stacksWith(run, functionMask) {
  const mask = new Uint8Array(run.stackParent.length);
  for (let s = 1; s < mask.length; s++) mask[s] = functionMask[run.stackFunction[s]] | mask[run.stackParent[s]];
  return mask;
}

/** Self and total weight and count by function. A function that calls itself counts once. */
export function functionSums(run, metric, rows) {
  const { stackParent, stackFunction } = run;
  const nodes = stackParent.length;
  const totals = new Float64Array(nodes);
  const self = new Float64Array(run.functionName.length);
  const total = new Float64Array(run.functionName.length);
  const samples = new Float64Array(run.functionName.length);
  for (const r of rows) {
    const s = metric.stack[r];
    totals[s] += metric.weight[r];
    if (s === 0) continue;
    self[stackFunction[s]] += metric.weight[r];
    samples[stackFunction[s]] += metric.count[r];
  }
  for (let s = nodes - 1; s > 0; s--) totals[stackParent[s]] += totals[s];
  const outermost = (run.outermost ??= findOutermost(run));
  for (let s = 1; s < nodes; s++) if (outermost[s]) total[stackFunction[s]] += totals[s];
  return { self, total, samples };
}

/** Which nodes have no node of the same function below them. */
function findOutermost(run) {
  const { stackParent, stackFunction } = run;
  const result = new Uint8Array(stackParent.length).fill(1);
  for (let s = 1; s < result.length; s++) {
    for (let at = stackParent[s]; at !== 0; at = stackParent[at]) {
      if (stackFunction[at] === stackFunction[s]) {
        result[s] = 0;
        break;
      }
    }
  }
  return result;
}
