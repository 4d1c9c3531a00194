import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { MIB } from '../http/body-limit.js';

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

const SHORTEST_KEY = 16;

const MOST_REQUESTS = 1_000_000;

/** Names for networks that Fastify knows, beside addresses and CIDR. */
const NETWORK_NAMES = ['loopback', 'linklocal', 'uniquelocal'];

/** The settings of one server. `readConfig` is the only reader of the environment. */
export abstract class Config {
  abstract readonly port: number;
  abstract readonly host: string;
  /** The port of the gRPC services; 0: there are none. */
  abstract readonly grpcPort: number;
  /** Where the embedded PostgreSQL and the first keys are kept. */
  abstract readonly dataDir: string;
  /** The PostgreSQL to use; empty: the embedded one, whose address is filled in when it has started. */
  abstract readonly databaseUrl: string;
  /** The role that owns the tables, for migrations. */
  abstract readonly migrationUrl: string;
  abstract readonly databasePoolSize: number;
  /** Whether statements are prepared once a connection; a pooler in front of PostgreSQL may not have it. */
  abstract readonly preparesStatements: boolean;
  /** How many processes serve the port. */
  abstract readonly workers: number;
  abstract readonly migrates: boolean;
  abstract readonly apiKey: string | undefined;
  abstract readonly adminApiKey: string | undefined;
  abstract readonly keyPepper: string;
  /** The most bytes of any request body; routes with a lower limit of their own keep it. */
  abstract readonly bodyLimit: number;
  /** Requests a minute and key of a project; 0: any number. */
  abstract readonly rateLimit: number;
  /** How many hours the reply to a request with an Idempotency-Key is kept. */
  abstract readonly idempotencyTtl: number;
  /** How many hours an event is kept. */
  abstract readonly eventsTtl: number;
  /** Wrong keys a minute and address; 0: any number. */
  abstract readonly authFailureLimit: number;
  /** The proxies whose X-Forwarded-For is believed; none: the sender of a request is who connects. */
  abstract readonly trustedProxies: readonly string[];
  /** Networks that webhooks may be sent to although they are not public, and without TLS. */
  abstract readonly webhookNetworks: readonly string[];
  /** How long a server that is asked to stop may take to end, in seconds. */
  abstract readonly shutdownTimeout: number;
  abstract readonly requiresBetaHeader: boolean;
  /** Whether /docs and /docs-json are served, and /health/live and /health/ready. */
  abstract readonly hasDocs: boolean;
  abstract readonly hasProbes: boolean;
  /** Whether requests are counted, and /metrics served. */
  abstract readonly hasMetrics: boolean;
  /** Whether spans are sent somewhere, which the variables of OpenTelemetry say. */
  abstract readonly isTraced: boolean;
  abstract readonly logLevel: LogLevel;
  /** `auto`: for people in a terminal, JSON elsewhere. */
  abstract readonly logFormat: LogFormat;
}

export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

const DEFAULT_GRPC_PORT = 50_051;

type Environment = Readonly<Record<string, string | undefined>>;

/** The SDK of OpenTelemetry reads its variables by itself. It is loaded when they say where traces go. */
export function isTraced(env: Environment): boolean {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return false;
  if (env.OTEL_TRACES_EXPORTER) return env.OTEL_TRACES_EXPORTER !== 'none';
  return Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}

/** Whether there will be a port for gRPC: what is traced is loaded before the settings are read. */
export const hasGrpc = ({ GRPC_PORT }: Environment): boolean => Number(GRPC_PORT?.trim() || DEFAULT_GRPC_PORT) !== 0;

/** Reads every setting, and throws one `ConfigError` that names every variable that is wrong. */
export function readConfig(env: Environment): Config {
  const problems: string[] = [];
  const given = (name: string): string | undefined => env[name] || undefined;

  const integer = (name: string, fallback: number, min: number, max: number): number => {
    const text = given(name) ?? String(fallback);
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    problems.push(`${name} must be a whole number from ${min} to ${max}, but is '${text}'.`);
    return fallback;
  };

  const choice = <T extends string>(name: string, fallback: T, values: readonly T[]): T => {
    const text = given(name) ?? fallback;
    const value = values.find((each) => each === text);
    if (value === undefined) problems.push(`${name} must be one of ${values.join(', ')}, but is '${text}'.`);
    return value ?? fallback;
  };

  // The values of secrets are never part of a problem.
  const key = (name: string): string | undefined => {
    const value = given(name);
    if (value !== undefined && value.length < SHORTEST_KEY) {
      problems.push(`${name} must have at least ${SHORTEST_KEY} characters, but has ${value.length}.`);
    }
    if (value !== undefined && (value !== value.trim() || !/^[\x20-\x7e]+$/.test(value))) {
      problems.push(`${name} must be printable ASCII without spaces around it, as it travels in a header.`);
    }
    return value;
  };

  const networks = (name: string): readonly string[] => {
    const parts = (given(name) ?? '').split(',').map((part) => part.trim());
    if (parts.join('') === '') return [];
    const wrong = parts.filter((part) => !isNetwork(part));
    if (wrong.length > 0) {
      const names = NETWORK_NAMES.join(', ');
      problems.push(
        `${name} must be a list of addresses, networks such as 10.0.0.0/8, or ${names}, but has '${wrong[0]}'.`,
      );
    }
    return parts;
  };

  const postgresUrl = (name: string): string => {
    const url = given(name) ?? '';
    if (url && !/^postgres(ql)?:\/\//.test(url)) problems.push(`${name} must begin with postgresql://.`);
    return url;
  };

  const databaseUrl = postgresUrl('DATABASE_URL');
  const config: Config = {
    port: integer('PORT', 3000, 0, 65_535),
    host: given('HOST') ?? '127.0.0.1',
    grpcPort: integer('GRPC_PORT', DEFAULT_GRPC_PORT, 0, 65_535),
    dataDir: resolve(given('DATA_DIR') ?? '.data'),
    databaseUrl,
    migrationUrl: databaseUrl,
    databasePoolSize: integer('DATABASE_POOL_SIZE', 10, 1, 1000),
    preparesStatements: choice('PREPARED_STATEMENTS', 'on', ['on', 'off']) === 'on',
    workers: integer('WORKERS', 1, 1, 64),
    migrates: choice('MIGRATE', 'on', ['on', 'off']) === 'on',
    apiKey: key('API_KEY'),
    adminApiKey: key('ADMIN_API_KEY'),
    keyPepper: given('KEY_PEPPER') ?? 'threadstore',
    bodyLimit: integer('BODY_LIMIT', 36 * MIB, 1024, 512 * MIB),
    rateLimit: integer('RATE_LIMIT', 0, 0, MOST_REQUESTS),
    idempotencyTtl: integer('IDEMPOTENCY_TTL', 24, 1, 720),
    eventsTtl: integer('EVENTS_TTL', 72, 1, 8760),
    authFailureLimit: integer('AUTH_FAILURE_LIMIT', 60, 0, MOST_REQUESTS),
    trustedProxies: networks('TRUST_PROXY'),
    webhookNetworks: networks('WEBHOOK_ALLOW'),
    shutdownTimeout: integer('SHUTDOWN_TIMEOUT', 25, 1, 3600),
    requiresBetaHeader: choice('OPENAI_BETA', 'optional', ['optional', 'required']) === 'required',
    hasDocs: choice('DOCS', 'on', ['on', 'off']) === 'on',
    hasProbes: choice('PROBES', 'on', ['on', 'off']) === 'on',
    hasMetrics: choice('METRICS', 'on', ['on', 'off']) === 'on',
    isTraced: isTraced(env),
    logLevel: choice('LOG_LEVEL', 'warn', LOG_LEVELS),
    logFormat: choice('LOG_FORMAT', 'auto', LOG_FORMATS),
  };
  if (config.apiKey !== undefined && config.apiKey === config.adminApiKey) {
    problems.push('API_KEY and ADMIN_API_KEY must differ: a key is either for a project or for administration.');
  }
  if (config.grpcPort > 0 && config.grpcPort === config.port) {
    problems.push('PORT and GRPC_PORT must differ: each is a door of its own.');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function isNetwork(text: string): boolean {
  if (NETWORK_NAMES.includes(text)) return true;
  const [address = '', bits, ...rest] = text.split('/');
  const most = isIP(address) === 6 ? 128 : 32;
  return isIP(address) > 0 && rest.length === 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= most));
}
