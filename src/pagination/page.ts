export const SORT_ORDERS = ['asc', 'desc'] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 100;

/** Which part of a list is asked for. `after` and `before` are ids, and are not part of the answer. */
export interface PageRequest {
  readonly limit: number;
  readonly order: SortOrder;
  readonly after?: string;
  readonly before?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Whether the list goes on in the direction that was paged. */
  readonly hasMore: boolean;
}

/** How a list is read, whatever order was asked for. */
export type Direction = 'ascending' | 'descending';

/** The open interval of sort keys that a page is taken from, and the direction that it is read in. */
export interface Slice<Key> {
  readonly above: Key | undefined;
  readonly below: Key | undefined;
  readonly direction: Direction;
}

/**
 * `before` alone asks for the page nearest to the cursor, so it is read backwards from there. With `after`, the
 * interval between the two is read forwards from `after`.
 */
export const readsBackwards = ({ after, before }: PageRequest): boolean => before !== undefined && after === undefined;

export function sliceOf<Key>(request: PageRequest, after: Key | undefined, before: Key | undefined): Slice<Key> {
  const ascendingList = request.order === 'asc';
  return {
    above: ascendingList ? after : before,
    below: ascendingList ? before : after,
    direction: ascendingList !== readsBackwards(request) ? 'ascending' : 'descending',
  };
}

/** Makes a page of up to `limit + 1` rows in reading direction: one row more than asked for says that there are more. */
export function pageOf<T>(rows: readonly T[], request: PageRequest): Page<T> {
  const items = rows.slice(0, request.limit);
  return { items: readsBackwards(request) ? items.toReversed() : items, hasMore: rows.length > request.limit };
}
