import type { Config } from 'vega-lite';
import type { Plot, PlotPoint } from './plots.ts';

/** For which background a picture is drawn; it has none of its own. */
export type Theme = 'light' | 'dark';

/** Draws a plot with Vega, which needs no browser, and no DOM: medians as points on lines, and lines from the least to the most. */
export async function drawPlot({ title, x, y, even = false, panels }: Plot, points: readonly PlotPoint[], theme: Theme): Promise<string> {
  // Both are big, and most runs of the bench draw nothing.
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const drawn = SIDES.filter(({ name }) => points.some(({ side }) => side === name));
  const names = drawn.map(({ name }) => name);
  const side = { field: 'side', type: 'nominal' as const, title: null, legend: drawn.length > 1 ? { symbolOpacity: 1 } : null };
  const color = { ...side, scale: { domain: names, range: drawn.map((one) => one[theme]) } };
  const shape = { ...side, scale: { domain: names, range: drawn.map((one) => one.shape) } };
  const across = {
    field: 'x',
    type: 'quantitative' as const,
    title: x,
    scale: even ? { zero: true } : { type: 'log' as const, nice: false },
    axis: { labelOverlap: false, labelFlush: false, ...(even ? { tickCount: 5 } : { values: [...new Set(points.map((point) => point.x))] }) },
  };
  const { spec } = compile({
    title,
    data: { values: [...points] },
    facet: { column: { field: 'panel', type: 'nominal', title: null, sort: panels.map((panel) => panel.title), header: panels.length === 1 ? { labels: false } : {} } },
    spec: {
      width: panels.length === 1 ? 520 : 300,
      height: 220,
      layer: [
        { mark: { type: 'rule', opacity: 0.5, strokeWidth: 3 }, encoding: { x: across, y: { field: 'min', type: 'quantitative', title: y }, y2: { field: 'max' }, color } },
        {
          mark: { type: 'line', point: { size: 50, filled: true } },
          encoding: { x: across, y: { field: 'y', type: 'quantitative', title: y, scale: { zero: true }, axis: { tickCount: 5 } }, color, shape },
        },
      ],
    },
    // Sides are to be compared, not panels.
    resolve: { scale: { x: 'independent', y: 'independent' } },
    config: configOf(theme),
  });
  const view = new View(parse(spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

/** Colours are of one lightness for each background, and apart also for those who see red and green alike. */
const SIDES = [
  { name: 'Sock', light: '#0b62c4', dark: '#58a6ff', shape: 'circle' },
  { name: 'Node', light: '#c2570c', dark: '#f0883e', shape: 'square' },
  { name: 'C', light: '#57606a', dark: '#adbac7', shape: 'triangle-up' },
] as const;

function configOf(theme: Theme): Config {
  const [ink, faint] = theme === 'light' ? ['#1f2328', '#d1d9e0'] : ['#e6edf3', '#3d444d'];
  return {
    background: 'transparent',
    font: 'system-ui, "DejaVu Sans", sans-serif',
    title: { color: ink, fontSize: 14, anchor: 'start' },
    axis: { labelColor: ink, titleColor: ink, gridColor: faint, domainColor: faint, tickColor: faint, titleFontWeight: 'normal' },
    header: { labelColor: ink, labelFontSize: 13 },
    legend: { labelColor: ink, orient: 'bottom' },
    view: { stroke: null },
  };
}
