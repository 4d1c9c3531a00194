import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from './config.js';

const MIB = 1024 * 1024;

function problemOf(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

const wrong = (...problems: string[]): string => ['The configuration is wrong:', ...problems].join('\n  ');

describe('readConfig', () => {
  const defaults = {
    port: 3000,
    host: '127.0.0.1',
    grpcPort: 50_051,
    dataDir: resolve('.data'),
    databaseUrl: '',
    migrationUrl: '',
    databasePoolSize: 10,
    preparesStatements: true,
    workers: 1,
    migrates: true,
    apiKey: undefined,
    adminApiKey: undefined,
    keyPepper: 'threadstore',
    bodyLimit: 36 * MIB,
    rateLimit: 0,
    idempotencyTtl: 24,
    eventsTtl: 72,
    authFailureLimit: 60,
    trustedProxies: [],
    webhookNetworks: [],
    shutdownTimeout: 25,
    requiresBetaHeader: false,
    hasDocs: true,
    hasProbes: true,
    hasMetrics: true,
    isTraced: false,
    logLevel: 'warn',
    logFormat: 'auto',
  };

  it('needs no variable at all', () => {
    expect(readConfig({})).toEqual(defaults);
  });

  it('takes an empty variable for one that is not set', () => {
    const names = ['PORT', 'HOST', 'DATA_DIR', 'DATABASE_URL', 'MIGRATE', 'API_KEY', 'BODY_LIMIT', 'LOG_LEVEL'];

    expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(defaults);
  });

  it('reads every variable', () => {
    const config = readConfig({
      PORT: '8080',
      HOST: '::1',
      GRPC_PORT: '0',
      DATA_DIR: '/var/lib/threadstore',
      DATABASE_URL: 'postgres://user@db/threads',
      DATABASE_POOL_SIZE: '40',
      PREPARED_STATEMENTS: 'off',
      WORKERS: '4',
      SHUTDOWN_TIMEOUT: '60',
      MIGRATE: 'off',
      API_KEY: 'My API Key of 2026',
      ADMIN_API_KEY: 'sk-admin-0123456789',
      KEY_PEPPER: 'salt and more',
      BODY_LIMIT: '2048',
      RATE_LIMIT: '600',
      IDEMPOTENCY_TTL: '48',
      EVENTS_TTL: '24',
      AUTH_FAILURE_LIMIT: '0',
      TRUST_PROXY: 'loopback, 10.0.0.0/8,fd00::1, fd00::/64',
      WEBHOOK_ALLOW: 'uniquelocal, 127.0.0.1',
      OPENAI_BETA: 'required',
      DOCS: 'off',
      PROBES: 'off',
      METRICS: 'off',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      LOG_LEVEL: 'trace',
      LOG_FORMAT: 'json',
    });

    expect(config).toEqual({
      port: 8080,
      host: '::1',
      grpcPort: 0,
      dataDir: '/var/lib/threadstore',
      databaseUrl: 'postgres://user@db/threads',
      migrationUrl: 'postgres://user@db/threads',
      databasePoolSize: 40,
      preparesStatements: false,
      workers: 4,
      migrates: false,
      apiKey: 'My API Key of 2026',
      adminApiKey: 'sk-admin-0123456789',
      keyPepper: 'salt and more',
      bodyLimit: 2048,
      rateLimit: 600,
      idempotencyTtl: 48,
      eventsTtl: 24,
      authFailureLimit: 0,
      trustedProxies: ['loopback', '10.0.0.0/8', 'fd00::1', 'fd00::/64'],
      webhookNetworks: ['uniquelocal', '127.0.0.1'],
      shutdownTimeout: 60,
      requiresBetaHeader: true,
      hasDocs: false,
      hasProbes: false,
      hasMetrics: false,
      isTraced: true,
      logLevel: 'trace',
      logFormat: 'json',
    });
  });

  it.each([
    ['PORT', 'http', "PORT must be a whole number from 0 to 65535, but is 'http'."],
    ['PORT', '65536', "PORT must be a whole number from 0 to 65535, but is '65536'."],
    ['PORT', '-1', "PORT must be a whole number from 0 to 65535, but is '-1'."],
    ['PORT', '0x50', "PORT must be a whole number from 0 to 65535, but is '0x50'."],
    ['SHUTDOWN_TIMEOUT', '0', "SHUTDOWN_TIMEOUT must be a whole number from 1 to 3600, but is '0'."],
    ['WORKERS', '0', "WORKERS must be a whole number from 1 to 64, but is '0'."],
    ['DATABASE_POOL_SIZE', '0', "DATABASE_POOL_SIZE must be a whole number from 1 to 1000, but is '0'."],
    ['BODY_LIMIT', '1MB', "BODY_LIMIT must be a whole number from 1024 to 536870912, but is '1MB'."],
    ['BODY_LIMIT', '1023', "BODY_LIMIT must be a whole number from 1024 to 536870912, but is '1023'."],
    ['IDEMPOTENCY_TTL', '0', "IDEMPOTENCY_TTL must be a whole number from 1 to 720, but is '0'."],
    ['EVENTS_TTL', '0', "EVENTS_TTL must be a whole number from 1 to 8760, but is '0'."],
    ['RATE_LIMIT', '1000001', "RATE_LIMIT must be a whole number from 0 to 1000000, but is '1000001'."],
    ['AUTH_FAILURE_LIMIT', '-1', "AUTH_FAILURE_LIMIT must be a whole number from 0 to 1000000, but is '-1'."],
    ['MIGRATE', 'false', "MIGRATE must be one of on, off, but is 'false'."],
    ['OPENAI_BETA', 'on', "OPENAI_BETA must be one of optional, required, but is 'on'."],
    ['DOCS', 'no', "DOCS must be one of on, off, but is 'no'."],
    ['PROBES', 'no', "PROBES must be one of on, off, but is 'no'."],
    ['METRICS', 'no', "METRICS must be one of on, off, but is 'no'."],
    ['LOG_FORMAT', 'text', "LOG_FORMAT must be one of auto, json, pretty, but is 'text'."],
    ['LOG_LEVEL', 'INFO', "LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace, but is 'INFO'."],
    ['DATABASE_URL', 'mysql://db/threads', 'DATABASE_URL must begin with postgresql://.'],
    ['API_KEY', 'fifteen chars..', 'API_KEY must have at least 16 characters, but has 15.'],
    ['ADMIN_API_KEY', 'fifteen chars..', 'ADMIN_API_KEY must have at least 16 characters, but has 15.'],
  ])('refuses %s=%s', (name, value, problem) => {
    expect(problemOf({ [name]: value })).toBe(wrong(problem));
  });

  it.each([
    ['a space in front', ' sixteen-characters'],
    ['a space behind', 'sixteen-characters '],
    ['a line break', 'sixteen\ncharacters'],
    ['a letter beyond ASCII', 'sixteen-charactérs'],
  ])('refuses an API_KEY with %s, which no header can carry', (_, key) => {
    expect(problemOf({ API_KEY: key })).toBe(
      wrong('API_KEY must be printable ASCII without spaces around it, as it travels in a header.'),
    );
  });

  it.each(['true', '1', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/129', 'proxy.local', '10.0.0.1,'])(
    'refuses TRUST_PROXY=%s',
    (value) => {
      const wrongPart = value.split(',').at(-1);

      expect(problemOf({ TRUST_PROXY: value })).toBe(
        wrong(
          'TRUST_PROXY must be a list of addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal, ' +
            `but has '${wrongPart}'.`,
        ),
      );
    },
  );

  it('refuses WEBHOOK_ALLOW=internal', () => {
    expect(problemOf({ WEBHOOK_ALLOW: 'internal' })).toBe(
      wrong(
        'WEBHOOK_ALLOW must be a list of addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal, ' +
          "but has 'internal'.",
      ),
    );
  });

  it('refuses one key for both purposes', () => {
    expect(problemOf({ API_KEY: 'one-key-for-both-uses', ADMIN_API_KEY: 'one-key-for-both-uses' })).toBe(
      wrong('API_KEY and ADMIN_API_KEY must differ: a key is either for a project or for administration.'),
    );
  });

  it('names everything that is wrong at once', () => {
    const problem = problemOf({
      PORT: 'x',
      BODY_LIMIT: '1',
      LOG_LEVEL: 'loud',
      MIGRATE: 'maybe',
      API_KEY: 'short',
      DATABASE_URL: 'db:5432',
    });

    expect(problem).toBe(
      wrong(
        'DATABASE_URL must begin with postgresql://.',
        "PORT must be a whole number from 0 to 65535, but is 'x'.",
        "MIGRATE must be one of on, off, but is 'maybe'.",
        'API_KEY must have at least 16 characters, but has 5.',
        "BODY_LIMIT must be a whole number from 1024 to 536870912, but is '1'.",
        "LOG_LEVEL must be one of silent, fatal, error, warn, info, debug, trace, but is 'loud'.",
      ),
    );
  });

  it.each([
    [false, {}],
    [false, { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }],
    [false, { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }],
    [false, { OTEL_SERVICE_NAME: 'threads' }],
    [true, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }],
    [true, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }],
    [true, { OTEL_TRACES_EXPORTER: 'console' }],
  ])('is traced: %s, with %j', (isTraced, env) => {
    expect(readConfig(env).isTraced).toBe(isTraced);
  });

  it('never prints a secret', () => {
    const secrets = { API_KEY: 'hunter2-é', ADMIN_API_KEY: 'hunter2', DATABASE_URL: 'mysql://me:hunter2@db/threads' };

    expect(problemOf({ ...secrets, KEY_PEPPER: 'hunter2', PORT: 'x' })).not.toContain('hunter2');
  });
});
