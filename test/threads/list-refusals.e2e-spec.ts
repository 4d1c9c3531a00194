import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { refusal } from '../support/build.js';

const notAnInteger = (param: string, got = 'a string'): object =>
  refusal(`Invalid type for '${param}': expected an integer, but got ${got} instead.`, param, 'invalid_type');

const below = (param: string, min: number, got: string): object =>
  refusal(
    `Invalid '${param}': integer below minimum value. Expected a value >= ${min}, but got ${got} instead.`,
    param,
    'integer_below_min_value',
  );

const above = (param: string, max: number, got: string): object =>
  refusal(
    `Invalid '${param}': integer above maximum value. Expected a value <= ${max}, but got ${got} instead.`,
    param,
    'integer_above_max_value',
  );

const unsupported = (value: string): object =>
  refusal(`Invalid value: '${value}'. Supported values are: 'asc' and 'desc'.`, 'order', 'invalid_value');

const twice = (param: string): object =>
  refusal(
    `Duplicate parameter: '${param}'. You provided multiple values for this parameter, whereas only one is allowed.`,
    param,
    'duplicate_parameter',
  );

const tooLong = (param: string): object =>
  refusal(
    `Invalid '${param}': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.`,
    param,
    'string_above_max_length',
  );

const unstorable = (param: string): object =>
  refusal(
    `Invalid '${param}': the string contains the character U+0000, which cannot be stored.`,
    param,
    'invalid_string',
  );

describe('GET /v1/threads', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  describe('refuses', () => {
    const pairs = Array.from({ length: 17 }, (_, i) => `metadata[key${i}]=x`).join('&');

    it.each([
      ['limit=0', below('limit', 1, '0')],
      ['limit=-1', below('limit', 1, '-1')],
      ['limit=101', above('limit', 100, '101')],
      ['limit=1000', above('limit', 100, '1000')],
      ['limit=99999999999999999999', above('limit', 100, '99999999999999999999')],
      ['limit=ten', notAnInteger('limit')],
      ['limit=1.5', notAnInteger('limit')],
      ['limit=1e1', notAnInteger('limit')],
      ['limit=', notAnInteger('limit')],
      ['limit[a]=1', notAnInteger('limit', 'an object')],
      ['order=ascending', unsupported('ascending')],
      ['order=ASC', unsupported('ASC')],
      ['order=', unsupported('')],
      ['created_after=-1', below('created_after', 0, '-1')],
      ['created_before=253402300800', above('created_before', 253_402_300_799, '253402300800')],
      ['created_after=yesterday', notAnInteger('created_after')],
      ['created_before=2026-01-01', notAnInteger('created_before')],
      ['limit=1&limit=1', twice('limit')],
      ['order=asc&order=desc', twice('order')],
      ['after=thread_1&after=thread_2', twice('after')],
      ['before=&before=', twice('before')],
      ['created_after=1&created_after=2', twice('created_after')],
      ['created_before=1&created_before=2', twice('created_before')],
      [`after=${'x'.repeat(513)}`, tooLong('after')],
      ['before=thread_%00', unstorable('before')],
      ['metadata[user]=%00', unstorable('metadata.user')],
      [`metadata[user]=${'x'.repeat(513)}`, tooLong('metadata.user')],
      [
        'metadata=abc',
        refusal(
          "Invalid type for 'metadata': expected an object, but got a string instead.",
          'metadata',
          'invalid_type',
        ),
      ],
      [
        pairs,
        refusal(
          "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
          'metadata',
          'object_above_max_properties',
        ),
      ],
    ])('%.60s', async (query, expected) => {
      const answer = await app.a.get(`/v1/threads?${query}`);

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(expected);
    });

    it('a pair of metadata that is given twice', async () => {
      const answer = await app.a.get('/v1/threads?metadata[user]=abc&metadata[user]=abc');

      expect(answer.status).toBe(400);
      expect(answer.body).toEqual(
        refusal(
          "Duplicate parameter: 'metadata.user'. You provided multiple values for this parameter, whereas only one is allowed.",
          'metadata.user',
          'duplicate_parameter',
        ),
      );
    });
  });
});
