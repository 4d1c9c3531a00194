import { describe, expect, it } from '@jest/globals';
import { parseQuery } from './query.js';

describe('parseQuery', () => {
  it.each([
    ['', {}],
    ['limit=1&order=asc', { limit: '1', order: 'asc' }],
    ['after', { after: '' }],
    ['after=', { after: '' }],
    ['q=a+b%20c%26d', { q: 'a b c&d' }],
    ['q=a=b', { q: 'a=b' }],
    ['q=%zz', { q: '%zz' }],
    ['metadata[user]=abc', { metadata: { user: 'abc' } }],
    ['metadata%5Buser%5D=abc', { metadata: { user: 'abc' } }],
    ['metadata[user]=abc&limit=1&metadata[plan]=pro', { metadata: { user: 'abc', plan: 'pro' }, limit: '1' }],
    ['metadata[a b.c]=d', { metadata: { 'a b.c': 'd' } }],
    ['metadata[]=abc', { metadata: { '': 'abc' } }],
    ['metadata[a][b]=c', { metadata: { 'a][b': 'c' } }],
    ['[a]=b', { '[a]': 'b' }],
  ])('reads %p', (query, parameters) => {
    expect(parseQuery(query)).toEqual(parameters);
  });

  it.each([
    ['limit=1&limit=2', { limit: ['1', '2'] }],
    ['metadata[user]=a&metadata[user]=b', { metadata: { user: ['a', 'b'] } }],
    ['metadata=a&metadata[user]=b', { metadata: ['a', 'b'] }],
    ['metadata[user]=a&metadata=b', { metadata: [{ user: 'a' }, 'b'] }],
  ])('makes an array of what is given more than once: %p', (query, parameters) => {
    expect(parseQuery(query)).toEqual(parameters);
  });

  it('keeps names of Object as names', () => {
    const parameters = parseQuery('__proto__[polluted]=1&constructor=2&metadata[__proto__]=3&metadata[toString]=4');

    expect(Object.entries(parameters)).toEqual([
      ['__proto__', expect.objectContaining({ polluted: '1' })],
      ['constructor', '2'],
      ['metadata', expect.anything()],
    ]);
    expect(Object.entries(Object(parameters.metadata))).toEqual([
      ['__proto__', '3'],
      ['toString', '4'],
    ]);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('drops no parameter of a long query', () => {
    const query = Array.from({ length: 2000 }, (_, index) => `p${index}=${index}`).join('&');

    expect(Object.keys(parseQuery(query))).toHaveLength(2000);
  });
});
