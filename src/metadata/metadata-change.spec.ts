import { describe, expect, it } from '@jest/globals';
import { mergeOf, patchOf, sizeAfter } from './metadata-change.js';

const NOTHING = { removesAll: false, remove: [], set: {} };

describe('mergeOf', () => {
  it.each([[undefined], [null], [{}]])('changes nothing for %p', (metadata) => {
    expect(mergeOf(metadata)).toEqual(NOTHING);
  });

  it('sets the keys that are sent, an empty string included', () => {
    expect(mergeOf({ user: 'abc', plan: '' })).toEqual({ ...NOTHING, set: { user: 'abc', plan: '' } });
  });
});

describe('patchOf', () => {
  it.each([[undefined], [{}]])('changes nothing for %p', (metadata) => {
    expect(patchOf(metadata)).toEqual(NOTHING);
  });

  it('removes everything for null', () => {
    expect(patchOf(null)).toEqual({ removesAll: true, remove: [], set: {} });
  });

  it('removes the keys that are null and sets the others', () => {
    expect(patchOf({ user: 'abc', plan: null, note: '', team: null })).toEqual({
      removesAll: false,
      remove: ['plan', 'team'],
      set: { user: 'abc', note: '' },
    });
  });

  it('sets a key of the name __proto__ as any other', () => {
    const { set } = patchOf(JSON.parse('{"__proto__":"a","constructor":"b"}'));

    expect(JSON.stringify(set)).toBe('{"__proto__":"a","constructor":"b"}');
  });
});

describe('sizeAfter', () => {
  const metadata = { a: '1', b: '2', c: '3' };

  it.each([
    ['nothing', mergeOf(null), 3],
    ['a key that is there', mergeOf({ a: '9' }), 3],
    ['a new key', mergeOf({ d: '4' }), 4],
    ['one of each', mergeOf({ a: '9', d: '4' }), 4],
    ['a key removed', patchOf({ a: null }), 2],
    ['a key removed that is not there', patchOf({ z: null }), 3],
    ['one removed, one new', patchOf({ a: null, d: '4' }), 3],
    ['all removed', patchOf(null), 0],
  ])('counts the pairs after %s', (_, change, size) => {
    expect(sizeAfter(metadata, change)).toBe(size);
  });
});
