import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** The names of the two kinds of keys in the document. */
export const PROJECT_KEY = 'project_key';
export const ADMIN_KEY = 'admin_key';

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
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The key of a project.' }, PROJECT_KEY)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An admin key.' }, ADMIN_KEY)
    .build();
  return SwaggerModule.createDocument(app, config);
}

/** Serves Swagger UI at /docs, from its own assets, and the document at /docs-json. */
export function serveDocument(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'Threadstore',
    swaggerOptions: {
      persistAuthorization: false,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      defaultModelsExpandDepth: 0,
    },
  });
}
