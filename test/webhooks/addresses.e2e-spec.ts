import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aThread, ok, refusal } from '../support/build.js';
import type { Answer } from '../support/client.js';
import { until } from '../support/process.js';
import { anEndpoint, deliveriesOf, ENDPOINTS, TO_LOOPBACK } from './fixtures.js';
import { Receiver } from './receiver.js';

const NOT_ALLOWED = refusal(
  "Invalid 'url': it leads to an address that webhooks may not be sent to.",
  'url',
  'address_not_allowed',
);

/** What the network cannot be reached by in any form; src/webhooks/allowed-addresses.spec.ts has all of them. */
const HOSTS = [
  'localhost',
  'LOCALHOST',
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '017700000001',
  '0',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[fc00::1]',
  '[fe80::1]',
  '[ff02::1]',
];

describe('a server that may send to the public internet only', () => {
  let app: TestApp;
  let canary: Receiver;
  let port: string;

  beforeAll(async () => {
    app = await startApp();
    canary = await Receiver.start();
    ({ port } = new URL(canary.url));
  });

  afterAll(async () => {
    await app.close();
    await canary.close();
  });

  it.each(HOSTS)('refuses an endpoint at %s', async (host) => {
    const answer = await app.a.post(ENDPOINTS, { url: `https://${host}:${port}/hook` });

    expect([answer.status, answer.body]).toEqual([400, NOT_ALLOWED]);
  });

  // What breaks it: an address that is checked when the endpoint is created only, or a literal one that no look-up sees.
  it.each(['localhost', '127.0.0.1', '[::ffff:127.0.0.1]'])(
    'does not connect to %s, should a name lead there by then',
    async (host) => {
      const endpoint: Answer['body'] = ok(await app.a.post(ENDPOINTS, { url: 'https://receiver.invalid/' }));
      await app.database.query('UPDATE webhook_endpoints SET url = $1 WHERE id = $2', [
        `http://${host}:${port}/hook`,
        endpoint.id,
      ]);
      await aThread(app.a);

      expect(await firstFailure(app, endpoint)).toEqual([null, 'address_not_allowed']);
      expect(canary.received).toEqual([]);
      ok(await app.a.delete(`${ENDPOINTS}/${endpoint.id}`));
    },
  );

  it('says of a name that nobody knows that it was not resolved', async () => {
    const endpoint: Answer['body'] = ok(await app.a.post(ENDPOINTS, { url: 'https://receiver.invalid/' }));
    await aThread(app.a);

    expect(await firstFailure(app, endpoint)).toEqual([null, 'name_not_resolved']);
    ok(await app.a.delete(`${ENDPOINTS}/${endpoint.id}`));
  });
});

describe('a server with WEBHOOK_ALLOW=loopback', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp(TO_LOOPBACK);
  });

  afterAll(() => app.close());

  it('sends to a name of that network, without TLS', async () => {
    const receiver = await Receiver.start();
    const endpoint = await anEndpoint(app.a, { url: receiver.url.replace('127.0.0.1', 'localhost') });
    await aThread(app.a);

    expect((await receiver.has(1))[0]!.headers.host).toMatch(/^localhost:/);
    ok(await app.a.delete(`${ENDPOINTS}/${endpoint.id}`));
    await receiver.close();
  });

  it.each(['http://10.0.0.1/', 'https://169.254.169.254/', 'https://[fc00::1]/'])('refuses %s still', async (url) => {
    const answer = await app.a.post(ENDPOINTS, { url });

    expect([answer.status, answer.body]).toEqual([400, NOT_ALLOWED]);
  });

  // What breaks it: TLS without a check of the certificate.
  it('does not send to who cannot show a certificate that is trusted', async () => {
    const receiver = await Receiver.start(createServer(selfSigned()), 'https');
    const endpoint = await anEndpoint(app.a, receiver);
    await aThread(app.a);

    expect(await firstFailure(app, endpoint)).toEqual([null, 'tls_failed']);
    expect(receiver.received).toEqual([]);
    ok(await app.a.delete(`${ENDPOINTS}/${endpoint.id}`));
    await receiver.close();
  });
});

async function firstFailure(app: TestApp, { id }: Answer['body']): Promise<[number | null, string]> {
  let delivery: Answer['body'];
  await until(async () => ([delivery] = await deliveriesOf(app.a, id))[0]?.last_error);
  return [delivery.last_status, delivery.last_error];
}

/** A certificate that nobody trusts. */
function selfSigned(): { key: Buffer; cert: Buffer } {
  const directory = mkdtempSync(join(tmpdir(), 'threadstore-tls-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const parameters = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...parameters, '-subj', '/CN=127.0.0.1', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  try {
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
