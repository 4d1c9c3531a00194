import { setTimeout } from 'node:timers/promises';
import { Connections } from './api.js';

const CONNECTIONS = 64;
const FIRST_MESSAGES = 3;
const APPENDS = 3;
/** After a refusal, so that a server that is away is not asked in vain thousands of times a second. */
const PAUSE_MS = 100;

/**
 * Threads with three messages, and appends to them, over 64 connections, each write with a text of its own. Remembers
 * of each what was answered: `acknowledged`, `refused` (which promises that nothing was stored) or `unknown`.
 */
export class Load {
  sent = [];
  /** Answers that the server must never give, and how often. */
  wrong = new Map();
  refusals = 0;
  slowestRefusalMs = 0;
  isOver = false;

  constructor({ url }) {
    this.connections = new Connections(url, CONNECTIONS);
  }

  start() {
    this.workers = Array.from({ length: CONNECTIONS }, (_, worker) => this.work(worker));
  }

  async stop() {
    this.isOver = true;
    await Promise.all(this.workers);
    this.connections.close();
  }

  async work(worker) {
    for (let round = 0; !this.isOver; round++) {
      const name = `${worker}/${round}`;
      const texts = Array.from({ length: FIRST_MESSAGES }, (_, i) => `${name}: ${i}`);
      const thread = { name, texts, appends: [] };
      this.sent.push(thread);
      Object.assign(thread, await this.write('/v1/threads', { metadata: { name }, messages: texts.map(messageOf) }));
      for (let i = 0; i < APPENDS && thread.id && !this.isOver; i++) {
        const text = `${name}: + ${i}`;
        const { outcome } = await this.write(`/v1/threads/${thread.id}/messages`, messageOf(text));
        thread.appends.push({ text, outcome });
      }
    }
  }

  async write(path, body) {
    const begunAt = Date.now();
    try {
      const answer = await this.connections.send('POST', path, body);
      if (answer.status === 200) return { outcome: 'acknowledged', id: answer.body.id };
      const outcome = this.outcomeOfRefusal(answer, Date.now() - begunAt);
      await setTimeout(PAUSE_MS);
      return { outcome };
    } catch (error) {
      if (error.code === 'HANG') this.countWrong('no answer within 6 seconds');
      await setTimeout(PAUSE_MS);
      // A connection that nobody accepted carried nothing.
      return { outcome: error.code === 'ECONNREFUSED' ? 'refused' : 'unknown' };
    }
  }

  outcomeOfRefusal({ status, headers, body }, ms) {
    this.refusals++;
    this.slowestRefusalMs = Math.max(this.slowestRefusalMs, ms);
    if (status !== 503) this.countWrong(`${status}: ${body.error?.message}`);
    else if (headers['retry-after'] === undefined) this.countWrong('503 without Retry-After');
    return status === 503 && headers['x-should-retry'] !== 'false' ? 'refused' : 'unknown';
  }

  countWrong(what) {
    this.wrong.set(what, (this.wrong.get(what) ?? 0) + 1);
  }
}

const messageOf = (content) => ({ role: 'user', content });
