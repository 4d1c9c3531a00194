import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { refusal } from '../support/build.js';

const DOCS = ['/docs', '/docs/', '/docs-json', '/docs/swagger-ui.css', '/v1/docs', '/v1/docs-json'];
const PROBES = ['/health/live', '/health/ready', '/v1/health/live', '/v1/health/ready'];
const METRICS = ['/metrics', '/v1/metrics'];

const unknown = (url: string): object =>
  url.startsWith('/v1/')
    ? refusal(`Invalid URL (GET ${url})`)
    : refusal(
        `Unknown request URL: GET ${url}. Please check the URL for typos, or see the docs at ` +
          'https://platform.openai.com/docs/api-reference/.',
        null,
        'unknown_url',
      );

describe('DOCS=off, PROBES=off and METRICS=off', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ DOCS: 'off', PROBES: 'off', METRICS: 'off' });
  });

  afterAll(() => app.close());

  // What breaks it: a page that is served whatever the setting says.
  it.each([...DOCS, ...PROBES, ...METRICS])('make %s an unknown URL, with a key and without', async (url) => {
    for (const { key } of [app.anonymous, app.a, app.admin]) {
      const answer = await fetch(app.url + url, { headers: key ? { authorization: `Bearer ${key}` } : {} });

      expect([answer.status, await answer.json()]).toEqual([404, unknown(url)]);
    }
  });

  it('leave the API as it is', async () => {
    expect((await app.a.get('/v1/threads')).status).toBe(200);
  });
});

describe('by default', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  it.each([...DOCS.slice(0, 1), ...DOCS.slice(2), ...PROBES, ...METRICS])('%s is served', async (url) => {
    expect((await app.anonymous.get(url)).status).toBe(200);
  });

  it('the page of /docs may load nothing from elsewhere, evaluate nothing, and be part of no other page', async () => {
    const { headers } = await app.anonymous.get('/docs');

    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});
