import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ApplicationConfig, MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.js';
import { ForAdministrators, Public } from '../../src/auth/access.decorator.js';
import { KeyGuard } from '../../src/auth/key.guard.js';
import { readConfig } from '../../src/config/config.js';
import { RateLimitGuard } from '../../src/rate-limit/rate-limit.guard.js';
import { RequestPipe } from '../../src/http/request.pipe.js';
import { hasRules } from '../../src/validation/fields.js';
import { openApi } from '../support/contract.js';

interface Route {
  readonly name: string;
  readonly controller: Type;
  readonly handlerName: string;
  readonly handler: () => unknown;
}

/** What Swagger UI adds; files that are not pages are served by a route for each. */
const DOCS = /^\/docs(-json|\/.*)?$/;

const BODY: number = RouteParamtypes.BODY;
const QUERY: number = RouteParamtypes.QUERY;

let app: NestFastifyApplication;
let routes: Route[];

beforeAll(async () => {
  app = await createApp(readConfig({ DATABASE_URL: 'postgresql://not-used', LOG_LEVEL: 'silent' }));
  routes = [...app.get(ModulesContainer).values()]
    .flatMap(({ controllers }) => [...controllers.values()])
    .flatMap(({ metatype }) => routesOf(metatype as Type));
});

afterAll(() => app.close());

function routesOf(controller: Type): Route[] {
  return new MetadataScanner().getAllMethodNames(controller.prototype).flatMap((handlerName) => {
    const handler = controller.prototype[handlerName];
    const method: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
    if (method === undefined) return [];
    const parts: string[] = [controller, handler].map((target) => Reflect.getMetadata(PATH_METADATA, target));
    const path = `/${parts.filter((part) => part !== '/').join('/')}`.replaceAll(/:(\w+)/g, '{$1}');
    return [{ name: `${RequestMethod[Number(method)]} ${path}`, controller, handlerName, handler }];
  });
}

const isMarked = (mark: typeof Public, { handler, controller }: Route): boolean =>
  app.get(Reflector).getAllAndOverride(mark, [handler, controller]) ?? false;

const namesOf = (some: readonly Route[]): string[] => some.map(({ name }) => name).toSorted();

const documented = Object.entries(openApi.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);

describe('the routes', () => {
  it('are those of the document', () => {
    expect(namesOf(routes)).toEqual(documented.map(({ name }) => name).toSorted());
  });

  it('are closed by the guard of all, but for the health checks and the metrics', () => {
    expect(app.get(ApplicationConfig).getGlobalGuards()).toEqual([expect.any(KeyGuard)]);
    expect(namesOf(routes.filter((route) => isMarked(Public, route)))).toEqual([
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
    ]);
  });

  // Breaks when the module of the limit comes before that of the keys.
  it('have a guard more when there is a rate limit, behind the one that knows the caller', async () => {
    const limited = await createApp(readConfig({ DATABASE_URL: 'postgresql://not-used', RATE_LIMIT: '1' }));
    try {
      const guards = limited.get(ApplicationConfig).getGlobalGuards();
      expect(guards).toEqual([expect.any(KeyGuard), expect.any(RateLimitGuard)]);
    } finally {
      await limited.close();
    }
  });

  it('ask for the kind of key that the document names', () => {
    const schemes = Object.fromEntries(
      documented.map(({ name, operation }) => [name, Reflect.get(operation, 'security') ?? []]),
    );

    expect(schemes).toEqual(
      Object.fromEntries(
        routes.map((route) => {
          if (isMarked(Public, route)) return [route.name, []];
          return [route.name, [{ [isMarked(ForAdministrators, route) ? 'admin_key' : 'project_key']: [] }]];
        }),
      ),
    );
  });

  it('are all that is served, with the pages of Swagger UI', () => {
    const served = servedUrls().filter((url) => !DOCS.test(url));

    expect(served.map((url) => url.replaceAll(/:(\w+)/g, '{$1}')).toSorted()).toEqual(
      Object.keys(openApi.paths).toSorted(),
    );
  });
});

describe('every body and every query', () => {
  // What breaks it: Nest's own decorators for bodies and queries.
  it('goes through the pipe', () => {
    const unchecked = routes.filter((route) =>
      argumentsOf(route).some(({ isInput, pipes }) => isInput && !pipes.includes(RequestPipe)),
    );

    expect(namesOf(unchecked)).toEqual([]);
  });

  it('has a class with rules', () => {
    const inputs = routes.flatMap((route) => inputsOf(route).map((type) => ({ route: route.name, type })));

    expect(inputs.filter(({ type }) => !hasRules(type)).map(({ route, type }) => `${route}: ${type.name}`)).toEqual([]);
    expect(inputs.length).toBeGreaterThan(routes.length / 3);
  });

  it('is taken whole, never one field of it past the rules', () => {
    const picked = routes.filter((route) =>
      argumentsOf(route).some(({ isInput, data }) => isInput && data !== undefined),
    );

    expect(namesOf(picked)).toEqual([]);
  });

  it('is a body for every route that the document gives one', () => {
    const withBody = routes.filter((route) => argumentsOf(route).some(({ kind }) => kind === BODY));

    expect(namesOf(withBody)).toEqual(
      documented
        .filter(({ operation }) => 'requestBody' in operation)
        .map(({ name }) => name)
        .toSorted(),
    );
  });
});

interface Argument {
  readonly index: number;
  readonly kind: number;
  readonly data: unknown;
  readonly pipes: readonly unknown[];
  /** Whether it is content of the request that has to be checked. */
  readonly isInput: boolean;
}

function argumentsOf({ controller, handlerName }: Route): Argument[] {
  const known: Record<string, { index: number; data: unknown; pipes: unknown[] }> =
    Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handlerName) ?? {};
  return Object.entries(known).map(([key, { index, data, pipes }]) => {
    const kind = Number(key.split(':')[0]);
    return { index, kind, data, pipes, isInput: kind === BODY || kind === QUERY };
  });
}

function inputsOf(route: Route): Type[] {
  const types: Type[] = Reflect.getMetadata('design:paramtypes', route.controller.prototype, route.handlerName);
  return argumentsOf(route)
    .filter(({ isInput }) => isInput)
    .map(({ index }) => types[index]!);
}

/** The URLs of the router: its tree has four characters a level, and each node the rest of its parent's URL. */
function servedUrls(): string[] {
  const parents: string[] = [];
  return app
    .getHttpAdapter()
    .getInstance()
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', rest, methods] = /^([│ ]*)[├└]── (.*?)( \(.*\))?$/.exec(line) ?? [];
      if (rest === undefined) return [];
      const level = indent.length / 4;
      parents[level] = (parents[level - 1] ?? '') + rest;
      return methods ? [parents[level]] : [];
    });
}
