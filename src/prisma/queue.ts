import type { Batch, Waiting } from './shared-execution.js';
import { isTooLate } from './turns.js';

/** What one statement of several rows takes at most, and how many of a queue are under way at once. */
const MAX_ROWS = 64;
const MAX_CHARACTERS = 1024 * 1024;
const MAX_UNDER_WAY = 3;

/** A row of more characters goes alone, and one statement is left for those of fewer. */
const LARGE_ROW = MAX_CHARACTERS / 4;
const MAX_LARGE = MAX_UNDER_WAY - 1;

/** While a shared statement is under way, the next one waits for this many: few full ones cost less than many small ones. */
export const WORTH_SHARING = 13;

/** How the statements of a kind differ from others. */
export interface Traits<Item> {
  /**
   * What a statement locks: of one key one statement is under way, so that the requests for a busy thread line up here
   * and go together, and not in connections that wait for each other.
   */
  readonly keyOf?: (item: Item) => unknown;
  /** What a statement can change once: the others wait for the next one. */
  readonly onceOf?: (item: Item) => unknown;
  /** Who waits for one another's commits: a statement is for those of one party, and of a party one hasty one is under way. */
  readonly partyOf?: (item: Item) => unknown;
  /** Whether they wait for no commit: then what waits is divided among all that may be under way, not filled up. */
  readonly reads?: boolean;
}

export interface Queued<Result> extends Waiting<Result> {
  readonly once: unknown;
}

/** Those who wait for a statement of a kind, and which of them may go now, and together. */
export class Queue<Result> {
  private waiting: Queued<Result>[] = [];
  private underWay: Batch<Result>[] = [];
  private readonly busyKeys = new Set<unknown>();

  constructor(private readonly traits: Traits<never>) {}

  get isIdle(): boolean {
    return this.underWay.length === 0;
  }

  push(each: Queued<Result>): void {
    this.waiting.push(each);
  }

  /** Takes those who wait longest, up to the limits; none when it is not their time. They are under way until their `end`. */
  take(): Batch<Result> {
    const batch: Waiting<Result>[] = [];
    if (!this.mayStart()) return batch;
    const once = new Set<unknown>();
    const mostRows = this.mostRows();
    let characters = 0;
    this.waiting = this.waiting.filter((each) => {
      const isFull = batch.length === mostRows || characters + each.row.json.length > MAX_CHARACTERS;
      if (!this.mayGo(each) || once.has(each.once) || (batch[0] && (isFull || !mayShare(batch[0], each)))) return true;
      if (each.once !== undefined) once.add(each.once);
      characters += each.row.json.length;
      batch.push(each);
      return false;
    });
    for (const { key } of batch) this.busyKeys.add(key);
    if (batch.length > 0) this.underWay.push(batch);
    return batch;
  }

  end(batch: Batch<Result>): void {
    this.underWay = this.underWay.filter((each) => each !== batch);
    for (const { key } of batch) this.busyKeys.delete(key);
  }

  /** Nobody of this key goes until it is over. */
  async keepBusy(key: unknown, work: Promise<void>): Promise<void> {
    this.busyKeys.add(key);
    await work;
    this.busyKeys.delete(key);
  }

  /** Refuses who has waited too long. They wait in order. */
  dismiss(reason: () => unknown): void {
    while (this.waiting[0] && isTooLate(this.waiting[0].since)) this.waiting.shift()!.reject(reason());
  }

  private mayStart(): boolean {
    if (this.underWay.length === MAX_UNDER_WAY) return false;
    if (this.traits.partyOf || this.waiting.length >= WORTH_SHARING) return true;
    return this.underWay.every((batch) => batch.length === 1);
  }

  private mostRows(): number {
    if (!this.traits.reads) return MAX_ROWS;
    const share = Math.ceil(this.waiting.length / (MAX_UNDER_WAY - this.underWay.length));
    return Math.min(MAX_ROWS, Math.max(WORTH_SHARING, share));
  }

  private mayGo(each: Queued<Result>): boolean {
    if (this.busyKeys.has(each.key)) return false;
    if (each.party !== undefined && this.underWay.some(([first]) => first?.party === each.party)) return false;
    return !isLarge(each) || this.underWay.filter(([first]) => first && isLarge(first)).length < MAX_LARGE;
  }
}

type Candidate = Pick<Waiting<unknown>, 'row' | 'party'>;

const isLarge = ({ row }: Candidate): boolean => row.json.length > LARGE_ROW;

const mayShare = (one: Candidate, other: Candidate): boolean =>
  one.party === other.party && !isLarge(one) && !isLarge(other);
