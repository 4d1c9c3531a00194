import type { ApiError } from '../errors/api-error.js';
import { malformedJson, tooManyValues } from '../errors/catalogue.js';

/**
 * How many values a body may have, in all its arrays and objects. 100,000 tiny objects took 20 ms to parse, and
 * nobody else is served meanwhile; 36 MiB could hold 12 million.
 */
export const MAX_VALUES = 131_072;

/** A JSON body that is decoded and counted as it arrives: at the end, 33 MB of emoji would take 130 ms at once. */
export class JsonText {
  bytes = 0;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private readonly counter = new ValueCounter();
  private text = '';
  /** Decoded when more comes or at the end: a body of one chunk is spared the streaming. */
  private last: Buffer | undefined;
  private problem: ApiError | undefined;

  add(chunk: Buffer): void {
    if (this.last) this.decodeLast({ stream: true });
    this.last = chunk;
    this.bytes += chunk.length;
  }

  /** The value; throws the refusal when there is none. */
  parse(): unknown {
    this.decodeLast({ stream: false });
    if (this.problem) throw this.problem;
    try {
      return JSON.parse(this.text);
    } catch {
      throw malformedJson();
    }
  }

  private decodeLast(options: { readonly stream: boolean }): void {
    const { last } = this;
    if (!last || this.problem) return;
    try {
      this.text += this.decoder.decode(last, options);
    } catch {
      this.problem = malformedJson();
    }
    // What fits into one chunk, 64 KiB, has too few bytes to have too many values.
    const isOneOfSeveral = options.stream || this.bytes > last.length;
    if (isOneOfSeveral && this.counter.count(last) > MAX_VALUES) this.problem = tooManyValues(MAX_VALUES);
    if (this.problem) this.text = '';
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;

/** Counts what begins a value outside strings: commas, and the brackets and braces that open. */
class ValueCounter {
  private values = 0;
  private inString = false;
  private isEscaped = false;

  /** Goes on with these bytes, and gives the count so far. */
  count(bytes: Buffer): number {
    for (const byte of bytes) {
      if (this.isEscaped) this.isEscaped = false;
      else if (byte === QUOTE) this.inString = !this.inString;
      else if (this.inString) this.isEscaped = byte === BACKSLASH;
      else if (byte === COMMA || byte === OPENING_BRACKET || byte === OPENING_BRACE) this.values++;
    }
    return this.values;
  }
}
