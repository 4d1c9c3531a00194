import { describe, expect, it } from '@jest/globals';
import { isDatabaseAway, reasonOf } from './database-error.js';

const withCode = (code: string, message = 'It failed.'): Error => Object.assign(new Error(message), { code });

/** As Prisma wraps what the driver threw. */
const raw = (originalCode: string): Error =>
  Object.assign(withCode('P2010'), { meta: { driverAdapterError: { cause: { originalCode } } } });

const PRISMA_AWAY = ['P1001', 'P1002', 'P1008', 'P1017', 'P2028', 'P2034', 'P2037'];
const POSTGRES_AWAY = [
  '08000',
  '08006',
  '53100',
  '53300',
  '57P01',
  '57P02',
  '57P03',
  '57014',
  '55P03',
  '40001',
  '40P01',
  '42P01',
];
const SYSTEM_AWAY = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN'];

describe('isDatabaseAway', () => {
  it.each([...PRISMA_AWAY, ...POSTGRES_AWAY, ...SYSTEM_AWAY])('sees in %s that the database is away', (code) => {
    expect(isDatabaseAway(withCode(code))).toBe(true);
  });

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Client has encountered a connection error and is not queryable',
    'timeout exceeded when trying to connect',
    'Query read timeout',
  ])('sees in "%s", which pg throws without a code, that the database is away', (message) => {
    expect(isDatabaseAway(new Error(message))).toBe(true);
  });

  it.each(['P1000', 'P2002', 'P2003', 'P2010', 'P2025', '22021', '22P02', '23505', '28P01', '42501', 'EACCES'])(
    'leaves %s to be a fault of ours',
    (code) => {
      expect(isDatabaseAway(withCode(code))).toBe(false);
    },
  );

  it.each([
    ['57P01', true],
    ['57014', true],
    ['40P01', true],
    ['22021', false],
  ])('reads the SQLSTATE %s of a raw statement behind P2010', (state, isAway) => {
    expect(isDatabaseAway(raw(state))).toBe(isAway);
  });

  it('follows causes', () => {
    const error = new Error('outer', { cause: new Error('inner', { cause: withCode('ECONNREFUSED') }) });

    expect(isDatabaseAway(error)).toBe(true);
  });

  it('comes to an end when an error is its own cause', () => {
    const error = new Error('round and round');
    error.cause = error;

    expect(isDatabaseAway(error)).toBe(false);
  });

  it.each([[undefined], [null], ['57P01'], [57], [{}], [new TypeError('x is undefined')]])('takes %p', (thrown) => {
    expect(isDatabaseAway(thrown)).toBe(false);
  });
});

describe('reasonOf', () => {
  it.each([
    [new Error('It failed.'), 'It failed.'],
    [new AggregateError([new Error('first'), new Error('second')]), 'first'],
    ['text', 'text'],
  ])('tells what %p says', (error, reason) => {
    expect(reasonOf(error)).toBe(reason);
  });
});
