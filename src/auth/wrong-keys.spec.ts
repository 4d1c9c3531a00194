import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readConfig } from '../config/config.js';
import { tooManyIncorrectKeys } from '../errors/catalogue.js';
import type { WrongKeys } from './wrong-keys.js';

const ADDRESS = '192.0.2.1';

let withLimit: (limit: number) => WrongKeys;

// The class is loaded when time has stopped already: what it is made of keeps the clock that it finds.
beforeAll(async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  // What is kept since the time 0 counts as kept for ever.
  jest.advanceTimersByTime(1);
  const { WrongKeys } = await import('./wrong-keys.js');
  withLimit = (limit) => new WrongKeys(readConfig({ AUTH_FAILURE_LIMIT: String(limit) }));
});

afterAll(() => {
  jest.useRealTimers();
});

describe('WrongKeys', () => {
  it('forgets an address a minute after its first wrong key', () => {
    const keys = withLimit(2);
    keys.wasWrong(ADDRESS, 'first');
    jest.advanceTimersByTime(20_000);
    keys.wasWrong(ADDRESS, 'second');

    expect(() => keys.requireTrust(ADDRESS, 'third')).toThrow(tooManyIncorrectKeys(2, 40));

    jest.advanceTimersByTime(40_001);
    expect(() => keys.requireTrust(ADDRESS, 'third')).not.toThrow();
  });

  it('takes the addresses of an IPv6 network for one', () => {
    const keys = withLimit(1);
    keys.wasWrong('2001:db8:1:2::3', 'first');

    expect(() => keys.requireTrust('2001:db8:1:2:ffff::4', 'second')).toThrow(tooManyIncorrectKeys(1, 60));
    expect(() => keys.requireTrust('2001:db8:1:3::3', 'second')).not.toThrow();
  });

  it('trusts a key no more that was right and is wrong', () => {
    const keys = withLimit(1);
    keys.wasRight('revoked');
    keys.wasWrong(ADDRESS, 'revoked');

    expect(() => keys.requireTrust(ADDRESS, 'revoked')).toThrow(tooManyIncorrectKeys(1, 60));
  });

  // Breaks when addresses are kept in a Map.
  it('remembers the last 10,000 addresses and no more', () => {
    const keys = withLimit(1);
    for (let n = 0; n <= 10_000; n++) keys.wasWrong(`10.0.${n >> 8}.${n & 255}`, 'wrong');

    expect(() => keys.requireTrust('10.0.0.0', 'other')).not.toThrow();
    expect(() => keys.requireTrust('10.0.0.1', 'other')).toThrow(tooManyIncorrectKeys(1, 60));
  });

  it('remembers the last 10,000 good keys and no more', () => {
    const keys = withLimit(1);
    keys.wasWrong(ADDRESS, 'wrong');
    for (let n = 0; n <= 10_000; n++) keys.wasRight(`key ${n}`);

    expect(() => keys.requireTrust(ADDRESS, 'key 0')).toThrow(tooManyIncorrectKeys(1, 60));
    expect(() => keys.requireTrust(ADDRESS, 'key 1')).not.toThrow();
  });

  it('trusts every address when there is no limit', () => {
    const keys = withLimit(0);
    for (let n = 0; n < 1000; n++) keys.wasWrong(ADDRESS, 'wrong');

    expect(() => keys.requireTrust(ADDRESS, 'wrong')).not.toThrow();
  });
});
