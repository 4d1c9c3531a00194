// What can be known of the files of a deployment without an engine: they parse, they fit together, and what they name is
// there. It breaks when a setting, a probe or a metric is renamed in the code only, or a limit in one place only.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Secret, Service } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';
import { openApi } from '../support/contract.js';
import { startApp, type TestApp } from '../support/app.js';
import { aThread } from '../support/build.js';
import { readMetrics } from '../support/metrics.js';

type Json = Record<string, unknown>;

interface SecretRef {
  readonly secretKeyRef: { readonly key: string };
}

const read = (path: string): string => readFileSync(path, 'utf8');

/** Of Node or of a shell, and not of the server. */
const NOT_OURS = ['NODE_ENV', 'PATH', 'TMPDIR'];

/** The settings that the server reads. */
const settings = [...read('src/config/config.ts').matchAll(/'([A-Z][A-Z_]+)'/g)].map(([, name]) => name);
const unknownOf = (names: readonly string[]): string[] =>
  names.filter((name) => !settings.includes(name) && !NOT_OURS.includes(name));

const manifests = ['threadstore', 'migration', 'secret.example'].flatMap((name) =>
  parseAllDocuments(read(`deploy/kubernetes/${name}.yaml`)).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  }),
);
const one = (kind: string) => manifests.find((each) => each.kind === kind);

const server = one('Deployment').spec.template.spec;
const migration = one('Job').spec.template.spec;

describe('the Dockerfile', () => {
  const text = read('Dockerfile');

  it('builds and runs with a Node that the server is for', () => {
    const versions = [...text.matchAll(/^FROM node:(\d+)-/gm)].map(([, version]) => version);

    expect(versions).toEqual(['22', '22']);
    expect(JSON.parse(read('package.json')).engines.node).toContain('>=22');
  });

  it('sets what the server reads, and ends as a user that is not root, by SIGTERM', () => {
    const names = [...text.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = '']) =>
      line.split(' ').map((each) => each.split('=')[0]!),
    );

    expect(unknownOf(names)).toEqual([]);
    expect(text).toMatch(/^USER node$/m);
    expect(text).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(text).toMatch(/^CMD \["node", "dist\/main.js"\]$/m);
  });

  it('is given what it builds from, and copies what is there then', () => {
    const given = [...read('.dockerignore').matchAll(/^!(.*)$/gm)].map(([, path]) => path!);
    const programs = JSON.parse(read('package.json')).scripts.build.match(/scripts\/[a-z-]+\.js/g);
    const copied = [...text.matchAll(/^COPY --from=build (.*) \S+$/gm)]
      .flatMap(([, paths = '']) => paths.split(' '))
      .map((path) => path.replace('/app/', ''));

    expect(given.filter((path) => !existsSync(path))).toEqual([]);
    expect([...copied, ...programs].filter((path) => !given.includes(path))).toEqual(['node_modules', 'dist']);
  });

  it('asks for a URL that is served', () => {
    const path = /PORT \+ '(\/[a-z/]+)'/.exec(text)![1]!;

    expect(openApi.paths).toHaveProperty([path, 'get']);
  });
});

describe('compose.yaml', () => {
  const { services } = parse(read('compose.yaml'));

  it('gives the server what it reads, and its ports to this machine only', () => {
    expect(unknownOf(Object.keys(services.threadstore.environment))).toEqual([]);
    expect(services.threadstore.ports).toEqual(['127.0.0.1:3000:3000', '127.0.0.1:50051:50051']);
    expect(services.threadstore.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
  });

  it('takes every secret from the environment, and asks for those that are missing', () => {
    const secrets = { ...services.postgres.environment, ...services.threadstore.environment };

    for (const name of ['POSTGRES_PASSWORD', 'API_KEY', 'ADMIN_API_KEY', 'KEY_PEPPER']) {
      expect(secrets[name]).toMatch(new RegExp(`^\\$\\{${name}:\\?`));
    }
  });
});

describe('the manifests of Kubernetes', () => {
  // Breaks when a field that is required is missing, and when one is of another type.
  it('fit the schemas of Kubernetes', () => {
    const kinds = { Deployment, Job, PodDisruptionBudget, Secret, Service };
    for (const manifest of manifests) {
      const Kind = kinds[manifest.kind as keyof typeof kinds];
      expect(() => new Kind(manifest).validate()).not.toThrow();
    }
  });

  it('are of versions that are served', () => {
    expect(manifests.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      'apps/v1 Deployment',
      'v1 Service',
      'policy/v1 PodDisruptionBudget',
      'batch/v1 Job',
      'v1 Secret',
    ]);
  });

  it('select the same pods, two of them, one of which stays', () => {
    const labels = one('Deployment').spec.template.metadata.labels;

    expect(one('Deployment').spec).toMatchObject({ replicas: 2, selector: { matchLabels: labels } });
    expect(one('Service').spec.selector).toEqual(labels);
    expect(one('PodDisruptionBudget').spec).toEqual({ minAvailable: 1, selector: { matchLabels: labels } });
    expect(one('Job').spec.template.metadata.labels).not.toEqual(labels);
  });

  it('set what the server reads, and take secrets that are in the example', () => {
    const known = Object.keys(one('Secret').stringData);
    for (const { env } of [...server.containers, ...migration.containers]) {
      expect(unknownOf(env.map(({ name }: { name: string }) => name))).toEqual([]);
      const keys = env.flatMap(({ valueFrom }: { valueFrom?: SecretRef }) => valueFrom?.secretKeyRef.key ?? []);
      expect(keys.filter((key: string) => !known.includes(key))).toEqual([]);
    }
  });

  it('migrate by the job, and not by the servers', () => {
    expect(server.containers[0].env).toContainEqual({ name: 'MIGRATE', value: 'off' });
    expect(migration.containers[0].command).toEqual(['node', 'dist/migrate.js']);
  });

  it('give a server more time to end than it takes', () => {
    const [{ env, lifecycle }] = server.containers;
    const timeout = Number(env.find(({ name }: Json) => name === 'SHUTDOWN_TIMEOUT').value);
    const wait = Number(lifecycle.preStop.exec.command[1]);

    expect(server.terminationGracePeriodSeconds).toBeGreaterThan(wait + timeout);
  });

  it('probe URLs that are served', () => {
    const [{ startupProbe, livenessProbe, readinessProbe }] = server.containers;

    expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path)).toEqual([
      '/health/live',
      '/health/live',
      '/health/ready',
    ]);
    expect(openApi.paths).toHaveProperty(['/health/live']);
    expect(openApi.paths).toHaveProperty(['/health/ready']);
  });

  it('meet the restricted standard for pods', () => {
    for (const { securityContext, containers } of [server, migration]) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({
          requests: { memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        });
      }
    }
  });
});

describe('the dashboard of Grafana', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
    await aThread(app.a);
  });

  afterAll(() => app.close());

  it('shows metrics that are served, and no others', async () => {
    const text = await readMetrics(app.url);
    const served = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));

    const { panels } = JSON.parse(read('deploy/grafana/threadstore.json'));
    const names = panels
      .flatMap(({ targets }: { targets: { expr: string }[] }) => targets)
      .flatMap(({ expr }: { expr: string }) => expr.match(/\b(threadstore|nodejs|process)_\w+/g))
      .map((name: string) => name.replace(/_(bucket|sum|count)$/, ''));
    expect(names.length).toBeGreaterThan(12);
    expect(names.filter((name: string) => !served.has(name))).toEqual([]);
  });
});
