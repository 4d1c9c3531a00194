/** Statements are prepared once a connection, and stay in the memory of PostgreSQL: their number is bounded. */
const MAX_PREPARED = 300;

/** What `pg` takes for no name. */
const NOT_PREPARED = '';

/** Names statements by their text. */
export function newStatementNames(): (sql: string) => string {
  const names = new Map<string, string>();
  return (sql) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= MAX_PREPARED) return NOT_PREPARED;
    const name = `threadstore_${names.size}`;
    names.set(sql, name);
    return name;
  };
}
