/** One line of the text format of Prometheus. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads /metrics, and throws for a line that is not of the format. */
export async function readMetrics(url: string): Promise<string> {
  const answer = await fetch(`${url}/metrics`);
  if (answer.status !== 200) throw new Error(`/metrics answers ${answer.status}.`);
  return answer.text();
}

export function samplesOf(text: string): Sample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === undefined) throw new Error(`Not a sample: ${line}`);
    const entries = [...labels.matchAll(LABEL)].map(([, label = '', text_ = '']): [string, string] => [label, text_]);
    return { name, labels: Object.fromEntries(entries), value: Number(value) };
  });
}

/** The values of a metric, each under its labels: `GET /threads 200`. */
export const valuesOf = (text: string, name: string): Record<string, number> =>
  Object.fromEntries(
    samplesOf(text)
      .filter((sample) => sample.name === name)
      .map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  );
