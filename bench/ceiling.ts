// What Fastify itself can do: a constant thread, whatever is asked for.
import Fastify from 'fastify';

const THREAD = {
  id: 'thread_0VtGk2Qx1abcdefghijklmno',
  object: 'thread',
  created_at: 1_795_000_000,
  metadata: { user: 'user-17' },
  tool_resources: {},
};

const app = Fastify();
app.get('/*', async () => THREAD);
const address = await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.({ port: Number(new URL(address).port) });
