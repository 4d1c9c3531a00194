import { Prisma } from '../generated/prisma/client.js';

const MARK = '\0';

/**
 * Has PostgreSQL write what is written here of marked columns. A row is one value then, which nobody has to take apart
 * and put together again before it is sent.
 */
export function writtenBy(write: (mark: (column: Prisma.Sql) => string) => string): Prisma.Sql {
  const columns: Prisma.Sql[] = [];
  const text = write((column) => `${MARK}${columns.push(column) - 1}${MARK}`);
  const parts = text.split(MARK).map((part, index) => (index % 2 === 0 ? literal(part) : columns[Number(part)]!));
  return Prisma.sql`concat(${Prisma.join(parts)})`;
}

const literal = (text: string): Prisma.Sql => Prisma.raw(`'${text.replaceAll("'", "''")}'`);
