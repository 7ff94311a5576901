// What the timeline draws: CPU use and the visible rows, on one canvas with one time axis.
import { CustomChart, LineChart } from 'echarts/charts';
import { DataZoomInsideComponent, GridComponent, MarkLineComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { cpuSource, points } from './cpu.js';
import { ending } from './model.js';
import { cut, time, visible } from './text.js';
import { inkOn, theme } from './theme.js';

echarts.use([CustomChart, LineChart, DataZoomInsideComponent, GridComponent, MarkLineComponent, CanvasRenderer]);

export const rowHeight = 20;
export const cpuTop = 12;
export const cpuHeight = 64;
/** Where the rows begin. */
export const rowsTop = cpuTop + cpuHeight + 26;
export const rightEdge = 18;

export class Gantt {
  /** The rows to draw, from the first visible one on: process indexes. */
  rows = [];
  shift = 0;
  searched = null;

  constructor(element, run, selection) {
    this.run = run;
    this.selection = selection;
    this.cpu = cpuSource(run);
    this.chart = echarts.init(element, null, { renderer: 'canvas' });
    this.end = Math.max(run.durationNs, 1);
  }

  /** Everything: after a change of size, of colours or of the selection. */
  draw(gutter) {
    const { run, selection, end } = this;
    this.gutter = gutter;
    const colours = (this.colours = theme());
    const whole = this.cpu.sum(new Uint8Array(run.n).fill(1), true);
    const all = selection.kind === 'run';
    const chosen = all ? null : this.cpu.sum(selection.mask, false);
    const top = Math.max(run.cpus, ...whole);
    const grid = { left: gutter, right: rightEdge };
    const axis = { type: 'value', min: 0, max: end, animation: false };
    const label = { color: colours.soft, fontFamily: colours.font, fontSize: 11 };
    const area = (id, data, colour, opacity) => ({
      id, type: 'line', step: 'end', data, xAxisIndex: 0, yAxisIndex: 0, showSymbol: false, silent: true, animation: false,
      lineStyle: { width: 1, color: colour }, areaStyle: { color: colour, opacity }, itemStyle: { color: colour },
    });
    this.chart.setOption({
      animation: false,
      grid: [{ ...grid, top: cpuTop, height: cpuHeight }, { ...grid, top: rowsTop, bottom: 0 }],
      xAxis: [
        { ...axis, gridIndex: 0, axisLine: { lineStyle: { color: colours.line } }, axisTick: { lineStyle: { color: colours.line } },
          splitLine: { show: false }, axisLabel: { ...label, formatter: time, hideOverlap: true, showMaxLabel: false } },
        { ...axis, gridIndex: 1, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { show: false },
          splitLine: { lineStyle: { color: colours.line, opacity: 0.5 } } },
      ],
      yAxis: [
        { gridIndex: 0, min: 0, max: top, interval: top, axisLabel: { ...label, formatter: (v) => String(Math.round(v * 10) / 10) },
          splitLine: { lineStyle: { color: colours.line, opacity: 0.5 } } },
        { gridIndex: 1, min: 0, max: 1, show: false },
      ],
      dataZoom: [{
        type: 'inside', xAxisIndex: [0, 1], filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: 'shift',
        moveOnMouseMove: true, preventDefaultMouseMove: false, minValueSpan: Math.min(1000, end), throttle: 16,
      }],
      series: [
        area('cpu', points(whole, this.cpu.binNs, end), all ? colours.accent : colours.soft, all ? 0.35 : 0.15),
        { ...area('chosen', chosen ? points(chosen, this.cpu.binNs, end) : [], colours.accent, 0.5),
          markLine: { silent: true, symbol: 'none', animation: false, label: { show: false },
            lineStyle: { color: colours.soft, type: 'dashed', width: 1 }, data: top > run.cpus ? [{ yAxis: run.cpus }] : [] } },
        { id: 'rows', type: 'custom', xAxisIndex: 1, yAxisIndex: 1, clip: true, silent: true, animation: false,
          encode: { x: [0, 1], y: 2 }, renderItem: (params, api) => this.#row(params, api), data: this.#data() },
      ],
    }, { replaceMerge: ['series'] });
  }

  /** The rows alone: after scrolling. */
  drawRows() {
    this.chart.setOption({ series: [{ id: 'rows', data: this.#data() }] }, { lazyUpdate: false });
  }

  #data() {
    return this.rows.map((i, at) => [0, this.end, at]);
  }

  /** The visible span of time. */
  get span() {
    const { startValue, endValue } = this.chart.getOption().dataZoom[0];
    return [startValue ?? 0, endValue ?? this.end];
  }

  zoom(from, to) {
    const span = Math.min(to - from, this.end);
    const start = Math.min(Math.max(from, 0), this.end - span);
    this.chart.dispatchAction({ type: 'dataZoom', dataZoomIndex: 0, startValue: start, endValue: start + span });
  }

  /** Moves the visible time to a life that is outside of it. */
  bring(i) {
    const [from, to] = this.span;
    const [start, end] = [Math.max(this.run.p.start[i], 0), this.run.p.end[i] ?? this.end];
    if (end >= from && start <= to) return;
    this.zoom(start - (to - from) * 0.1, start + (to - from) * 0.9);
  }

  timeAt(x) {
    return this.chart.convertFromPixel({ xAxisIndex: 0 }, x);
  }

  #row(params, api) {
    const at = params.dataIndex;
    const i = this.rows[at];
    if (i === undefined) return null;
    const { run, colours, selection } = this;
    const area = params.coordSys;
    const [x0] = api.coord([0, 0]);
    const scale = (api.coord([this.end, 0])[0] - x0) / this.end;
    const pixel = (ns) => Math.max(-40, Math.min(area.width + 40, x0 - area.x + ns * scale)) + area.x;
    const top = area.y + at * rowHeight - this.shift;
    const chosen = selection.kind !== 'run' && selection.has(i);
    const pale = selection.kind !== 'run' && !chosen;
    const children = [];
    if (selection.process === i || this.searched?.has(i)) {
      children.push({ type: 'rect', shape: { x: area.x, y: top, width: area.width, height: rowHeight },
        style: { fill: this.searched?.has(i) && selection.process !== i ? colours.mark : colours.select } });
    }

    const segments = run.segments[i];
    for (const [k, segment] of segments.entries()) this.#segment(children, segment, !segment.found && (k > 0 || !segment.fork), pixel, area, top, pale);
    this.#elsewhere(children, pixel(segments[0].from), pixel(segments.at(-1).to), area, top);
    this.#ending(children, i, pixel(segments.at(-1).to), area, top, pale);
    return { type: 'group', children };
  }

  #segment(children, segment, exec, pixel, area, top, pale) {
    const { run, colours } = this;
    const left = pixel(segment.from);
    const width = Math.max(pixel(segment.to) - left, 1.5);
    const [y, height] = [top + 4, rowHeight - 8];
    const opacity = pale ? 0.3 : 1;
    const isFork = segment.fork || segment.program === null;
    const colour = isFork ? colours.fork : run.colour(segment.executable);
    children.push({ type: 'rect', shape: isFork ? { x: left, y: y + 3, width, height: height - 6 } : { x: left, y, width, height, r: Math.min(2, width / 2) },
      style: { fill: colour, opacity } });
    if (exec && !isFork) {
      children.push({ type: 'polygon', shape: { points: [[left - 3, y - 3], [left + 3, y - 3], [left, y + 2]] },
        style: { fill: colours.text, opacity: pale ? 0.3 : 0.8 } });
    }
    const from = Math.max(left, area.x); // the name stays in sight when the bar begins outside
    const room = Math.min(left + width, area.x + area.width) - from;
    if (!isFork && room > 34) {
      children.push({ type: 'text', style: { text: visible(cut(segment.program, 80)), x: from + 6, y: top + rowHeight / 2 + 0.5, verticalAlign: 'middle',
        width: room - 10, overflow: 'truncate', ellipsis: '…', fontFamily: colours.font, fontSize: 10.5, fill: pale ? colours.text : inkOn(colour), opacity: pale ? 0.65 : 1 } });
    }
  }

  /** An arrow to a bar that is outside the visible time. */
  #elsewhere(children, left, right, area, top) {
    const before = right < area.x;
    if (!before && left <= area.x + area.width) return;
    children.push({ type: 'text', style: { text: before ? '‹' : '›', x: before ? area.x + 4 : area.x + area.width - 4, align: before ? 'left' : 'right',
      y: top + rowHeight / 2, verticalAlign: 'middle', fontSize: 13, fontFamily: this.colours.font, fill: this.colours.soft } });
  }

  /** What went wrong, in words, behind the bar (before it at the right edge); an arrow for who lived on. */
  #ending(children, i, x, area, top, pale) {
    const { run, colours } = this;
    const alive = run.p.end[i] === null;
    if (!run.failed[i] && !alive) return;
    const style = { verticalAlign: 'middle', fontFamily: colours.font, fontSize: 11, opacity: pale ? 0.5 : 1, y: top + rowHeight / 2 };
    const text = alive ? '▸' : `✕ ${visible(cut(ending(run, i), 40))}`;
    const fill = alive ? colours.soft : colours.fail;
    const room = area.x + area.width - x > text.length * 6.5 + 8;
    if (!alive) children.push({ type: 'rect', shape: { x: x - 1, y: top + 2, width: 2.5, height: rowHeight - 4 }, style: { fill: colours.fail, opacity: style.opacity } });
    if (x < area.x || x > area.x + area.width + 10) return;
    children.push({ type: 'text', style: { ...style, text, fill, x: room ? x + 5 : x - 5, align: room ? 'left' : 'right',
      ...(room || alive ? {} : { backgroundColor: colours.back, padding: [1, 3], borderRadius: 2 }) } });
  }
}
