import type { Comparison, Spread } from './comparison.ts';
import { connectionsOf } from './held-runner.ts';
import { FIGURES } from './figures.ts';
import { PLOTS } from './plots.ts';
import type { BenchResult } from './result.ts';
import { median } from './statistics.ts';
import { boundText, TARGETS } from './targets.ts';
import { number, verdictOf, verdictText } from './verdict.ts';

/** The template asks for something that there is not. */
export class TemplateError extends Error {
  override readonly name: string = 'TemplateError';
}

/**
 * Fills the template of the page: `{{NAME}}` or `{{NAME of what}}`.
 *
 * | `machine` `run` `targets` `code` | where and how it was measured; every row of the targets; the program on many cores |
 * | `figures PATTERN` | a table of the figures whose names the regular expression matches |
 * | `plot NAME` | a picture, for light and for dark |
 * | `ratio FIGURE, METRIC, OVER` `value FIGURE, METRIC` | one number, for a sentence |
 *
 * @throws {@link TemplateError}
 */
export function renderPage(template: string, result: BenchResult, code: string): string {
  return template.replace(/\{\{(\w+)(?: ([^}]*))?\}\}/g, (_, name: string, of = '') => {
    switch (name) {
      case 'machine':
        return machineText(result);
      case 'run':
        return runText(result);
      case 'targets':
        return targetTable(result);
      case 'code':
        return code.trimEnd();
      case 'figures':
        return figureTable(result.comparisons.filter(({ figure }) => new RegExp(of).test(figure)), of);
      case 'plot':
        return picture(of);
      case 'ratio':
        return number(lineOf(result, of).ratio?.median);
      case 'value':
        return number(lineOf(result, of).value);
      default:
        throw new TemplateError(`the template asks for {{${name}}}, which is nothing`);
    }
  });
}

function machineText({ machine, loads }: BenchResult): string {
  const { cpu, cores, memoryGiB, load, system, node, openssl, c, descriptors } = machine;
  return [
    ['processor', `${cpu} × ${cores}`],
    ['memory', `${memoryGiB.toFixed(0)} GiB`],
    ['system', system],
    ['Node', `${node}, with OpenSSL ${openssl}`],
    ['program in C', c],
    ['load when the run began', `${load.toFixed(1)}${load > cores / 2 ? ': **others were at work**' : ''}`],
    ['load during the run', `${median(loads).toFixed(1)}, at most ${Math.max(...loads).toFixed(1)}: ${Math.max(...loads) > cores + 1 ? '**others were at work**; ' : ''}the bench itself makes 2 to 3`],
    ['descriptors (`ulimit -n`)', descriptors === null ? 'unlimited' : number(descriptors)],
  ].map(([name, value]) => `| ${name} | ${value} |`).join('\n');
}

function runText({ startedAt, minutes, pairs, commit, failures, machine, loads }: BenchResult): string {
  const fewer = FIGURES.flatMap((figure) => {
    if (figure.kind !== 'held') return [];
    const count = connectionsOf(figure.connections, machine.descriptors);
    return count === figure.connections ? [] : [`\`${figure.name}\` had ${number(count)} connections instead of ${number(figure.connections)}, as a process may not have more descriptors.`];
  });
  // What the bench makes by itself is 2 to 3.
  const most = Math.max(...loads);
  const busy = most > machine.cores + 1 ? [`\n**Others were at work while it was measured** (load ${median(loads).toFixed(1)}, at most ${most.toFixed(1)}, on ${machine.cores} cores): contestants with helper threads, which are all but C, come out worse than they are, and verdicts need a run on a quiet machine.\n`] : [];
  const failed = failures.map((failure) => `Not measured, because it failed: ${failure}.`);
  const what = `${startedAt.slice(0, 10)}, ${startedAt.slice(11, 16)} UTC${commit === undefined ? '' : `, commit \`${commit}\``}: ${pairs} pairs of runs, ${number(minutes)} minutes.`;
  return [what, ...busy, ...fewer, ...failed].join('\n');
}

function targetTable({ comparisons }: BenchResult): string {
  const rows = TARGETS.map((row) => {
    const { name, asked, measured, met, missing } = verdictOf(row, comparisons);
    const values = measured.map(({ target, comparison, text }) => {
      const over = measured.length === 1 ? '' : ` \`${target.figure}\`${target.over === undefined ? '' : ` / ${target.over}`}`;
      return `${text}${spreadText(target.of === 'difference' ? undefined : comparison?.ratio, ' (', ')')}${over}`;
    });
    return [name, asked, values.join('<br>'), missing === undefined ? strong(verdictText(met)) : `not measured: ${missing}`];
  });
  return markdownTable(['target', 'asked', 'measured', ''], rows);
}

function figureTable(lines: readonly Comparison[], of: string): string {
  if (lines.length === 0) throw new TemplateError(`the template asks for figures that match ${of}, and there are none`);
  const rows = lines.map(({ figure, metric, side, value, over, overValue, ratio, target, met }, index) => {
    const same = lines[index - 1]?.figure === figure;
    return [
      same ? '' : `\`${figure}\``,
      metric,
      `${number(value)}${side === 'sock' ? '' : ` ${side}`}`,
      over === undefined ? '' : `${number(overValue)} ${over}`,
      ratio === undefined ? (over === undefined ? '' : 'not measured') : number(ratio.median),
      spreadText(ratio),
      target === undefined ? '' : `${boundText(target)}: ${strong(verdictText(met))}`,
    ];
  });
  return markdownTable(['figure', 'measure', 'Sock', 'beside', 'ratio', 'min–max', 'target'], rows);
}

function picture(name: string): string {
  const plot = PLOTS.find((one) => one.name === name);
  if (plot === undefined) throw new TemplateError(`the template asks for the picture ${name}; there are ${PLOTS.map((one) => one.name).join(', ')}`);
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="performance/${name}-dark.svg">`,
    `  <img alt="${plot.title}, by ${plot.x}" src="performance/${name}-light.svg">`,
    '</picture>',
  ].join('\n');
}

function lineOf({ comparisons }: BenchResult, of: string): Comparison {
  const [figure, metric, over] = of.split(', ');
  const line = comparisons.find((one) => one.figure === figure && one.metric === metric && (over === undefined || one.over === over));
  if (line === undefined) throw new TemplateError(`the template asks for the number of "${of}", which was not measured`);
  return line;
}

function spreadText(spread: Spread | undefined, before = '', after = ''): string {
  return spread === undefined ? '' : `${before}${number(spread.min)}–${number(spread.max)}${after}`;
}

/** What is missed is to be seen. */
function strong(verdict: string): string {
  return verdict === 'NOT MET' ? `**${verdict}**` : verdict;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
