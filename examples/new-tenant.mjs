// A project of its own for a tenant, and a key that opens this project only.
import OpenAI from 'openai';

const { projects } = new OpenAI({ adminAPIKey: process.env.OPENAI_ADMIN_KEY, apiKey: null }).admin.organization;

const project = await projects.create({ name: 'Tenant 42' });
console.log(`Made the project ${project.id}`);

const account = await projects.serviceAccounts.create(project.id, { name: 'Web shop' });
console.log(`Made the service account ${account.id}. Its key is shown this once: ${account.api_key.value}`);

const tenant = new OpenAI({ apiKey: account.api_key.value });
const thread = await tenant.beta.threads.create({ metadata: { customer: 'abc123' } });
console.log(`Created ${thread.id} with it`);

await projects.apiKeys.delete(account.api_key.id, { project_id: project.id });
const refusal = await tenant.beta.threads.retrieve(thread.id).catch((error) => error);
console.log(`Revoked the key, which is refused now: ${refusal.status}`);
