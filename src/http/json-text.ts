import { malformedJson } from '../errors/catalogue.js';
import { JsonReader, parseJson } from './json-reader.js';

/** A JSON body. What comes in one chunk, as most do, is parsed at the end; what comes in several is read chunk by chunk. */
export class JsonText {
  bytes = 0;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private reader: JsonReader | undefined;
  private last: Buffer | undefined;
  private problem: unknown;

  add(chunk: Buffer): void {
    if (this.last) {
      this.reader ??= new JsonReader();
      this.read(this.reader, this.last, { stream: true });
    }
    this.last = chunk;
    this.bytes += chunk.length;
  }

  /** The value; throws the refusal when there is none. */
  parse(): unknown {
    const { reader, last } = this;
    if (!reader) return parseJson(this.decode(last));
    this.read(reader, last, { stream: false });
    if (this.problem) throw this.problem;
    return reader.end();
  }

  private read(reader: JsonReader, chunk: Buffer | undefined, options: { readonly stream: boolean }): void {
    if (this.problem) return;
    try {
      reader.add(this.decode(chunk, options));
    } catch (error) {
      this.problem = error;
    }
  }

  private decode(chunk: Buffer | undefined, options?: { readonly stream: boolean }): string {
    try {
      return this.decoder.decode(chunk, options);
    } catch {
      throw malformedJson();
    }
  }
}
