import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { API_KEY, startServerOn, type TestServer } from '../support/app.js';
import { aThread } from '../support/build.js';
import { Client } from '../support/client.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { endOfLog, loggedSince } from '../support/postgres-log.js';
import { anEndpoint, TO_LOOPBACK, untilDeliveries } from './fixtures.js';
import { Receiver } from './receiver.js';

let database: TestDatabase;
let server: TestServer;
let receiver: Receiver;

beforeEach(async () => {
  database = await createDatabase();
  for (const setting of ['log_parameter_max_length = -1', "log_error_verbosity = 'default'"]) {
    await database.query(`ALTER ROLE threadstore IN DATABASE ${database.name} SET ${setting}`);
  }
  server = await startServerOn(database, TO_LOOPBACK);
  receiver = await Receiver.start();
});

afterEach(async () => {
  await receiver.close();
  await database.drop();
});

/** What PostgreSQL logged of this database since then: the statements of the server, and their values. */
async function logSince(start: number): Promise<string> {
  let log = '';
  for await (const entry of loggedSince(start)) if (entry.startsWith(`<${database.name}|`)) log += entry;
  return log;
}

// What breaks it: a row that is sent whole (`itemsOf` in src/webhooks/items.sql.ts).
it('a delivery sends PostgreSQL, which may log it, neither the URL of the endpoint nor its secrets', async () => {
  const client = new Client(server.url, API_KEY);
  const endpoint = await anEndpoint(client, receiver);
  const start = await endOfLog();

  const thread = await aThread(client);
  await untilDeliveries(client, endpoint.id, 'succeeded', 1);
  await server.close();

  const log = await logSince(start);
  expect(log).toContain(
    `{"projectId":"proj_00000000000000000default","endpointId":"${endpoint.id}","threadId":"${thread.id}"}`,
  );
  expect(log).not.toContain(endpoint.url);
  expect(log).not.toContain('"secret"');
});
