import { causeOf } from './database-error.js';

/** An error as it is logged: what it is and where it happened. */
export type LoggedError = {
  readonly type: string;
  readonly code?: string;
  /** PostgreSQL's own code. */
  readonly sqlState?: string;
  /** What Prisma's driver calls it. */
  readonly kind?: string;
  readonly stack: string;
  readonly cause?: LoggedError;
  readonly message: string;
};

const CODE = /^[A-Z0-9_]{3,40}$/;
const SQL_STATE = /^[0-9A-Z]{5}$/;
const KIND = /^[A-Za-z]{3,40}$/;
const FRAMES = /^ {4}at .*$/gm;
const MAX_DEPTH = 6;

/** The logger asks for a message. */
const MESSAGE = '(not logged: it may quote what was sent)';

/**
 * What may be known of an error. Its message may not: those of PostgreSQL, Prisma and the JSON parser quote values and
 * SQL. The frames of the stack name functions and files only.
 */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Object)) return { type: typeof error, message: MESSAGE, stack: '' };
  const cause = depth < MAX_DEPTH ? causeOf(error) : undefined;
  return {
    type: error.constructor.name,
    message: MESSAGE,
    ...known('code', error, 'code', CODE),
    ...known('sqlState', error, 'originalCode', SQL_STATE),
    ...known('kind', error, 'kind', KIND),
    stack: error instanceof Error ? framesOf(error) : '',
    ...(cause !== undefined && { cause: loggedError(cause, depth + 1) }),
  };
}

/** The same as one line, for what ends the process outside of any request. */
export const crashLine = (error: unknown): string =>
  JSON.stringify({ level: 60, time: Date.now(), err: loggedError(error), msg: 'an error that nobody caught' });

function known(name: keyof LoggedError, error: object, property: string, form: RegExp): Partial<LoggedError> {
  const value: unknown = Reflect.get(error, property);
  return typeof value === 'string' && form.test(value) ? { [name]: value } : {};
}

/** The stack begins with the message, which may have lines that look like frames. */
function framesOf({ message, stack = '' }: Error): string {
  const start = stack.indexOf(message);
  return (stack.slice(start === -1 ? 0 : start + message.length).match(FRAMES) ?? []).join('\n');
}
