const LINES = 10;
const WINDOW_MS = 1_000;

/** Lets pass ten lines a second of each kind, and tells how many more there were. */
export class LineLimit {
  private readonly counts = new Map<string, number>();

  /** Whether a line may be written. `tellOthers` is called at the end of the second, if there were some that may not. */
  allows(kind: string, tellOthers: (suppressed: number) => void): boolean {
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    if (count === 1) setTimeout(() => this.close(kind, tellOthers), WINDOW_MS).unref();
    return count <= LINES;
  }

  private close(kind: string, tellOthers: (suppressed: number) => void): void {
    const suppressed = (this.counts.get(kind) ?? 0) - LINES;
    this.counts.delete(kind);
    if (suppressed > 0) tellOthers(suppressed);
  }
}
