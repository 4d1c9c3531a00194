/** One turn of one server. Latencies in milliseconds, CPU in microseconds a request. */
export interface Round {
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly serverMicros: number;
  readonly postgresMicros: number;
  /** The share of a core that the load generator used. */
  readonly generatorBusy: number;
  readonly residentMb: number;
}

export interface Result {
  readonly operation: string;
  readonly concurrency: number;
  /** A constant answer, at the same concurrency. */
  readonly ceiling: Round;
  readonly yardstick: Round[];
  readonly threadstore: Round[];
}

const COLUMNS = [
  'operation',
  'at',
  'by hand /s',
  'threadstore /s',
  'ratio',
  'spread',
  'p50 ms',
  'p99 ms',
  'p50 ratio',
  'CPU µs',
  'PostgreSQL µs',
] as const;

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

const of = (rounds: readonly Round[], field: keyof Round): number => median(rounds.map((round) => round[field]));

/** Turns stand beside each other, so the ratio is taken turn by turn, and the median of those counts. */
const ratios = ({ threadstore, yardstick }: Result, field: keyof Round): number[] =>
  threadstore.map((round, i) => round[field] / yardstick[i]![field]);

export const ratioOf = (result: Result): number => median(ratios(result, 'requestsPerSecond'));

function row(result: Result): string[] {
  const { yardstick, threadstore } = result;
  const both = (field: keyof Round, digits: number): string =>
    `${of(yardstick, field).toFixed(digits)} → ${of(threadstore, field).toFixed(digits)}`;
  const all = ratios(result, 'requestsPerSecond');
  return [
    result.operation,
    String(result.concurrency),
    of(yardstick, 'requestsPerSecond').toFixed(0),
    of(threadstore, 'requestsPerSecond').toFixed(0),
    `${ratioOf(result).toFixed(2)} ×`,
    `${Math.min(...all).toFixed(2)}–${Math.max(...all).toFixed(2)}`,
    both('p50', 2),
    both('p99', 2),
    median(ratios(result, 'p50')).toFixed(2),
    both('serverMicros', 0),
    both('postgresMicros', 0),
  ];
}

/** A Markdown table. `a → b` is the server written by hand, then Threadstore. */
export function tableOf(results: readonly Result[]): string {
  const rows = [[...COLUMNS], ...results.map(row)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return [head, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body].join('\n');
}

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

interface Summary {
  readonly means: string;
  readonly ceilings: string;
  readonly generatorBusy: number;
}

export function summaryOf(results: readonly Result[]): Summary {
  const concurrencies = [...new Set(results.map(({ concurrency }) => concurrency))];
  const at = (say: (of: readonly Result[]) => string): string =>
    concurrencies
      .map((concurrency) => `${say(results.filter((each) => each.concurrency === concurrency))} at ${concurrency}`)
      .join(', ');
  const rounds = results.flatMap(({ ceiling, yardstick, threadstore }) => [ceiling, ...yardstick, ...threadstore]);
  return {
    means: at((some) => `${geometricMean(some.map(ratioOf)).toFixed(2)} ×`),
    ceilings: at(([first]) => first!.ceiling.requestsPerSecond.toFixed(0)),
    generatorBusy: Math.max(...rounds.map((round) => round.generatorBusy)),
  };
}
