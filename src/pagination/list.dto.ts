import type { Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { Page } from './page.js';

interface List<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

/** The documentation of a list of `item`: OpenAI's envelope. */
export function ListDto<T>(item: Type<T>, example: string): Type<List<T>> {
  class ListOfItemsDto implements List<T> {
    @ApiProperty({ type: 'string', enum: ['list'], description: 'Always `list`.' })
    object!: 'list';

    @ApiProperty({ type: [item], description: 'The page.' })
    data!: readonly T[];

    @ApiProperty({
      type: 'string',
      nullable: true,
      description: 'The first id of the page; null when it is empty.',
      example,
    })
    first_id!: string | null;

    @ApiProperty({
      type: 'string',
      nullable: true,
      description: 'The last id of the page; null when it is empty.',
      example,
    })
    last_id!: string | null;

    @ApiProperty({ description: 'Whether the list goes on after this page.', example: false })
    has_more!: boolean;
  }
  return ListOfItemsDto;
}

/** A page in OpenAI's envelope. */
export function toList<Item, T extends { readonly id: string }>(page: Page<Item>, toDto: (item: Item) => T): List<T> {
  const data = page.items.map(toDto);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: page.hasMore,
  };
}

interface Written {
  readonly id: string;
  readonly json: string;
}

/** The same of items that are written already. */
export function writeList({ items, hasMore }: Page<Written>): string {
  const data = items.map(({ json }) => json).join();
  return `{"object":"list","data":[${data}],"first_id":${idOf(items[0])},"last_id":${idOf(items.at(-1))},"has_more":${hasMore}}`;
}

const idOf = (item: Written | undefined): string => (item ? `"${item.id}"` : 'null');
