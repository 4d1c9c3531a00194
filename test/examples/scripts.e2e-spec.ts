import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { run } from '../support/process.js';

const THREAD = 'thread_[0-9A-Za-z]{24}';

const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** What each example prints, line by line. */
const printed: Record<string, readonly RegExp[]> = {
  'quickstart.mjs': [
    new RegExp(`^Created ${THREAD}$`),
    /^Retrieved it: created at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/,
    /^Updated its metadata: {"(modified":"true","user":"abc123|user":"abc123","modified":"true)"}$/,
    /^Deleted it: true$/,
  ],
  'chat-history.mjs': [
    new RegExp(`^Appended 24 messages to ${THREAD}$`),
    ...Array.from({ length: 12 }, (_, i) => [
      new RegExp(`^user: What comes after ${i + 1}\\?$`),
      new RegExp(`^assistant: ${i + 2}$`),
    ]).flat(),
    /^The newest one: 13$/,
    /^Threads of user-[0-9a-f-]{36}: Counting$/,
  ],
  'new-tenant.mjs': [
    /^Made the project proj_\w+$/,
    /^Made the service account svc_acct_\w+\. Its key is shown this once: sk-ts-\w{49}$/,
    new RegExp(`^Created ${THREAD} with it$`),
    /^Revoked the key, which is refused now: 401$/,
  ],
  'curl.sh': [
    new RegExp(`^{"id":"${THREAD}","object":"thread",.*"metadata":{"user": ?"abc123"}`),
    /^{"id":"msg_\w{24}","object":"thread\.message",.*How does AI work\?/,
    /^{"object":"list","data":\[{"id":"msg_.*\],.*"has_more":false}$/,
    new RegExp(`^{"id":"${THREAD}","object":"thread",.*"metadata":{"user": ?"abc123"}`),
    new RegExp(`^{"id":"${THREAD}",.*"modified": ?"true"`),
    new RegExp(`^{"object":"list","data":\\[{"id":"${THREAD}",.*"has_more":false}$`),
    new RegExp(`^{"id":"${THREAD}","object":"thread\\.deleted","deleted":true}$`),
  ],
};

/** What does not end by itself: each has a test named after it. */
const SERVERS = ['live-chat', 'nestjs-grpc', 'webhook-receiver.mjs'];

const examples = Object.keys(printed).filter((name) => hasCurl || name !== 'curl.sh');

describe('examples', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  it('are all run here or in a file of their own, but for those in Python', () => {
    const programs = readdirSync('examples').filter((name) => !/\.(md|py)$/.test(name));

    expect(programs.toSorted()).toEqual([...Object.keys(printed), ...SERVERS].toSorted());
  });

  it.each(examples)('%s does what it says', async (name) => {
    const program = name.endsWith('.sh') ? 'bash' : process.execPath;

    const { code, stdout, stderr } = await run(program, [`examples/${name}`], {
      OPENAI_BASE_URL: `${app.url}/v1`,
      OPENAI_API_KEY: app.a.key!,
      OPENAI_ADMIN_KEY: app.admin.key!,
    });

    expect([code, stderr.replace(/^> .*\n/gm, '')]).toEqual([0, '']);
    const lines = stdout.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toEqual(printed[name]!.map((line) => expect.stringMatching(line)));
  });

  it('end with an error when the key is wrong', async () => {
    const ended = await run(process.execPath, ['examples/quickstart.mjs'], {
      OPENAI_BASE_URL: `${app.url}/v1`,
      OPENAI_API_KEY: 'sk-not-a-key',
    });

    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain('AuthenticationError: 401 Incorrect API key provided');
  });
});
