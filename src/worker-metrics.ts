import type { Worker } from 'node:cluster';
import { setTimeout } from 'node:timers/promises';
import { AggregatorRegistry } from 'prom-client';
import type { Counts, MetricsService } from './metrics/metrics.service.js';

/** How long a worker may take to say what it has counted. For one that is busy for longer, its last word counts. */
const PATIENCE_MS = 1_000;

/** A worker that is scraped wants to know; all are asked, and say; the one is told. */
type Message =
  | { readonly metrics: 'wanted' | 'asked'; readonly question: number }
  | { readonly metrics: 'said'; readonly question: number; readonly counts: Counts }
  | { readonly metrics: 'told'; readonly question: number; readonly all: readonly Counts[] };

type Answers<Answer> = Map<number, (answer: Answer) => void>;

const isMessage = (message: unknown): message is Message =>
  typeof message === 'object' && message !== null && 'metrics' in message;

/** The process that started the workers gathers what they have counted, so that any of them can answer for all. */
export class WorkerMetrics {
  private readonly lastWords = new Map<Worker, Counts>();
  private readonly answers: Answers<Counts> = new Map();
  private questions = 0;
  /** A counter never goes down: what those counted that have ended stays. */
  private ended: Counts = [];

  /** Takes in a worker that listens. */
  add(worker: Worker): void {
    this.lastWords.set(worker, []);
    worker.on('message', (message: unknown) => {
      if (!isMessage(message)) return;
      if (message.metrics === 'said') this.answers.get(message.question)?.(message.counts);
      if (message.metrics === 'wanted') void this.tell(worker, message.question);
    });
    worker.once('exit', () => void this.remove(worker));
  }

  private async tell(worker: Worker, question: number): Promise<void> {
    const all = await Promise.all([...this.lastWords.keys()].map((each) => this.ask(each)));
    const message: Message = { metrics: 'told', question, all: [this.ended, ...all] };
    if (worker.isConnected()) worker.send(message);
  }

  private async ask(worker: Worker): Promise<Counts> {
    const question = this.questions++;
    const answer = new Promise<Counts>((resolve) => this.answers.set(question, resolve));
    const message: Message = { metrics: 'asked', question };
    if (worker.isConnected()) worker.send(message);
    const counts = await Promise.race([answer, setTimeout(PATIENCE_MS, undefined, { ref: false })]);
    this.answers.delete(question);
    if (counts && this.lastWords.has(worker)) this.lastWords.set(worker, counts);
    return counts ?? this.lastWords.get(worker) ?? [];
  }

  private async remove(worker: Worker): Promise<void> {
    const counters = (this.lastWords.get(worker) ?? []).filter(({ type }) => String(type) !== 'gauge');
    this.lastWords.delete(worker);
    this.ended = await AggregatorRegistry.aggregate([this.ended, counters]).getMetricsAsJSON();
  }
}

const send = (message: Message): void => void process.send?.(message);

/** A worker says what it has counted when it is asked, and asks for all when it is scraped. */
export function shareMetrics(service: MetricsService): void {
  const answers: Answers<readonly Counts[]> = new Map();
  let questions = 0;
  process.on('message', (message) => {
    if (!isMessage(message)) return;
    const { question } = message;
    if (message.metrics === 'asked') {
      void service.counts().then((counts) => send({ metrics: 'said', question, counts }));
    }
    if (message.metrics === 'told') {
      answers.get(question)?.(message.all);
      answers.delete(question);
    }
  });
  service.share(
    () =>
      new Promise((resolve) => {
        answers.set(++questions, resolve);
        send({ metrics: 'wanted', question: questions });
      }),
  );
}
