/**
 * Codes that say that the database cannot serve now, but may later. SQLSTATE: connection exceptions, resources short,
 * shutdown and start-up, timeouts, conflicts of transactions, a table that is not migrated yet. Not 08P01, a breach of
 * the protocol: that one does not heal.
 */
const STATES = /^(08(?!P01)...|53...|57P0[1-3]|57014|55P03|40001|40P01|42P01|3D000)$/;

/** Prisma: unreachable, timed out, closed, too many connections, no transaction could be started, write conflict. */
const PRISMA_CODES = /^(P1001|P1002|P1003|P1008|P1017|P2028|P2034|P2037)$/;

const SYSTEM_CODES = /^(ECONNREFUSED|ECONNRESET|ENOENT|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** `pg` throws these without a code. */
const MESSAGES =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout/;

/** What the driver of Prisma calls the same, when it has no code for it: in raw statements. */
const KINDS =
  /^(DatabaseNotReachable|DatabaseDoesNotExist|ConnectionClosed|SocketTimeout|TooManyConnections|TransactionWriteConflict)$/;

const MAX_DEPTH = 6;

/** Whether an error, or what caused it, says that the database cannot serve now. */
export function isDatabaseAway(error: unknown, depth = 0): boolean {
  if (!(error instanceof Object) || depth > MAX_DEPTH) return false;
  const codes = [Reflect.get(error, 'originalCode'), Reflect.get(error, 'code')].map(String);
  if (codes.some((code) => STATES.test(code) || PRISMA_CODES.test(code) || SYSTEM_CODES.test(code))) return true;
  if (KINDS.test(String(Reflect.get(error, 'kind')))) return true;
  return MESSAGES.test(String(Reflect.get(error, 'message'))) || isDatabaseAway(causeOf(error), depth + 1);
}

/** Prisma keeps the driver's error in `meta`. */
function causeOf(error: object): unknown {
  const meta: unknown = Reflect.get(error, 'meta');
  return Reflect.get(error, 'cause') ?? (meta instanceof Object ? Reflect.get(meta, 'driverAdapterError') : undefined);
}

/** What an error says. A failed connection to a name with several addresses says it only inside. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
