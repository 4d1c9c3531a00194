import { rm } from 'node:fs/promises';

export default async function stopPostgres() {
  const { postgres, dataDir } = globalThis.testPostgres;
  await postgres.stop();
  await rm(dataDir, { recursive: true });
}
