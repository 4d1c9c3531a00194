import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { malformedJson } from '../errors/catalogue.js';
import { JsonReader } from './json-reader.js';

/** Reads a text in pieces of so many characters. */
function read(text: string, pieceLength: number): unknown {
  const reader = new JsonReader();
  for (let start = 0; start < text.length; start += pieceLength) reader.add(text.slice(start, start + pieceLength));
  return reader.end();
}

function outcomeOf(parse: () => unknown): unknown {
  try {
    return { value: parse() };
  } catch (error) {
    return error instanceof SyntaxError ? malformedJson() : error;
  }
}

const MARKS = [
  ...'{}[]:,"\\ \n\t\u0000\u000b\u00a0-+.eE019tfnu',
  '\\u',
  '\\ud83d',
  '\\n',
  'true',
  'null',
  '"a"',
  '"__proto__"',
];
const pieceLength = fc.integer({ min: 1, max: 9 });

/** JSON with a piece cut out and another put in: most of it is wrong in one place. */
const nearlyJson = fc
  .tuple(fc.json(), fc.nat(), fc.nat({ max: 2 }), fc.constantFrom('', ...MARKS))
  .map(([json, at, cut, mark]) => {
    const start = at % (json.length + 1);
    return json.slice(0, start) + mark + json.slice(start + cut);
  });

describe('JsonReader', () => {
  // Breaks with any rule of JSON that is left out, and when an escape or a word that is cut is not put together.
  it.each([
    ['JSON', fc.json()],
    ['JSON of any characters', fc.json({ stringUnit: 'binary' })],
    ['JSON that is wrong in one place', nearlyJson],
    ['marks in any order', fc.array(fc.constantFrom(...MARKS), { maxLength: 8 }).map((marks) => marks.join(''))],
  ])('agrees with JSON.parse on %s, wherever it is cut', (_, texts) => {
    fc.assert(
      fc.property(texts, pieceLength, (text, length) => {
        expect(outcomeOf(() => read(text, length))).toEqual(outcomeOf((): unknown => JSON.parse(text)));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    String.raw`{"__proto__":{"a":1},"constructor":2,"toString":3}`,
    '{"a":1,"b":2,"a":3}',
    '{"2":1,"1":2}',
    String.raw`["\ud83d\ude00","\ud83d","\u0000"]`,
    '[1e400,-0,1.5,12345678901234567890]',
    ' \n[ ] \t',
    '12',
  ])('reads %s as JSON.parse does', (text) => {
    for (const length of [1, 2, 3, 100]) {
      const value: unknown = read(text, length);

      expect(value).toStrictEqual(JSON.parse(text));
      expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(text)));
    }
    expect(Reflect.get({}, 'a')).toBeUndefined();
  });

  it('reads what is nested deeper than a call stack is', () => {
    const depth = 100_000;

    expect(Array.isArray(read('['.repeat(depth) + ']'.repeat(depth), 65_536))).toBe(true);
  });
});
