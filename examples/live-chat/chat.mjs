// Runs in the page. Hands every message to `show` once, in order: those that are there, and each new one as it comes.
const AGAIN_MS = 1000;

export function follow(server, show) {
  let last = '';
  let updating = Promise.resolve();

  /** Events say that there is something new, and not what. After a failure the next one brings the rest. */
  const update = () => (updating = updating.then(load).catch((error) => console.error(error)));

  async function load() {
    const response = await fetch(new URL(`/messages?after=${last}`, server));
    for (const message of await response.json()) {
      show(message);
      last = message.id;
    }
  }

  /** EventSource comes back by itself, with the id of the last event. When it is refused it gives up. */
  function listen() {
    const events = new EventSource(new URL('/events', server));
    // For what came before the stream, also when the events of a long pause are not kept any more.
    events.addEventListener('open', update);
    events.addEventListener('thread.message.created', update);
    events.addEventListener('thread.deleted', () => events.close());
    events.addEventListener('error', () => {
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
    });
  }

  listen();
}

export const send = (server, content) =>
  fetch(new URL('/messages', server), { method: 'POST', body: JSON.stringify({ content }) });
