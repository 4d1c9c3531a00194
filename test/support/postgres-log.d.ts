/** The place in PostgreSQL's log where the next entry will begin. */
export function endOfLog(): Promise<number>;
/** The entries from a place on, each with its prefix. */
export function loggedSince(start: number): AsyncGenerator<string>;
