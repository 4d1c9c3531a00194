// A thread from its creation to its deletion, with the official SDK.
import OpenAI from 'openai';

const { threads } = new OpenAI().beta;

const thread = await threads.create({
  messages: [
    {
      role: 'user',
      content: 'Create 3 data visualizations based on the trends in this file.',
      attachments: [{ file_id: 'file-abc123', tools: [{ type: 'code_interpreter' }] }],
    },
  ],
});
console.log(`Created ${thread.id}`);

const found = await threads.retrieve(thread.id);
console.log(`Retrieved it: created at ${new Date(found.created_at * 1000).toISOString()}`);

const updated = await threads.update(thread.id, { metadata: { modified: 'true', user: 'abc123' } });
console.log(`Updated its metadata: ${JSON.stringify(updated.metadata)}`);

const { deleted } = await threads.delete(thread.id);
console.log(`Deleted it: ${deleted}`);
