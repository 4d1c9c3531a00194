import { describe, expect, it } from '@jest/globals';
import { malformedJson, tooManyValues } from '../errors/catalogue.js';
import { MAX_VALUES } from './json-reader.js';
import { JsonText } from './json-text.js';

/** Adds a text in chunks of so many bytes. */
function jsonTextOf(bytes: Uint8Array, chunkSize: number): JsonText {
  const text = new JsonText();
  for (let start = 0; start < bytes.length; start += chunkSize) {
    text.add(Buffer.from(bytes.subarray(start, start + chunkSize)));
  }
  return text;
}

const parsed = (text: string, chunkSize: number): unknown => jsonTextOf(Buffer.from(text), chunkSize).parse();

/** The array itself is one of the values. */
const list = (values: number): string => `[${'0,'.repeat(values - 1)}0]`;

describe('JsonText', () => {
  it.each([1, 2, 3, 5, 7, 1_000])('reads what comes in chunks of %i bytes', (chunkSize) => {
    const value = { text: 'ä€😀, "quoted" \\ [not, a, list]', list: [1, { a: null }] };

    expect(parsed(JSON.stringify(value), chunkSize)).toEqual(value);
    expect(parsed(`\ufeff${JSON.stringify(value)}`, chunkSize)).toEqual(value);
  });

  it.each([
    ['a character that is cut off', [0x22, 0xf0, 0x9f, 0x98]],
    ['a byte that begins nothing', [0x22, 0xff, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ])('refuses what is not UTF-8: %s', (_, bytes) => {
    for (const chunkSize of [1, 2, 1_000]) {
      expect(() => jsonTextOf(Uint8Array.from(bytes), chunkSize).parse()).toThrow(malformedJson());
    }
  });

  it('takes as many values as are allowed, and not one more', () => {
    expect(parsed(list(MAX_VALUES), 65_536)).toHaveLength(MAX_VALUES);
    expect(() => parsed(list(MAX_VALUES + 1), 65_536)).toThrow(tooManyValues(MAX_VALUES));
  });

  it('counts nothing inside of strings, wherever they are cut', () => {
    const value = [String.raw`\",[{`.repeat(MAX_VALUES), ',[{'.repeat(MAX_VALUES)];

    expect(parsed(JSON.stringify(value), 65_537)).toEqual(value);
  });
});
