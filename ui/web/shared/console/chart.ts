/** Draws one trend with uPlot, in the page's colours. */
import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';
import type { Alarm } from '@/shared/api/types';
import type { Line } from './line';

const HEIGHT = 120;
const DAY_MS = 86_400_000;

export interface Drawing {
  line: Line;
  /** Of the upright axis. */
  range: [number, number];
  since: number;
  until: number;
  cursor: number | null;
}

export function drawTrend(element: HTMLElement, { line, range, since, until, cursor }: Drawing, alarms: readonly Alarm[], timezone: string): () => void {
  const long = until - since > DAY_MS;
  const clock = new Intl.DateTimeFormat('en-GB', { ...(long ? { day: '2-digit', month: '2-digit' } : { hour: '2-digit', minute: '2-digit' }), timeZone: timezone });
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = `12px ${style.fontFamily}`;
  const axis = { stroke: colour('--ink-3'), font, grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  const chart = new uPlot(
    {
      width: element.clientWidth, height: HEIGHT, legend: { show: false }, cursor: { show: false }, padding: [8, 18, 0, 0],
      scales: { x: { range: [since / 1_000, until / 1_000] }, y: { range } },
      series: [{}, { stroke: colour('--ink'), width: 1.75, spanGaps: false, points: { show: false } }],
      axes: [
        { ...axis, grid: { show: false }, space: 70, size: 24, values: (_, splits) => splits.map((s) => clock.format(s * 1_000)) },
        { ...axis, size: 40, space: 34 },
      ],
      hooks: { draw: [(drawn) => {
        markAlarms(drawn, alarms, colour);
        if (cursor !== null) markMoment(drawn, cursor, colour);
      }] },
    },
    [line.map((entry) => entry[0] / 1_000), line.map((entry) => entry[1])],
    element,
  );
  const resize = new ResizeObserver(() => { chart.setSize({ width: element.clientWidth, height: HEIGHT }); });
  resize.observe(element);
  return () => {
    resize.disconnect();
    chart.destroy();
  };
}

function markMoment(chart: uPlot, ms: number, colour: (name: string) => string): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.fillStyle = colour('--brand');
  ctx.fillRect(chart.valToPos(ms / 1_000, 'x', true) - 1, bbox.top, 3, bbox.height);
  ctx.restore();
}

/** An upright line and a soft ground from when the alarm was raised to when it cleared. */
function markAlarms(chart: uPlot, alarms: readonly Alarm[], colour: (name: string) => string): void {
  const { ctx, bbox } = chart;
  const at = (ms: number) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, chart.valToPos(ms / 1_000, 'x', true)));
  ctx.save();
  for (const alarm of alarms) {
    const [from, to] = [at(alarm.raised_ms), alarm.cleared_ms === null ? bbox.left + bbox.width : at(alarm.cleared_ms)];
    if (to <= from) continue;
    ctx.globalAlpha = 0.12;
    ctx.fillStyle = colour(`--p${String(alarm.priority)}`);
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillRect(from - 1, bbox.top, 2, bbox.height);
  }
  ctx.restore();
}
