// The chats of one user: kept as threads, read back page by page, and found again by metadata.
import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';

const openai = new OpenAI();
const { threads } = openai.beta;
const user = `user-${randomUUID()}`;

const thread = await threads.create({ metadata: { user, title: 'Counting' } });
for (let i = 1; i <= 12; i++) {
  await threads.messages.create(thread.id, { role: 'user', content: `What comes after ${i}?` });
  await threads.messages.create(thread.id, { role: 'assistant', content: `${i + 1}` });
}
console.log(`Appended 24 messages to ${thread.id}`);

// The SDK asks for the next page by itself.
for await (const message of threads.messages.list(thread.id, { order: 'asc', limit: 10 })) {
  console.log(`${message.role}: ${message.content[0].text.value}`);
}

const newest = await threads.messages.list(thread.id, { limit: 1 });
console.log(`The newest one: ${newest.data[0].content[0].text.value}`);

// OpenAI had no list of threads, so the SDK has no method for it.
const { data } = await openai.get('/threads', { query: { 'metadata[user]': user, limit: 100 } });
console.log(`Threads of ${user}: ${data.map(({ metadata }) => metadata.title).join(', ')}`);
