import { describe, expect, it } from '@jest/globals';
import { pageOf, type PageRequest, readsBackwards, sliceOf, SORT_ORDERS } from './page.js';

const LENGTH = 7;
const KEYS = Array.from({ length: LENGTH }, (_, index) => index + 1);
const CURSORS = [undefined, ...KEYS.map(String)];

const requests: PageRequest[] = SORT_ORDERS.flatMap((order) =>
  CURSORS.flatMap((after) =>
    CURSORS.flatMap((before) => [1, 2, LENGTH, LENGTH + 1].map((limit) => ({ limit, order, after, before }))),
  ),
);

/** What a page is, said over a whole list in the order that was asked for. */
function pageByDefinition({ limit, order, after, before }: PageRequest): { items: number[]; hasMore: boolean } {
  const list = order === 'asc' ? KEYS : KEYS.toReversed();
  const from = after === undefined ? 0 : list.indexOf(Number(after)) + 1;
  const to = before === undefined ? LENGTH : list.indexOf(Number(before));
  const between = list.slice(from, Math.max(from, to));
  const nearestToBefore = before !== undefined && after === undefined;
  return {
    items: nearestToBefore ? between.slice(-limit) : between.slice(0, limit),
    hasMore: between.length > limit,
  };
}

const keyOf = (cursor: string | undefined): number | undefined => (cursor === undefined ? undefined : Number(cursor));

/** The same page, read as a database reads it: by the bounds of its slice, one row more than asked for. */
function pageBySlice(request: PageRequest): { items: readonly number[]; hasMore: boolean } {
  const { above, below, direction } = sliceOf(request, keyOf(request.after), keyOf(request.before));
  const inside = KEYS.filter((each) => each > (above ?? 0) && each < (below ?? LENGTH + 1));
  const rows = (direction === 'ascending' ? inside : inside.toReversed()).slice(0, request.limit + 1);
  return pageOf(rows, request);
}

describe('sliceOf and pageOf', () => {
  it('give the page that was asked for, whatever the order, the cursors and the limit', () => {
    expect(requests.map(pageBySlice)).toEqual(requests.map(pageByDefinition));
  });
});

describe('readsBackwards', () => {
  it.each([
    [{}, false],
    [{ after: 'a' }, false],
    [{ before: 'b' }, true],
    [{ after: 'a', before: 'b' }, false],
  ])('of a request with %p is %p', (cursors, backwards) => {
    expect(readsBackwards({ limit: 1, order: 'asc', ...cursors })).toBe(backwards);
  });
});

describe('pageOf', () => {
  const request: PageRequest = { limit: 2, order: 'desc' };

  it.each([
    [[], { items: [], hasMore: false }],
    [[1], { items: [1], hasMore: false }],
    [[1, 2], { items: [1, 2], hasMore: false }],
    [[1, 2, 3], { items: [1, 2], hasMore: true }],
  ])('makes a page of the rows %p', (rows, page) => {
    expect(pageOf<number>(rows, request)).toEqual(page);
  });

  it('turns rows that were read backwards round, without the one too many', () => {
    expect(pageOf([3, 2, 1], { ...request, before: '4' })).toEqual({ items: [2, 3], hasMore: true });
  });

  it('leaves the rows as they are', () => {
    const rows = Object.freeze([2, 1]);

    pageOf(rows, { ...request, before: '3' });

    expect(rows).toEqual([2, 1]);
  });
});
