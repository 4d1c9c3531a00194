// Writes openapi.json, the document of the API, from the code. A test fails when it is stale.
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { createApp } from '../dist/app.js';
import { readConfig } from '../dist/config/config.js';
import { createDocument } from '../dist/openapi/document.js';

const app = await createApp(readConfig({ DATABASE_URL: 'postgresql://not-used' }));
await writeFile('openapi.json', `${JSON.stringify(createDocument(app), null, 2)}\n`);
await app.close();
