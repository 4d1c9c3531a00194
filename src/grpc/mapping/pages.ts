import { wordOf } from './enums.js';

interface PageRequest {
  readonly limit?: number;
  readonly order: string;
  readonly after: string;
  readonly before: string;
}

/** What would be the query of a list by HTTP, where every value is text. */
export const pageQueryOf = ({ limit, order, after, before }: PageRequest): object => ({
  limit: limit?.toString(),
  order: wordOf(order, 'ORDER_'),
  after,
  before,
});
