// A small chart of one figure over time, for the panel of details.
import { LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { el, time } from './text.js';
import { theme } from './theme.js';

echarts.use([LineChart, GridComponent]);

/** Appends a chart to an element that is in the page. Points are [nanoseconds, value]; the chart is the caller's to dispose. */
export function spark(holder, title, data, format) {
  const box = el('div', { className: 'spark', role: 'img', 'aria-label': `${title} over time` });
  holder.append(el('h3', {}, title), box);
  const colours = theme();
  const label = { color: colours.soft, fontFamily: colours.font, fontSize: 10 };
  const chart = echarts.init(box);
  const top = data.reduce((m, [, v]) => Math.max(m, v), 1);
  chart.setOption({
    animation: false, grid: { left: 64, right: 12, top: 8, bottom: 20 },
    xAxis: { type: 'value', min: 'dataMin', max: 'dataMax', splitNumber: 3, axisLabel: { ...label, formatter: time, hideOverlap: true, showMaxLabel: false }, splitLine: { show: false }, axisLine: { lineStyle: { color: colours.line } } },
    yAxis: { type: 'value', min: 0, max: top, interval: top / 2, axisLabel: { ...label, formatter: format }, splitLine: { lineStyle: { color: colours.line } } },
    series: [{ type: 'line', data, showSymbol: false, silent: true, lineStyle: { width: 1.5, color: colours.accent }, itemStyle: { color: colours.accent }, areaStyle: { color: colours.accent, opacity: 0.2 } }],
  });
  return chart;
}
