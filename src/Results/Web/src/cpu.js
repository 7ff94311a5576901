// CPU use over time: from samples in bins, or, where nothing was sampled, from rusage spread evenly over each life.

import { time } from './text.js';

const spreadBins = 400;

export function cpuSource(run) {
  if (run.profile.timeline.process.length > 0) {
    const cycles = !run.profile.event.includes('clock');
    return {
      binNs: run.profile.timeline.binNs,
      above: `a sample counts as ${time(1e9 / run.profile.frequency)} where it was taken`,
      note: `${run.profile.event} at ${run.profile.frequency} Hz${cycles ? ', a sample counted as its period' : ''}`,
      sum: (mask, whole) => sumBins(run, mask, whole),
    };
  }

  return {
    binNs: Math.max(run.durationNs / spreadBins, 1),
    above: 'each process is drawn with its average',
    note: 'not sampled: rusage spread evenly over each life',
    sum: (mask) => spread(run, mask),
  };
}

function sumBins(run, mask, whole) {
  const { process, bin, cpuNs, binNs } = run.profile.timeline;
  const sums = new Float64Array(Math.floor(run.durationNs / binNs) + 1);
  for (let r = 0; r < bin.length; r++) if (process[r] < 0 ? whole : mask[process[r]]) sums[bin[r]] += cpuNs[r];
  return sums.map((ns) => ns / binNs);
}

function spread(run, mask) {
  const binNs = Math.max(run.durationNs / spreadBins, 1);
  const sums = new Float64Array(Math.floor(run.durationNs / binNs) + 1);
  for (let i = 0; i < run.n; i++) {
    if (!mask[i] || !run.cpu[i]) continue;
    const from = Math.max(run.p.start[i], 0);
    const to = Math.max(run.p.end[i] ?? run.durationNs, from + 1);
    const rate = run.cpu[i] / Math.max(to - run.p.start[i], 1);
    const last = Math.min(Math.floor(to / binNs), sums.length - 1);
    for (let b = Math.floor(from / binNs); b <= last; b++) {
      sums[b] += rate * Math.max(0, Math.min(to, (b + 1) * binNs) - Math.max(from, b * binNs)) / binNs;
    }
  }

  return sums;
}

/** Points of a stepped line. */
export const points = (sums, binNs, end) => [...Array.from(sums, (use, b) => [b * binNs, use]), [end, 0]];
