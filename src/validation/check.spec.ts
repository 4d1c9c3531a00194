import { describe, expect, it } from '@jest/globals';
import {
  all,
  boolean,
  type Check,
  codePoints,
  integer,
  isObject,
  joinPath,
  listOf,
  nullable,
  oneOf,
  optional,
  required,
  text,
  url,
} from './check.js';

const problemOf = (check: Check, value: unknown): string | null => check(value, 'field')?.message ?? null;

const SMILE = '😀';
const wrongType = (expected: string, got: string): string =>
  `Invalid type for 'field': expected ${expected}, but got ${got} instead.`;
const tooLong = (max: number, length: number): string =>
  `Invalid 'field': string too long. Expected a string with maximum length ${max}, ` +
  `but got a string with length ${length} instead.`;

describe('text', () => {
  const check = text({ min: 1, max: 3 });

  it.each(['a', 'abc', SMILE.repeat(3), 'a\u0301', ' ', '\n', '\uffff'])('accepts %j', (value) => {
    expect(problemOf(check, value)).toBeNull();
  });

  it.each([
    [null, wrongType('a string', 'null')],
    [1, wrongType('a string', 'an integer')],
    [1.5, wrongType('a string', 'a decimal')],
    [true, wrongType('a string', 'a boolean')],
    [['a'], wrongType('a string', 'an array')],
    [{}, wrongType('a string', 'an object')],
    ['', "Invalid 'field': empty string. Expected a string with minimum length 1, but got an empty string instead."],
    ['abcd', tooLong(3, 4)],
    [SMILE.repeat(4), tooLong(3, 4)],
    ['a\u0000', "Invalid 'field': the string contains the character U+0000, which cannot be stored."],
    ['\ud83d', "Invalid 'field': the string contains an unpaired surrogate, which cannot be stored."],
    ['\ude00\ud83d', "Invalid 'field': the string contains an unpaired surrogate, which cannot be stored."],
  ])('refuses %j', (value, problem) => {
    expect(problemOf(check, value)).toBe(problem);
  });

  it('may be empty unless a minimum is set', () => {
    expect(problemOf(text({ max: 3 }), '')).toBeNull();
  });
});

describe('codePoints', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['é', 1],
    [SMILE, 1],
    [`a${SMILE}b${SMILE}`, 4],
    ['👨‍👩‍👧', 5],
  ])('of %p are %p', (value, count) => {
    expect(codePoints(value)).toBe(count);
  });
});

describe('url', () => {
  it.each(['https://example.com/a.png', 'data:image/png;base64,AAAA', 'http://[::1]/'])('accepts %s', (value) => {
    expect(problemOf(url({ max: 64 }), value)).toBeNull();
  });

  it.each([
    ['example.com/a.png', "Invalid 'field'. Expected a valid URL, but got a value with an invalid format."],
    ['', "Invalid 'field'. Expected a valid URL, but got a value with an invalid format."],
    [null, wrongType('a string', 'null')],
    [`https://example.com/${'a'.repeat(45)}`, tooLong(64, 65)],
  ])('refuses %j', (value, problem) => {
    expect(problemOf(url({ max: 64 }), value)).toBe(problem);
  });
});

describe('oneOf', () => {
  it.each([
    ['asc', null],
    ['up', "Invalid value: 'up'. Supported values are: 'asc' and 'desc'."],
    ['ASC', "Invalid value: 'ASC'. Supported values are: 'asc' and 'desc'."],
    [1, wrongType('a string', 'an integer')],
    [['asc'], wrongType('a string', 'an array')],
  ])('of asc and desc: %p', (value, problem) => {
    expect(problemOf(oneOf(['asc', 'desc']), value)).toBe(problem);
  });

  it.each([
    [['only'], "'only'"],
    [['a', 'b', 'c'], "'a', 'b', and 'c'"],
  ])('lists the values %p', (values, list) => {
    expect(problemOf(oneOf(values), 'x')).toBe(`Invalid value: 'x'. Supported values are: ${list}.`);
  });
});

describe('boolean', () => {
  it.each([
    [true, null],
    [false, null],
    ['true', wrongType('a boolean', 'a string')],
    [0, wrongType('a boolean', 'an integer')],
    [null, wrongType('a boolean', 'null')],
  ])('looks at %p', (value, problem) => {
    expect(problemOf(boolean, value)).toBe(problem);
  });
});

describe('integer', () => {
  it.each([
    [1, null],
    [10, null],
    [1.0, null],
    [0, "Invalid 'field': integer below minimum value. Expected a value >= 1, but got 0 instead."],
    [11, "Invalid 'field': integer above maximum value. Expected a value <= 10, but got 11 instead."],
    [1.5, wrongType('an integer', 'a decimal')],
    [Infinity, wrongType('an integer', 'a decimal')],
    ['1', wrongType('an integer', 'a string')],
    [null, wrongType('an integer', 'null')],
  ])('looks at %p', (value, problem) => {
    expect(problemOf(integer({ min: 1, max: 10 }), value)).toBe(problem);
  });
});

const untouchable: Check = () => {
  throw new Error('An item was looked at.');
};

describe('listOf', () => {
  const check = listOf(text({ max: 3 }), { min: 1, max: 2 });

  it.each([
    [['a'], null],
    [['a', 'b'], null],
    [[], "Invalid 'field': empty array. Expected an array with minimum length 1, but got an empty array instead."],
    [
      ['a', 'b', 'c'],
      "Invalid 'field': array too long. Expected an array with maximum length 2, but got an array with length 3 instead.",
    ],
    ['a', wrongType('an array', 'a string')],
    [{ 0: 'a', length: 1 }, wrongType('an array', 'an object')],
    [['a', 1], "Invalid type for 'field[1]': expected a string, but got an integer instead."],
  ])('looks at %p', (value, problem) => {
    expect(problemOf(check, value)).toBe(problem);
  });

  it('does not look at the items of an array that is too long', () => {
    expect(problemOf(listOf(untouchable, { max: 1 }), [1, 2])).toContain('array too long');
  });

  it('names the path of an item in a list in a list', () => {
    expect(listOf(listOf(boolean, { max: 9 }), { max: 9 })([[], [true, 'x']], 'a.b')).toMatchObject({
      param: 'a.b[1][1]',
      code: 'invalid_type',
    });
  });
});

describe('presence', () => {
  const missing = "Missing required parameter: 'field'.";

  it.each([
    ['required', required(boolean), undefined, missing],
    ['required', required(boolean), null, wrongType('a boolean', 'null')],
    ['required', required(nullable(boolean)), undefined, missing],
    ['required and nullable', required(nullable(boolean)), null, null],
    ['optional', optional(boolean), undefined, null],
    ['optional', optional(boolean), null, wrongType('a boolean', 'null')],
    ['optional and nullable', optional(nullable(boolean)), null, null],
    ['optional and nullable', optional(nullable(boolean)), 1, wrongType('a boolean', 'an integer')],
  ])('of a field that is %s', (_, check, value, problem) => {
    expect(problemOf(check, value)).toBe(problem);
  });
});

describe('all', () => {
  it('stops at the first problem', () => {
    const check = all(text({ max: 3 }), oneOf(['abcde', 'a']));

    expect(problemOf(check, 'a')).toBeNull();
    expect(problemOf(check, 'abcd')).toBe(tooLong(3, 4));
    expect(problemOf(check, 'b')).toContain('Supported values');
  });
});

describe('isObject', () => {
  it.each([
    [{}, true],
    [Object.create(null), true],
    [[], false],
    [null, false],
    ['{}', false],
    [undefined, false],
  ])('of %p is %p', (value, answer) => {
    expect(isObject(value)).toBe(answer);
  });
});

describe('joinPath', () => {
  it.each([
    ['', 'metadata', 'metadata'],
    ['metadata', 'user', 'metadata.user'],
    ['messages[0]', 'role', 'messages[0].role'],
  ])('of %p and %p is %p', (path, key, joined) => {
    expect(joinPath(path, key)).toBe(joined);
  });
});
