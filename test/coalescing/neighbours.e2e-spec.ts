import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, ok } from '../support/build.js';
import type { Answer } from '../support/client.js';
import { ARRIVAL_MS, append, HeldPostgres, times } from './held-postgres.js';

describe('requests that share a statement', () => {
  let app: TestApp;
  let postgres: HeldPostgres;

  beforeEach(async () => {
    app = await startApp();
    postgres = new HeldPostgres(app.database);
  });

  afterEach(() => app.close());

  // Breaks: large ones that take all statements that may be under way, or that others join.
  it('do not wait for those that are large', async () => {
    await postgres.watch(
      'messages',
      'TRIGGER watch AFTER INSERT ON TABLE FOR EACH ROW',
      'IF length(NEW.content::text) > 300000 THEN PERFORM pg_advisory_xact_lock(1); END IF;',
    );
    const threads = await Promise.all(times(9, () => aThread(app.a)));
    const release = await app.database.hold('SELECT pg_advisory_xact_lock(1)');
    const content = times(2, (i) => ({ type: 'text', text: String(i).repeat(200_000) }));
    const large = threads.slice(1).map(({ id }) => app.a.post(`/v1/threads/${id}/messages`, { role: 'user', content }));
    await setTimeout(ARRIVAL_MS);

    const small = await Promise.all(times(20, (i) => append(app.a, threads[0]!.id, `text ${i}`)));
    await release();

    expect(small.map(({ status }) => status)).toEqual(small.map(() => 200));
    expect((await Promise.all(large)).map(({ status }) => status)).toEqual(large.map(() => 200));
  });

  // Breaks: to refuse the whole batch when its statement fails.
  it('are answered one by one when one of them cannot be done', async () => {
    await postgres.watch(
      'messages',
      'TRIGGER watch AFTER INSERT ON TABLE FOR EACH ROW',
      "IF NEW.content::text LIKE '%poison%' THEN RAISE 'not this one'; END IF;",
    );
    const thread = await aThread(app.a);

    const texts = times(40, (i) => (i === 17 ? 'poison' : `text ${i}`));
    const answers = await postgres.meeting(() => texts.map((text) => append(app.a, thread.id, text)));

    expect(answers.map(({ status }) => status)).toEqual(texts.map((text) => (text === 'poison' ? 500 : 200)));
    const page = ok(await app.a.get(`/v1/threads/${thread.id}/messages?limit=100`));
    const stored = page.data.map((message: Answer['body']) => message.content[0].text.value);
    expect(stored.toSorted()).toEqual(texts.filter((text) => text !== 'poison').toSorted());
  });

  // Breaks: neighbours of what cannot be done that wait for turns of those who wait for locks.
  it('are answered one by one, however many wait for what is locked', async () => {
    await postgres.watch(
      'threads',
      'TRIGGER watch AFTER INSERT ON TABLE FOR EACH ROW',
      "IF NEW.metadata ? 'poison' THEN RAISE 'not this one'; END IF;",
    );
    const threads = await Promise.all(times(4, () => aThread(app.a)));
    const release = await app.database.hold('SELECT FROM threads FOR UPDATE');
    const waiting = threads.map(({ id }) => append(app.a, id, 'text'));
    await setTimeout(ARRIVAL_MS);

    const metadata = times(40, (i): object => (i % 8 === 3 ? { poison: 'yes' } : {}));
    const answers = await Promise.all(metadata.map((each) => app.b.post('/v1/threads', { metadata: each })));
    await release();

    expect(answers.map(({ status }) => status)).toEqual(metadata.map((each) => ('poison' in each ? 500 : 200)));
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(threads.map(() => 200));
  });

  // Breaks: to send a statement again of which it is not known whether it was carried out.
  it('are all refused when it is not known what became of their statement', async () => {
    await postgres.watch(
      'threads',
      'TRIGGER watch AFTER INSERT ON TABLE FOR EACH ROW',
      "IF NEW.metadata ? 'lost' THEN RAISE 'the answer was lost' USING ERRCODE = '08P01'; END IF;",
    );

    const metadata = times(40, (i): object => (i % 8 === 3 ? { lost: 'yes' } : {}));
    const answers = await postgres.meeting(() => metadata.map((each) => app.a.post('/v1/threads', { metadata: each })));

    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(5);
    expect(refused.map(({ status, body }) => [status, body.error.code])).toEqual(
      refused.map(() => [503, 'outcome_unknown']),
    );
  });

  // Breaks: to answer when the statement has been sent, or has run, and not when it is committed.
  it('are answered after the commit', async () => {
    await postgres.watch(
      'threads',
      'CONSTRAINT TRIGGER watch AFTER INSERT ON TABLE DEFERRABLE INITIALLY DEFERRED FOR EACH ROW',
      "IF NEW.metadata ? 'fails at commit' THEN RAISE 'not this one'; END IF;",
    );

    const metadata = times(40, (i): object => (i % 8 === 3 ? { 'fails at commit': 'yes' } : { number: String(i) }));
    const answers = await postgres.meeting(() => metadata.map((each) => app.a.post('/v1/threads', { metadata: each })));

    expect(answers.map(({ status }) => status)).toEqual(metadata.map((each) => ('number' in each ? 200 : 500)));
    const stored = await app.database.query<{ id: string }>('SELECT id FROM threads');
    const acknowledged = answers.filter(({ status }) => status === 200).map(({ body }) => body.id);
    expect(new Set(stored.map(({ id }) => id))).toEqual(new Set(acknowledged));
  });

  // Breaks: to lock without SKIP LOCKED.
  it('do not wait for a thread that only one of them needs', async () => {
    const [held, ...free] = await Promise.all(times(20, () => aThread(app.a)));
    await app.database.query('BEGIN');
    await app.database.query('SELECT FROM threads WHERE id = $1 FOR UPDATE', [held.id]);
    const order: string[] = [];
    const noted = async (name: string, answer: Promise<Answer>): Promise<void> => {
      ok(await answer);
      order.push(name);
    };
    const waiting = [
      noted('held', append(app.a, held.id, 'Hello')),
      noted('held', app.a.post(`/v1/threads/${held.id}`, { metadata: { a: 'b' } })),
    ];

    await Promise.all(
      free.flatMap(({ id }) => [
        noted('free', append(app.a, id, 'Hello')),
        noted('free', app.a.post(`/v1/threads/${id}`, { metadata: { a: 'b' } })),
      ]),
    );
    await app.database.query('COMMIT');
    await Promise.all(waiting);

    expect(order).toEqual([...free.flatMap(() => ['free', 'free']), 'held', 'held']);
  });

  // Breaks: a change of a message that leaves its thread to be locked by a delete.
  it('do not wait for a message of a thread that one of them deletes', async () => {
    const [held, ...free] = await Promise.all(times(20, () => aThread(app.a)));
    const message = await aMessage(app.a, held.id);
    await postgres.watch(
      'messages',
      'TRIGGER watch AFTER UPDATE ON TABLE FOR EACH ROW',
      'PERFORM pg_advisory_xact_lock(1);',
    );
    const release = await app.database.hold('SELECT pg_advisory_xact_lock(1)');
    const order: string[] = [];
    const noted = async (name: string, answer: Promise<Answer>): Promise<void> => {
      ok(await answer);
      order.push(name);
    };
    const changing = noted(
      'held',
      app.a.post(`/v1/threads/${held.id}/messages/${message.id}`, { metadata: { a: 'b' } }),
    );
    await setTimeout(ARRIVAL_MS);

    const deleting = noted('held', app.a.delete(`/v1/threads/${held.id}`));
    await Promise.all(free.map(({ id }) => noted('free', app.a.delete(`/v1/threads/${id}`))));
    await release();
    await Promise.all([changing, deleting]);

    expect(order).toEqual([...free.map(() => 'free'), 'held', 'held']);
  });

  // Breaks: to leave the number of messages out of what a batch of deletes takes.
  it('are not held up by the delete of a thread of many messages, which is done too', async () => {
    const threads = await Promise.all(times(10, () => aThread(app.a)));
    const many = threads[4]!;
    await app.database.query(
      `INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
       SELECT project_id, id, 'msg_' || i, i, now(), 'user', '[]', '[]', '{}'
       FROM threads, generate_series(1, 1500) AS i WHERE id = $1`,
      [many.id],
    );
    await app.database.query('UPDATE threads SET last_position = 1500 WHERE id = $1', [many.id]);

    const answers = await postgres.meeting(() => threads.map(({ id }) => app.a.delete(`/v1/threads/${id}`)));

    expect(answers.map(ok)).toEqual(threads.map(({ id }) => ({ id, object: 'thread.deleted', deleted: true })));
    expect(await app.database.query('SELECT FROM threads')).toEqual([]);
    expect(await app.database.query('SELECT FROM messages')).toEqual([]);
  });
});
