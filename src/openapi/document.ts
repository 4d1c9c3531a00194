import type { INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** The names of the two kinds of keys in the document. */
export const PROJECT_KEY = 'project_key';
export const ADMIN_KEY = 'admin_key';

/** The ids in paths. Each is the same in all operations, so they are described here once. */
const PATH_IDS: Readonly<Record<string, string>> = {
  thread_id: 'The id of the thread.',
  message_id: 'The id of the message.',
  vector_store_id: 'The id of the vector store.',
  webhook_endpoint_id: 'The id of the webhook endpoint.',
  delivery_id: 'The id of the delivery.',
  project_id: 'The id of the project.',
  service_account_id: 'The id of the service account.',
  api_key_id: 'The id of the API key.',
};

/** The page needs nothing from elsewhere, and sends nothing elsewhere. Swagger UI styles itself inline. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/** The document of the whole API. It is checked in as openapi.json, and a test fails when that is stale. */
export function createDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Threadstore')
    .setDescription(
      'Conversation threads on PostgreSQL, behind the OpenAI Threads API. Press Authorize and paste a key: that of a ' +
        'project for threads, messages and vector stores, an admin key for everything under /organization.',
    )
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/v1', 'As OpenAI has it')
    .addServer('/', 'The same without /v1')
    .addSecurity(PROJECT_KEY, {
      type: 'http',
      scheme: 'bearer',
      description: 'The key of a project. The first one is kept in `.data/api-key`.',
    })
    .addSecurity(ADMIN_KEY, {
      type: 'http',
      scheme: 'bearer',
      description: 'An admin key. The first one is kept in `.data/admin-api-key`.',
    })
    .addTag('Threads', 'Conversations.')
    .addTag('Messages', 'What was said in a thread.')
    .addTag('Vector stores', 'Records of the vector stores that were made with threads.')
    .addTag('Events', 'What was changed in threads and messages, for who wants to hear of it.')
    .addTag('Webhooks', 'Where the events of a project are sent to.')
    .addTag('Projects', 'The tenants. Each sees its own threads only. Needs an admin key.')
    .addTag('Service accounts', 'Who the keys of a project belong to. Needs an admin key.')
    .addTag('API keys', 'The keys of a project, without their values. Needs an admin key.')
    .addTag('Health', 'For load balancers and orchestrators. Needs no key.')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  describePathIds(document);
  return document;
}

function describePathIds({ paths }: OpenAPIObject): void {
  const operations = Object.values(paths).flatMap(({ get, post, patch, delete: remove }) => [get, post, patch, remove]);
  for (const parameter of operations.flatMap((operation) => operation?.parameters ?? [])) {
    if ('in' in parameter && parameter.in === 'path') parameter.description = PATH_IDS[parameter.name];
  }
}

/** Serves Swagger UI at /docs, from its own assets, and the document at /docs-json. */
export function serveDocument(app: NestFastifyApplication): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', async ({ url }, reply) => {
      if (/^\/docs(?![^/?])/.test(url)) reply.headers(PAGE_HEADERS);
    });
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'Threadstore',
    swaggerOptions: {
      persistAuthorization: false,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      defaultModelsExpandDepth: 0,
      // Else the page asks a validator on the internet about the document.
      validatorUrl: 'none',
    },
  });
}
