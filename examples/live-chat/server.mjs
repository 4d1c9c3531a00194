// Serves a page that shows a thread live. The key stays here: the page asks this server, and this server Threadstore.
// Whoever can open the page can read and write the thread: in a product your login comes first.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import OpenAI from 'openai';

const openai = new OpenAI();
const { threads } = openai.beta;

// Who opens it twice opens it once. It is answered when everything that happens from now on will be recorded.
await openai.post('/event_feed', { body: { enabled: true } });
const { id } = process.env.THREAD_ID ? await threads.retrieve(process.env.THREAD_ID) : await threads.create();

const file = (name, type) => async (_, response) => {
  response.writeHead(200, { 'content-type': type }).end(await readFile(new URL(name, import.meta.url)));
};

const routes = {
  'GET /': file('index.html', 'text/html'),
  'GET /chat.mjs': file('chat.mjs', 'text/javascript'),
  // All that came after one, or all. The SDK asks for page after page.
  'GET /messages': async ({ url }, response) => {
    const messages = [];
    const after = queryOf(url).get('after') ?? undefined;
    for await (const message of threads.messages.list(id, { order: 'asc', limit: 100, after })) {
      messages.push(shown(message));
    }
    sendJson(response, messages);
  },
  'POST /messages': async (request, response) => {
    const { content } = JSON.parse(await text(request));
    sendJson(response, shown(await threads.messages.create(id, { role: 'user', content })));
  },
  // As it comes: a page that reads slowly is sent no more than it takes, and one that is gone ends the stream.
  'GET /events': async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const lastEventId = request.headers['last-event-id'];
    const events = await openai
      .get(`/threads/${id}/events`, {
        headers: lastEventId ? { 'Last-Event-ID': lastEventId } : {},
        signal: gone.signal,
      })
      .asResponse();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    await pipeline(Readable.fromWeb(events.body), response);
  },
};

const queryOf = (url) => new URL(url, 'http://localhost').searchParams;

const shown = ({ id, role, content }) => ({ id, role, text: content[0].text.value });

const sendJson = (response, value) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));

async function serve(request, response) {
  const route = routes[`${request.method} ${request.url.split('?')[0]}`];
  if (!route) return response.writeHead(404).end();
  try {
    await route(request, response);
  } catch (error) {
    // What Threadstore refuses the page is told: 410, when the events that it has missed are not kept any more.
    if (response.headersSent) response.destroy();
    else response.writeHead(error.status ?? 502).end();
  }
}

const server = createServer(serve);
server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => {
  console.log(`Open http://127.0.0.1:${server.address().port} for ${id}`);
});
