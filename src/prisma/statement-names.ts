/** Statements are prepared once a connection, and stay in the memory of PostgreSQL: their number is bounded. */
const MAX_PREPARED = 200;

/** Which index serves a filter by metadata depends on its values: that one is planned each time. */
const PLANNED_EACH_TIME = ' @> ';

/** What `pg` takes for no name. */
const NOT_PREPARED = '';

/** Names statements by their text. */
export function newStatementNames(): (sql: string) => string {
  const names = new Map<string, string>();
  return (sql) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= MAX_PREPARED || sql.includes(PLANNED_EACH_TIME)) return NOT_PREPARED;
    const name = `threadstore_${names.size}`;
    names.set(sql, name);
    return name;
  };
}
