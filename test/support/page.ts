export interface Query {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  readonly after?: string;
  readonly before?: string;
}

export interface Page {
  readonly ids: readonly string[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

/** The page that a list in memory gives: `ids` are all that there ever were, oldest first. */
export function expectedPage(ids: readonly string[], deleted: ReadonlySet<string>, query: Query): Page {
  const { limit, order, after, before } = query;
  const inOrder = order === 'asc' ? ids : ids.toReversed();
  const afterCursor = inOrder.slice(after === undefined ? 0 : inOrder.indexOf(after) + 1);
  const beforeCursor = inOrder.slice(0, before === undefined ? undefined : inOrder.indexOf(before));
  const between = afterCursor.filter((id) => beforeCursor.includes(id) && !deleted.has(id));
  const onlyBefore = before !== undefined && after === undefined;
  const page = onlyBefore ? between.slice(-limit) : between.slice(0, limit);
  return { ids: page, first_id: page[0] ?? null, last_id: page.at(-1) ?? null, has_more: between.length > page.length };
}
