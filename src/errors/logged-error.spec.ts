import { describe, expect, it } from '@jest/globals';
import { crashLine, loggedError } from './logged-error.js';

const SAID = 'what the caller said';

/** As Prisma wraps what the driver threw. */
const ofDatabase = (): Error =>
  Object.assign(new Error(`Invalid invocation: INSERT INTO messages VALUES ('${SAID}')\n    at ${SAID} (/x.js:1:1)`), {
    code: 'P2010',
    meta: {
      message: SAID,
      driverAdapterError: Object.assign(new Error(SAID), {
        cause: { originalCode: '23514', kind: 'postgres', originalMessage: SAID, detail: SAID },
      }),
    },
  });

describe('loggedError', () => {
  it('names codes and places, and nothing that an error says', () => {
    const logged = loggedError(ofDatabase());

    expect(logged).toMatchObject({
      type: 'Error',
      code: 'P2010',
      cause: { type: 'Error', cause: { type: 'Object', sqlState: '23514', kind: 'postgres' } },
    });
    expect(logged.stack).toMatch(/^ {4}at ofDatabase .*logged-error\.spec\.ts/);
    expect(JSON.stringify(logged)).not.toMatch(/what the caller said|INSERT/);
  });

  it.each([
    ['a code with text in it', Object.assign(new Error(), { code: SAID })],
    ['a syntax error of JSON', new SyntaxError(`Unexpected token in "${SAID}"`)],
    ['text', SAID],
    ['an object', { message: SAID, code: SAID }],
    ['a cause', new Error('outer', { cause: SAID })],
  ])('says nothing of %s', (_, thrown) => {
    expect(JSON.stringify(loggedError(thrown))).not.toContain(SAID);
  });

  it('comes to an end when an error is its own cause', () => {
    const error = new Error('round and round');
    error.cause = error;

    expect(JSON.stringify(loggedError(error)).length).toBeLessThan(20_000);
  });
});

describe('crashLine', () => {
  it('is one line of JSON', () => {
    const line = crashLine(ofDatabase());

    expect(line).not.toMatch(/\n|what the caller said/);
    expect(JSON.parse(line)).toMatchObject({ level: 60, msg: 'an error that nobody caught' });
  });
});
