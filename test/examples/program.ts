import { begin, type ChildOutput, until } from '../support/process.js';

/** An example that serves until it is ended, on a port that is free. */
export class Program {
  private constructor(
    private readonly output: ChildOutput,
    readonly url: string,
  ) {}

  /** It is ready when it has said its URL. */
  static async start(args: readonly string[], env: Record<string, string>): Promise<Program> {
    const output = begin(process.execPath, args, { PORT: '0', ...env });
    await until(async () => output.stdout.includes('\n') || output.child.exitCode !== null);
    const url = /http:\S+/.exec(output.stdout)?.[0];
    if (url === undefined) throw new Error(`It has ended: ${output.stderr}`);
    return new Program(output, url);
  }

  /** The lines that it has printed. */
  get lines(): readonly string[] {
    return this.output.stdout.split('\n').slice(0, -1);
  }

  get stderr(): string {
    return this.output.stderr;
  }

  /** Waits until it has printed so many lines. */
  async until(count: number): Promise<readonly string[]> {
    await until(async () => this.lines.length >= count);
    return this.lines;
  }

  async end(): Promise<void> {
    this.output.child.kill();
    await this.output.ended;
  }
}
