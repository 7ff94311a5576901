// What .NET runtimes told (ReportDotNet.cs): facts of one process or of several, exceptions, and counters over time.
import { bytes, count, plural, show, time } from './text.js';

const has = (run, i) => run.p.runtime && run.p.runtime[i] >= 0;
const rate = (amount, ns) => (ns > 0 ? `${bytes(amount / (ns / 1e9))}/s` : '');

/** Rows of facts on the runtimes of some processes; null if none of them has one. */
export function runtimeFacts(run, members) {
  const { p } = run;
  const own = members.filter((i) => has(run, i));
  if (own.length === 0) return null;
  const sum = (column) => own.reduce((s, i) => s + (p[column][i] ?? 0), 0);
  const max = (column) => own.reduce((m, i) => Math.max(m, p[column][i] ?? 0), 0);
  const one = own.length === 1;
  const i = own[0];
  return [
    one ? ['Runtime', show(run.text(p.runtime[i]), 40) || '–'] : ['Runtimes', count(own.length)],
    ['Collections', count(sum('gcs')), `${count(sum('gc1'))} of gen 1, ${count(sum('gc2'))} of gen 2`],
    ['GC pauses', time(sum('gcPause')), one && p.gcs[i] > 0 ? `p50 ${time(p.gcP50[i])}, p99 ${time(p.gcP99[i])}, longest ${time(p.gcMax[i])}` : `longest ${time(max('gcMax'))}`],
    ['Largest heap', bytes(max('gcHeap')), one ? '' : 'of one process'],
    ['Allocated', bytes(sum('allocated')), one ? rate(p.allocated[i], p.watched[i]) : ''],
    ['JIT', plural(sum('jitted'), 'method'), `${time(sum('jitNs'))}, ${bytes(sum('ilBytes'))} of IL`],
    ['Precompiled', plural(sum('precompiled'), 'method'), 'used'],
    ['Exceptions', count(sum('exceptions'))],
    ['Lock waits', count(sum('contentions')), time(sum('contentionNs'))],
    ['Thread pool', plural(max('poolThreads'), 'thread'), sum('poolStarvations') > 0 ? `${plural(sum('poolStarvations'), 'starvation')}` : ''],
    sum('lostEvents') > 0 && ['Lost events', count(sum('lostEvents'))],
  ];
}

/** The types of exceptions that some processes threw: [type, count], the most frequent first. */
export function exceptionsOf(run, members) {
  const types = new Map();
  for (const i of members) {
    for (let r = run.thrownStart?.[i]; r < run.thrownStart?.[i + 1]; r++) {
      const type = run.text(run.thrown.type[r]);
      types.set(type, (types.get(type) ?? 0) + run.thrown.count[r]);
    }
  }
  return [...types].sort((a, b) => b[1] - a[1]);
}

/** Counters of a process over time: title, points and format of each that is not 0 all the time. */
export function runtimeSeries(run, i) {
  const ticks = run.runtimeTicks;
  if (!ticks) return [];
  const [from, to] = [run.runtimeTickStart[i], run.runtimeTickStart[i + 1]];
  const series = [
    ['Managed heap', 'heap', bytes], ['Allocated a second', 'allocated', bytes], ['CPU, % of all CPUs', 'cpu', count],
    ['Collections a second', 'gen0', count], ['Exceptions a second', 'exceptions', count], ['Lock waits a second', 'contentions', count],
    ['Thread pool threads', 'pool', count], ['Thread pool queue', 'queue', count],
  ];
  return series.map(([title, column, format]) => {
    const data = [];
    for (let k = from; k < to; k++) if (ticks[column][k] !== null) data.push([ticks.at[k], ticks[column][k]]);
    return { title, data, format };
  }).filter(({ data }) => data.length > 1 && data.some(([, value]) => value > 0));
}
