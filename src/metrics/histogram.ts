import { Histogram, type HistogramConfiguration } from 'prom-client';

type Labels<Label extends string> = Readonly<Record<Label, string>>;
type Options<Label extends string> = HistogramConfiguration<Label> & { readonly buckets: readonly number[] };

/** The observations of one combination of labels. */
export class Series {
  /** How many there were up to each bound and not up to the one before, and at last beyond all of them. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += value;
  }
}

/**
 * A histogram for what happens in every request. That of prom-client checks and joins the labels with each observation,
 * which took 950 ns; here whoever observes keeps the series of its labels: 40 ns, with the maps that find it.
 */
export class SeriesHistogram<Label extends string> extends Histogram<Label> {
  private readonly all: [Labels<Label>, Series][] = [];

  constructor(private readonly options: Options<Label>) {
    super(options);
  }

  /** The series of labels that have none yet. */
  add(labels: Labels<Label>): Series {
    const series = new Series(this.options.buckets);
    this.all.push([labels, series]);
    return series;
  }

  /** What prom-client asks itself for: its inner form of a histogram, in which a series names its labels once. */
  getForPromString(): Promise<object> {
    const { name, help, buckets } = this.options;
    const values = this.all.flatMap(([sharedLabels, { counts, sum }]) => {
      let count = 0;
      const upTo = [...counts].map((each, bucket) => ({
        metricName: `${name}_bucket`,
        labels: { le: buckets[bucket] ?? '+Inf' },
        value: (count += each),
        sharedLabels,
      }));
      return [
        ...upTo,
        { metricName: `${name}_sum`, labels: {}, value: sum, sharedLabels },
        { metricName: `${name}_count`, labels: {}, value: count, sharedLabels },
      ];
    });
    return Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values });
  }
}
