import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import { openFeed } from '../support/event-stream.js';
import { append, HeldPostgres, times } from './held-postgres.js';

describe('requests that share an append', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await startApp();
  });

  afterEach(() => app.close());

  const positionsOf = async (id: string): Promise<number[]> => {
    const rows = await app.database.query<{ position: number }>(
      'SELECT position FROM messages WHERE thread_id = $1 ORDER BY position',
      [id],
    );
    return rows.map(({ position }) => position);
  };

  // Breaks: a position that was read before the lock was waited for.
  it.each(['recorded', 'not recorded'])(
    'in a project that is %s go after what another server appends',
    async (kind) => {
      if (kind === 'recorded') await openFeed(app.a);
      const thread = await aThread(app.a);

      const answers = await new HeldPostgres(app.database).meeting(
        () => times(3, (i) => append(app.a, thread.id, `text ${i}`)),
        'UPDATE threads SET last_position = last_position + 5',
      );

      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(await positionsOf(thread.id)).toEqual([6, 7, 8]);
      expect(await app.database.query('SELECT last_position FROM threads')).toEqual([{ last_position: 8 }]);
    },
  );

  // Breaks: a statement that leaves one message of a thread to who has the thread, and appends the next one.
  it('leave no gaps in a thread that others lock again and again', async () => {
    const { id } = await aThread(app.a);
    const others = app.database.query(`DO $$ BEGIN
      WHILE EXISTS (SELECT FROM threads WHERE metadata = '{}') LOOP
        PERFORM FROM threads FOR UPDATE;
        COMMIT;
      END LOOP;
    END $$`);

    for (let wave = 0; wave < 30; wave++) await Promise.all(times(64, () => aMessage(app.a, id)));

    ok(await app.a.post(`/v1/threads/${id}`, { metadata: { waves: '30' } }));
    await others;
    expect(await positionsOf(id)).toEqual(times(30 * 64, (i) => i + 1));
  });
});
