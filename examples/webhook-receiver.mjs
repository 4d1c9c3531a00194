// Receives the events of a project: checks who sent them, answers at once, and then looks up what they are about.
// OPENAI_WEBHOOK_SECRET is the secret of the endpoint, which `unwrap()` takes by itself.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import OpenAI from 'openai';

const openai = new OpenAI();

// To be kept in your database, with `webhook-id` as its key: what was answered with 2xx does not come again.
const received = new Set();
let work = Promise.resolve();

const server = createServer(async (request, response) => {
  const body = await text(request);
  let event;
  try {
    event = await openai.webhooks.unwrap(body, request.headers);
  } catch {
    response.writeHead(400).end();
    return;
  }
  const id = request.headers['webhook-id'];
  const isNew = !received.has(id);
  received.add(id);
  response.writeHead(204).end();
  if (isNew) work = work.then(() => handle(event)).catch((error) => console.error(error));
});

/** One after the other, in the order of each thread. Types that are not known yet are passed over. */
async function handle({ type, data }) {
  if (type === 'thread.message.created') await show(data);
  if (type === 'thread.deleted') console.log(`${data.id} was deleted`);
}

async function show({ id, thread_id }) {
  try {
    const { role, content } = await openai.beta.threads.messages.retrieve(id, { thread_id });
    console.log(`${role}: ${content[0].text.value}`);
  } catch (error) {
    // An event says that something was there. By now it may be deleted.
    if (error.status !== 404) throw error;
  }
}

server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`);
});
