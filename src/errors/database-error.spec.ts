import { describe, expect, it } from '@jest/globals';
import {
  hasNoAnswer,
  isConflict,
  isDatabaseAway,
  isOutcomeUnknown,
  isRefused,
  NotConnectedError,
  OutcomeUnknownError,
  reasonOf,
  unavailability,
} from './database-error.js';

const withCode = (code: string, message = 'It failed.'): Error => Object.assign(new Error(message), { code });

/** As Prisma wraps what the driver threw. */
const raw = (originalCode: string): Error =>
  Object.assign(withCode('P2010'), { meta: { driverAdapterError: { cause: { originalCode } } } });

const PRISMA_AWAY = ['P1001', 'P1002', 'P1008', 'P1017', 'P2028', 'P2034', 'P2037'];
const POSTGRES_AWAY = [
  '08000',
  '08006',
  '25006',
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
const SYSTEM_AWAY = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EMFILE',
  'EAGAIN',
];

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

describe('hasNoAnswer', () => {
  it.each([
    withCode('ECONNRESET'),
    withCode('EPIPE'),
    withCode('08006'),
    withCode('57P01'),
    raw('57P02'),
    new Error('Connection terminated unexpectedly'),
    new Error('Query read timeout'),
  ])('sees in %p that a statement may have been carried out', (error) => {
    expect(hasNoAnswer(error)).toBe(true);
    expect(hasNoAnswer(new Error('outer', { cause: error }))).toBe(true);
  });

  it.each([
    raw('57014'),
    raw('53100'),
    raw('40P01'),
    raw('23505'),
    withCode('ECONNREFUSED'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Client has encountered a connection error and is not queryable'),
    new NotConnectedError(withCode('ECONNRESET')),
    new Error('Connection terminated due to connection timeout', {
      cause: new NotConnectedError(new Error('Connection terminated unexpectedly')),
    }),
  ])('sees in %p that it was not', (error) => {
    expect(hasNoAnswer(error)).toBe(false);
  });
});

describe('isConflict', () => {
  it.each([
    [raw('40001'), true],
    [raw('40P01'), true],
    [withCode('23505'), false],
  ])('of %p is %p', (error, is) => {
    expect(isConflict(error)).toBe(is);
  });
});

describe('isRefused', () => {
  it.each([
    [withCode('23505'), true],
    [withCode('22P05'), true],
    [withCode('P0001'), true],
    [withCode('XX000'), true],
    [raw('23505'), true],
    [withCode('08P01'), false],
    [withCode('P2010'), false],
    [withCode('EPIPE'), false],
    [new Error('Connection terminated'), false],
    [new TypeError('Something else'), false],
    [new NotConnectedError(withCode('28P01')), false],
  ])('of %p is %p', (error, is) => {
    expect(isRefused(error)).toBe(is);
  });
});

describe('isOutcomeUnknown', () => {
  it('finds an outcome that is not known behind what was made of it', () => {
    const error = new OutcomeUnknownError(new Error('Connection terminated unexpectedly'));

    expect(isOutcomeUnknown(new Error('outer', { cause: error }))).toBe(true);
    expect(isOutcomeUnknown(error.cause)).toBe(false);
    expect(isDatabaseAway(error)).toBe(true);
  });
});

describe('unavailability', () => {
  it.each([
    [raw('53100'), 'The storage of the database is full.'],
    [new NotConnectedError(withCode('53300')), 'All connections to the database are in use.'],
    [new Error('timeout exceeded when trying to connect'), 'All connections to the database are in use.'],
    [withCode('ECONNREFUSED'), 'The database does not answer.'],
  ])('of %p is "%s"', (error, reason) => {
    expect(unavailability(error)).toBe(reason);
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
