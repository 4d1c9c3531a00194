import type { TestApp } from '../support/app.js';
import { ok } from '../support/build.js';
import type { Answer, Client } from '../support/client.js';
import { until } from '../support/process.js';
import type { Receiver } from './receiver.js';

export const ENDPOINTS = '/v1/webhook_endpoints';

/** The project of `app.a`. */
export const PROJECT_A = 'proj_00000000000000000default';

/** Lets a server send to receivers of the tests. */
export const TO_LOOPBACK = { WEBHOOK_ALLOW: 'loopback' };

export const anEndpoint = async (
  client: Client,
  { url }: Pick<Receiver, 'url'>,
  body: object = {},
): Promise<Answer['body']> => ok(await client.post(ENDPOINTS, { url, ...body }));

export const deliveriesOf = async (client: Client, id: string, query = ''): Promise<Answer['body'][]> =>
  ok(await client.get(`${ENDPOINTS}/${id}/deliveries?limit=100&${query}`)).data;

/** Waits until so many deliveries of an endpoint have the status; newest first. */
export async function untilDeliveries(
  client: Client,
  id: string,
  status: string,
  count: number,
): Promise<Answer['body'][]> {
  await until(async () => (await deliveriesOf(client, id, `status=${status}`)).length >= count);
  return deliveriesOf(client, id, `status=${status}`);
}

/** The delays of retries are hours: what waits for one is made due in the database. */
export const makeDue = async ({ database }: Pick<TestApp, 'database'>, endpointId: string): Promise<void> => {
  await database.query(
    'UPDATE webhook_deliveries SET next_attempt_at = now() WHERE endpoint_id = $1 AND next_attempt_at > now()',
    [endpointId],
  );
};
