import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../errors/api-error.js';
import {
  newId,
  newVectorStoreId,
  requireApiKeyId,
  requireMessageId,
  requireProjectId,
  requireServiceAccountId,
  requireThreadId,
  requireVectorStoreId,
} from './id.js';

describe('newId', () => {
  it('is the prefix and 24 base62 characters', () => {
    expect(newId('thread_')).toMatch(/^thread_[0-9A-Za-z]{24}$/);
  });

  it('begins with the time, so that ids of one time sort together', () => {
    const times = ['1970-01-01', '2026-11-22T10:00:00.000Z', '2026-11-22T10:00:00.001Z', '2100-01-01'];
    const ids = times.map((time) => newId('', new Date(time)));

    expect(ids.map((id) => id.slice(0, 9))).toEqual(['000000000', '00Vbh8OCe', '00Vbh8OCf', '01AE08Ie8']);
    expect(ids.toSorted()).toEqual(ids);
  });

  it('is never the same twice within a millisecond', () => {
    const now = new Date();
    const ids = Array.from({ length: 10_000 }, () => newId('msg_', now));

    expect(new Set(ids).size).toBe(10_000);
  });
});

describe('newVectorStoreId', () => {
  it('is vs_ and 32 hexadecimal digits', () => {
    expect(newVectorStoreId()).toMatch(/^vs_[0-9a-f]{32}$/);
    expect(newVectorStoreId()).not.toBe(newVectorStoreId());
  });
});

const refusalOf = (require: (id: string) => void, id: string): unknown => {
  try {
    return require(id);
  } catch (error) {
    return error;
  }
};

describe.each([
  ['requireThreadId', requireThreadId, 'thread_id', 'thread'],
  ['requireMessageId', requireMessageId, 'message_id', 'msg'],
  ['requireVectorStoreId', requireVectorStoreId, 'vector_store_id', 'vs'],
])('%s', (_, require, param, prefix) => {
  it.each([`${prefix}_abc`, prefix, `${prefix}_${'9'.repeat(64)}`, `${prefix}_018f3a4e-0000-7000-8000-000000000000`])(
    'looks at the prefix only, and accepts %s',
    (id) => {
      expect(refusalOf(require, id)).toBeUndefined();
    },
  );

  it.each(['', 'undefined', '1234', 'asst_abc', `x${prefix}_abc`, prefix.toUpperCase()])('refuses %p', (id) => {
    const refusal = refusalOf(require, id);

    expect(refusal).toBeInstanceOf(ApiError);
    expect(refusal).toMatchObject({ kind: 'invalid_request', param, code: 'invalid_value' });
    expect(String(refusal)).toBe(`Error: Invalid '${param}': '${id}'. Expected an ID that begins with '${prefix}'.`);
  });
});

describe('an id with U+0000', () => {
  it.each([
    ['thread', requireThreadId, 'thread_\u0000'],
    ['message', requireMessageId, 'msg_\u0000'],
    ['vector store', requireVectorStoreId, 'vs_\u0000'],
    ['project', requireProjectId, 'proj_\u0000'],
    ['service account', requireServiceAccountId, '\u0000'],
    ['API key', requireApiKeyId, 'key_\u0000abc'],
  ])('of a %s is refused as one that is not found', (what, require, id) => {
    const refusal = refusalOf(require, id);

    expect(refusal).toMatchObject({ kind: 'not_found', message: `No ${what} found with id '${id}'.` });
  });
});
