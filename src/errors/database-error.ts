/**
 * Codes that say that the database cannot serve now, but may later. SQLSTATE: connection exceptions, a replica that
 * is not yet the primary, resources short, shutdown and start-up, timeouts, conflicts of transactions, a table that is
 * not migrated yet. Not 08P01, a breach of the protocol: that one does not heal.
 */
const STATES = /^(08(?!P01)...|25006|53...|57P0[1-5]|57014|55P03|40001|40P01|42P01|3D000)$/;

/** Prisma: unreachable, timed out, closed, too many connections, no transaction could be started, write conflict. */
const PRISMA_CODES = /^(P1001|P1002|P1003|P1008|P1017|P2028|P2034|P2037)$/;

/** The last three: this process has no file descriptor left, or the queue of PostgreSQL's socket is full. */
const SYSTEM_CODES =
  /^(ECONNREFUSED|ECONNRESET|ENOENT|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EMFILE|ENFILE|EAGAIN)$/;

/** `pg` throws these without a code. */
const MESSAGES =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout/;

/** What the driver of Prisma calls the same, when it has no code for it: in raw statements. */
const KINDS =
  /^(DatabaseNotReachable|DatabaseDoesNotExist|ConnectionClosed|SocketTimeout|TooManyConnections|TransactionWriteConflict)$/;

/** The connection went away under a statement, or stayed silent: by a code, by what `pg` says, by the driver's name. */
const NO_ANSWER =
  /^(08...|57P0[12]|ECONNRESET|EPIPE|ETIMEDOUT|ConnectionClosed|SocketTimeout)$|Connection terminated|Query read timeout/;

/** What PostgreSQL says of a statement that it has not carried out: a SQLSTATE of any class but that of connections. */
const REFUSED = /^(?!08)([\dF][\dA-Z]|HV|P0|XX)[\dA-Z]{3}$/;

const CONFLICT = /^(40001|40P01|TransactionWriteConflict)$/;
const NO_CONNECTION_LEFT = /^(53300|P2037|TooManyConnections)$|timeout exceeded when trying to connect/;
const STORAGE_FULL = /^53100$/;

const MAX_DEPTH = 6;

/** PostgreSQL could not be reached, or let nobody in. What was to be stored was not. */
export class NotConnectedError extends Error {
  constructor(cause: Error) {
    super(reasonOf(cause), { cause });
  }
}

/** PostgreSQL was given something to store and did not answer. It may have stored it. */
export class OutcomeUnknownError extends Error {
  constructor(cause: unknown) {
    super(reasonOf(cause), { cause });
  }
}

/** Whether an error, or what caused it, says that the database cannot serve now. */
export const isDatabaseAway = (error: unknown): boolean =>
  chainOf(error).some((each) => {
    const [kind = '', message = '', ...codes] = namesOf(each);
    const isAway = codes.some((code) => STATES.test(code) || PRISMA_CODES.test(code) || SYSTEM_CODES.test(code));
    return isAway || KINDS.test(kind) || MESSAGES.test(message);
  });

/** Whether a statement failed because the connection was lost under it, so that it may have been carried out. */
export const hasNoAnswer = (error: unknown): boolean => says(error, NO_ANSWER) && wasSent(error);

/** Whether PostgreSQL refused a statement, of which nothing was done. */
export const isRefused = (error: unknown): boolean => says(error, REFUSED) && wasSent(error);

/** Whether PostgreSQL rolled a statement back for the sake of another one, so that it may work when it is repeated. */
export const isConflict = (error: unknown): boolean => says(error, CONFLICT);

export const isOutcomeUnknown = (error: unknown): boolean =>
  chainOf(error).some((each) => each instanceof OutcomeUnknownError);

/** What to tell of a statement that waited behind another one, which failed: this one was not sent. */
export const notSent = (error: unknown): unknown =>
  isOutcomeUnknown(error) ? new NotConnectedError(new Error('Connection terminated')) : error;

/** Why the database cannot serve, in a sentence for the caller: only what is known. */
export function unavailability(error: unknown): string {
  if (says(error, STORAGE_FULL)) return 'The storage of the database is full.';
  if (says(error, NO_CONNECTION_LEFT)) return 'All connections to the database are in use.';
  return 'The database does not answer.';
}

const wasSent = (error: unknown): boolean => !chainOf(error).some((each) => each instanceof NotConnectedError);

const says = (error: unknown, pattern: RegExp): boolean =>
  chainOf(error).some((each) => namesOf(each).some((name) => pattern.test(name)));

const namesOf = (error: object): string[] =>
  ['kind', 'message', 'originalCode', 'code'].map((name) => String(Reflect.get(error, name)));

/** An error and what caused it, in that order. */
function chainOf(error: unknown, depth = 0): object[] {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return [];
  return [error, ...chainOf(causeOf(error), depth + 1)];
}

/** Prisma keeps the driver's error in `meta`. */
export function causeOf(error: object): unknown {
  const meta: unknown = Reflect.get(error, 'meta');
  return Reflect.get(error, 'cause') ?? (meta instanceof Object ? Reflect.get(meta, 'driverAdapterError') : undefined);
}

/**
 * What an error says. A failed connection to a name with several addresses says it only inside. What Prisma says is left
 * out but for its codes: it quotes statements and values.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && error.constructor.name.startsWith('PrismaClient')) return codesOf(error).join(' ');
  const { message, errors }: { message?: unknown; errors?: unknown } = Object(error);
  if (message === '' && Array.isArray(errors)) return reasonOf(errors[0]);
  return typeof message === 'string' ? message : String(error);
}

function codesOf(error: object, depth = 0): string[] {
  const codes = ['name', 'code', 'originalCode', 'kind'].map((property): unknown => Reflect.get(error, property));
  const cause = causeOf(error);
  const own = codes.filter((code) => typeof code === 'string');
  return cause instanceof Object && depth < MAX_DEPTH ? [...own, ...codesOf(cause, depth + 1)] : own;
}
