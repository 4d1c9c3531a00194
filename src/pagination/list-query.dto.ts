import { ApiSchema } from '@nestjs/swagger';
import { integerTooLarge, integerTooSmall, invalidType } from '../errors/catalogue.js';
import { type Check, oneOf, text } from '../validation/check.js';
import { Field } from '../validation/fields.js';
import { DEFAULT_LIMIT, MAX_LIMIT, type PageRequest, SORT_ORDERS, type SortOrder } from './page.js';

const WHOLE_NUMBER = /^-?\d+$/;

/** A whole number in a query, where every value is text. */
export const integerText =
  ({ min, max }: { min: number; max: number }): Check =>
  (value, path) => {
    if (typeof value !== 'string' || !WHOLE_NUMBER.test(value)) return invalidType(path, 'an integer', value);
    if (Number(value) < min) return integerTooSmall(path, min, value);
    if (Number(value) > max) return integerTooLarge(path, max, value);
    return null;
  };

const MAX_CURSOR = 512;

export const CursorField = (description: string) =>
  Field(text({ max: MAX_CURSOR }), { type: 'string', description }, { optional: true });

/** A page of any list. */
@ApiSchema({ name: 'PageQuery' })
export class PageQueryDto {
  @Field(
    integerText({ min: 1, max: MAX_LIMIT }),
    { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT, description: 'How many to list.' },
    { optional: true },
  )
  limit?: string;

  @CursorField('An id: list what comes after it in the order asked for. Empty counts as absent.')
  after?: string;
}

/** A page of a list that can be read in both directions. */
@ApiSchema({ name: 'ListQuery' })
export class ListQueryDto extends PageQueryDto {
  @Field(
    oneOf(SORT_ORDERS),
    { type: 'string', enum: [...SORT_ORDERS], default: 'desc', description: 'Oldest first, or newest first.' },
    { optional: true },
  )
  order?: SortOrder;

  @CursorField('An id: list what comes right before it in the order asked for. Empty counts as absent.')
  before?: string;
}

export const pageSizeOf = ({ limit }: PageQueryDto): number => (limit === undefined ? DEFAULT_LIMIT : Number(limit));

export const pageRequestOf = (query: ListQueryDto): PageRequest => ({
  limit: pageSizeOf(query),
  order: query.order ?? 'desc',
  after: query.after || undefined,
  before: query.before || undefined,
});
