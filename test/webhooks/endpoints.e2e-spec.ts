import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOfNewProject, startApp, type TestApp } from '../support/app.js';
import { ok, refusal } from '../support/build.js';
import type { Answer, Client } from '../support/client.js';
import { ENDPOINTS } from './fixtures.js';

const URL = 'https://receiver.invalid/hook?token=of-theirs';
const EMPTY_LIST = { object: 'list', data: [], first_id: null, last_id: null, has_more: false };
const MAX = 20;

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});

afterAll(() => app.close());

const aClient = (): Promise<Client> => clientOfNewProject(app.admin, 'Of webhooks');
const make = async (client: Client, body: object = {}): Promise<Answer['body']> =>
  ok(await client.post(ENDPOINTS, { url: URL, ...body }));
const noEndpoint = (id: string): object => refusal(`No webhook endpoint found with id '${id}'.`);

describe('POST /webhook_endpoints', () => {
  it('creates an endpoint for all events, and shows its secret once', async () => {
    const client = await aClient();
    const made = await make(client);

    expect(made).toEqual({
      id: expect.stringMatching(/^we_[0-9A-Za-z]{24}$/),
      object: 'webhook_endpoint',
      created_at: expect.any(Number),
      url: URL,
      event_types: null,
      description: null,
      enabled: true,
      disabled_reason: null,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    const { secret, ...shown } = made;
    expect([ok(await client.get(`${ENDPOINTS}/${made.id}`)), secret.length]).toEqual([shown, 50]);
  });

  it('creates one as it is asked for', async () => {
    const asked = { event_types: ['thread.deleted', 'thread.created'], description: 'Billing', enabled: false };

    expect(await make(await aClient(), asked)).toMatchObject(asked);
  });

  // What breaks it: an endpoint that does not open the feed, or a feed that is closed under it.
  it('switches the event feed on, which stays on while there is an endpoint', async () => {
    const client = await aClient();
    const { id } = await make(client);
    const closing = await client.post('/v1/event_feed', { enabled: false });

    expect(ok(await client.get('/v1/event_feed'))).toEqual({ object: 'event_feed', enabled: true, last_id: null });
    expect([closing.status, closing.body]).toEqual([
      400,
      refusal(
        'The event feed of a project with webhook endpoints cannot be switched off. Delete the endpoints first.',
        'enabled',
        'event_feed_in_use',
      ),
    ]);
    ok(await client.delete(`${ENDPOINTS}/${id}`));
    expect(ok(await client.post('/v1/event_feed', { enabled: false })).enabled).toBe(false);
  });

  it('refuses the 21st of a project, also when many come at once', async () => {
    const client = await aClient();
    const answers = await Promise.all(
      Array.from({ length: MAX + 5 }, () => client.post(ENDPOINTS, { url: URL, enabled: false })),
    );
    const refused = answers.filter(({ status }) => status !== 200);

    expect(refused.map(({ status, body }) => [status, body])).toEqual(
      Array.from({ length: 5 }, () => [
        400,
        refusal('A project can have at most 20 webhook endpoints.', null, 'too_many_webhook_endpoints'),
      ]),
    );
  });

  it.each([
    [{}, "Missing required parameter: 'url'.", 'url', 'missing_required_parameter'],
    [{ url: 7 }, "Invalid type for 'url': expected a string, but got an integer instead.", 'url', 'invalid_type'],
    [
      { url: 'receiver' },
      "Invalid 'url'. Expected a valid URL, but got a value with an invalid format.",
      'url',
      'invalid_url',
    ],
    [
      { url: 'http://receiver.invalid' },
      "Invalid 'url': webhooks are sent to URLs that begin with 'https://'.",
      'url',
      'invalid_url',
    ],
    [
      { url: 'ftp://receiver.invalid' },
      "Invalid 'url': webhooks are sent to URLs that begin with 'https://'.",
      'url',
      'invalid_url',
    ],
    [
      { url: 'https://me:secret@receiver.invalid' },
      "Invalid 'url': a user name or a password in it would not be sent.",
      'url',
      'invalid_url',
    ],
    [
      { url: `https://receiver.invalid/${'x'.repeat(2048)}` },
      "Invalid 'url': string too long. Expected a string with maximum length 2048, but got a string with length 2073 instead.",
      'url',
      'string_above_max_length',
    ],
    [
      { url: URL, event_types: [] },
      "Invalid 'event_types': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'event_types',
      'empty_array',
    ],
    [
      { url: URL, event_types: ['thread.run.created'] },
      "Invalid value: 'thread.run.created'. Supported values are: 'thread.created', 'thread.updated', " +
        "'thread.deleted', 'thread.message.created', 'thread.message.updated', and 'thread.message.deleted'.",
      'event_types[0]',
      'invalid_value',
    ],
    [
      { url: URL, enabled: null },
      "Invalid type for 'enabled': expected a boolean, but got null instead.",
      'enabled',
      'invalid_type',
    ],
    [{ url: URL, secret: 'whsec_mine' }, "Unknown parameter: 'secret'.", 'secret', 'unknown_parameter'],
  ])('refuses %j', async (body, message, param, code) => {
    const answer = await app.a.post(ENDPOINTS, body);

    expect([answer.status, answer.body]).toEqual([400, refusal(message, param, code)]);
  });
});

describe('GET /webhook_endpoints', () => {
  it('lists those of the project, newest first, page by page', async () => {
    const client = await aClient();
    expect(ok(await client.get(ENDPOINTS))).toEqual(EMPTY_LIST);
    const made: Answer['body'][] = [];
    for (let count = 0; count < 3; count++) {
      const { id } = await make(client);
      made.push(ok(await client.get(`${ENDPOINTS}/${id}`)));
    }
    const [first, second, third] = made;

    expect(ok(await client.get(ENDPOINTS))).toEqual({
      object: 'list',
      data: expect.arrayContaining(made),
      first_id: expect.any(String),
      last_id: expect.any(String),
      has_more: false,
    });
    const page = ok(await client.get(`${ENDPOINTS}?limit=2`));
    const rest = ok(await client.get(`${ENDPOINTS}?after=${page.last_id}`));
    expect([page.has_more, page.data.length, rest.data.length]).toEqual([true, 2, 1]);
    expect(new Set([...page.data, ...rest.data].map(({ id }) => id))).toEqual(new Set([first.id, second.id, third.id]));
  });
});

describe('POST /webhook_endpoints/{webhook_endpoint_id}', () => {
  it('changes what is sent and leaves the rest', async () => {
    const client = await aClient();
    const { secret, ...made } = await make(client, { description: 'Billing' });
    const path = `${ENDPOINTS}/${made.id}`;

    expect(ok(await client.post(path, {}))).toEqual(made);
    const changed = { url: 'https://other.invalid/', event_types: ['thread.created'], enabled: false };
    expect(ok(await client.post(path, changed))).toEqual({ ...made, ...changed });
    expect(ok(await client.post(path, { event_types: null, description: null }))).toEqual({
      ...made,
      ...changed,
      event_types: null,
      description: null,
    });
    expect(secret).toMatch(/^whsec_/);
  });

  it('refuses a URL that a new endpoint could not have', async () => {
    const client = await aClient();
    const { id } = await make(client);
    const answer = await client.post(`${ENDPOINTS}/${id}`, { url: 'https://10.0.0.1/' });

    expect([answer.status, answer.body]).toEqual([
      400,
      refusal("Invalid 'url': it leads to an address that webhooks may not be sent to.", 'url', 'address_not_allowed'),
    ]);
    expect(ok(await client.get(`${ENDPOINTS}/${id}`)).url).toBe(URL);
  });
});

describe('DELETE /webhook_endpoints/{webhook_endpoint_id}', () => {
  it('deletes it', async () => {
    const client = await aClient();
    const { id } = await make(client);

    expect(ok(await client.delete(`${ENDPOINTS}/${id}`))).toEqual({
      id,
      object: 'webhook_endpoint.deleted',
      deleted: true,
    });
    const gone = await client.get(`${ENDPOINTS}/${id}`);
    expect([gone.status, gone.body]).toEqual([404, noEndpoint(id)]);
    expect((await client.delete(`${ENDPOINTS}/${id}`)).status).toBe(404);
  });
});

describe('every operation of an endpoint', () => {
  const operations: [string, (client: Client, id: string) => Promise<Answer>][] = [
    ['retrieve', (client, id) => client.get(`${ENDPOINTS}/${id}`)],
    ['modify', (client, id) => client.post(`${ENDPOINTS}/${id}`, { enabled: false })],
    ['delete', (client, id) => client.delete(`${ENDPOINTS}/${id}`)],
    ['rotate', (client, id) => client.post(`${ENDPOINTS}/${id}/rotate_secret`)],
    ['deliveries', (client, id) => client.get(`${ENDPOINTS}/${id}/deliveries`)],
    ['replay all', (client, id) => client.post(`${ENDPOINTS}/${id}/deliveries/replay`)],
    ['replay', (client, id) => client.post(`${ENDPOINTS}/${id}/deliveries/wd_x/replay`)],
    ['list after', (client, id) => client.get(`${ENDPOINTS}?after=${id}`)],
  ];

  it.each(operations)('does not know one of another project: %s', async (_, operation) => {
    const { id } = await make(await aClient());

    for (const each of [id, 'we_unknown']) {
      const answer = await operation(app.b, each);
      expect([answer.status, answer.body]).toEqual([404, noEndpoint(each)]);
    }
  });

  it.each(operations)('refuses an id of something else: %s', async (_, operation) => {
    const answer = await operation(app.a, 'thread_abc');

    expect([answer.status, answer.body]).toEqual([
      400,
      refusal(
        "Invalid 'webhook_endpoint_id': 'thread_abc'. Expected an ID that begins with 'we_'.",
        'webhook_endpoint_id',
        'invalid_value',
      ),
    ]);
  });
});

describe('a delivery', () => {
  it.each(['wd_', 'wd_abc_0000000000000001', 'wd_000000000000000000000000_0000000000000001'])(
    'that is not there is 404: %s',
    async (id) => {
      const client = await aClient();
      const endpoint = await make(client);
      const deliveries = `${ENDPOINTS}/${endpoint.id}/deliveries`;

      for (const answer of [
        await client.post(`${deliveries}/${id}/replay`),
        await client.get(`${deliveries}?after=${id}`),
      ]) {
        expect([answer.status, answer.body]).toEqual([404, refusal(`No webhook delivery found with id '${id}'.`)]);
      }
      expect(ok(await client.get(deliveries))).toEqual(EMPTY_LIST);
    },
  );
});
