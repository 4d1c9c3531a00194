import type { TestDatabase } from './database.js';

const PAIRS_OF_THREADS = `
  SELECT project_id, thread_pair(key, value) AS pair, created_at, id FROM threads CROSS JOIN jsonb_each_text(metadata)`;

/** What `thread_pairs` has too much, and what it has too little: the pairs of which threads. */
export async function wrongPairs(database: TestDatabase): Promise<object[]> {
  return database.query(`
    SELECT 'of no thread' AS wrong, stray.id FROM (SELECT * FROM thread_pairs EXCEPT ${PAIRS_OF_THREADS}) AS stray
    UNION ALL
    SELECT 'missing', missing.id FROM (${PAIRS_OF_THREADS} EXCEPT SELECT * FROM thread_pairs) AS missing`);
}
