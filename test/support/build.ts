import type { Answer, Client } from './client.js';

/** The body of an answer that has to be a success. */
export function ok(answer: Answer): Answer['body'] {
  if (answer.status !== 200) throw new Error(`Expected 200, got ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export const aThread = async (client: Client, body: object = {}): Promise<Answer['body']> =>
  ok(await client.post('/v1/threads', body));

export const aMessage = async (client: Client, threadId: string, body: object = {}): Promise<Answer['body']> =>
  ok(await client.post(`/v1/threads/${threadId}/messages`, { role: 'user', content: 'Hello', ...body }));

/** The whole body of a refusal. */
export const refusal = (message: string, param: string | null = null, code: string | null = null): object => ({
  error: { message, type: 'invalid_request_error', param, code },
});

export const noThread = (id: string): object => refusal(`No thread found with id '${id}'.`);
export const noMessage = (id: string): object => refusal(`No message found with id '${id}'.`);
