/** What is known of a failed statement. */
export type DatabaseTrouble = 'away' | 'conflict' | 'other';

/** SQLSTATE: connection exceptions, resources short, shutdown and start-up, statement timeout. */
const AWAY_STATES = /^(08...|53...|57P0[1-3]|57014|55P03)$/;
/** SQLSTATE: serialization failure, deadlock. */
const CONFLICT_STATES = /^(40001|40P01)$/;

/** Prisma: unreachable, timed out, closed, too many connections, transaction not started; write conflict. */
const AWAY_CODES = /^(P1000|P1001|P1002|P1008|P1017|P2028|P2037)$/;
const CONFLICT_CODES = /^P2034$/;

/** `pg` throws these without a code. */
const AWAY_MESSAGES =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout/;

const AWAY_SYSTEM_CODES = /^(ECONNREFUSED|ECONNRESET|ENOENT|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)$/;

const MAX_DEPTH = 6;

/** Tells what a thrown error says about the database: its SQLSTATE or Prisma's code, or those of its causes. */
export function databaseTrouble(error: unknown, depth = 0): DatabaseTrouble {
  if (!(error instanceof Object) || depth > MAX_DEPTH) return 'other';
  const codes = [Reflect.get(error, 'originalCode'), Reflect.get(error, 'code')].filter(
    (code) => typeof code === 'string',
  );
  if (codes.some((code) => CONFLICT_STATES.test(code) || CONFLICT_CODES.test(code))) return 'conflict';
  if (codes.some((code) => AWAY_STATES.test(code) || AWAY_CODES.test(code) || AWAY_SYSTEM_CODES.test(code)))
    return 'away';
  if (AWAY_MESSAGES.test(String(Reflect.get(error, 'message')))) return 'away';
  const meta: unknown = Reflect.get(error, 'meta');
  const cause: unknown =
    Reflect.get(error, 'cause') ?? (meta instanceof Object && Reflect.get(meta, 'driverAdapterError'));
  return databaseTrouble(cause, depth + 1);
}
