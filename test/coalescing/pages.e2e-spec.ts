import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import { HeldPostgres, times } from './held-postgres.js';

describe('pages that meet', () => {
  let app: TestApp;
  let postgres: HeldPostgres;

  beforeEach(async () => {
    app = await startApp();
    postgres = new HeldPostgres(app.database);
  });

  afterEach(() => app.close());

  // Breaks: no coalescing of lists.
  it.each(['', '?order=asc', '?metadata[a]=b', '?metadata[a]=b&order=asc'])(
    'list threads%s together',
    async (query) => {
      const pages = await postgres.meeting(() => times(100, () => app.a.get(`/v1/threads${query}`)));

      expect(postgres.heldUp).toEqual(times(3, () => ({ state: 'active' })));
      expect(pages.map((page) => ok(page).data)).toEqual(times(100, () => []));
    },
  );

  // Breaks: a page that is left out of a shared statement for its size, and not read by itself.
  it('get pages of any size', async () => {
    const threads = await Promise.all(times(6, () => aThread(app.a)));
    const text = 'x'.repeat(250_000);
    await Promise.all(times(8, () => aMessage(app.a, threads[2]!.id, { content: text })));

    const pages = await postgres.meeting(() =>
      threads.map(({ id }) => app.a.get(`/v1/threads/${id}/messages?limit=10`)),
    );

    expect(pages.map((page) => ok(page).data.length)).toEqual([0, 0, 8, 0, 0, 0]);
  });

  // Breaks: as above, for lists of threads.
  it('get lists of any size', async () => {
    const large = Object.fromEntries(times(15, (i) => [`key ${i}`, '🙂'.repeat(512)]));
    const made = await Promise.all(
      times(60, (i) => aThread(app.a, { metadata: { ...large, size: i % 2 ? 'odd' : 'even' } })),
    );
    const newest = await app.database.query<{ id: string }>('SELECT id FROM threads ORDER BY created_at DESC, id DESC');
    const stored = newest.map(({ id }) => made.find((thread) => thread.id === id));
    const sizes = times(20, (i) => (i % 2 ? 'odd' : 'even'));

    const lists = await postgres.meeting(() =>
      sizes.map((size) => app.a.get(`/v1/threads?limit=100&metadata[size]=${size}`)),
    );

    expect(lists.map((list) => ok(list).data)).toEqual(
      sizes.map((size) => stored.filter(({ metadata }) => metadata.size === size)),
    );
  });
});
