import { Prisma } from '../generated/prisma/client.js';
import { CHANNEL } from './channel.js';
import type { EventType } from './event.js';

/** As a column of the changes: PostgreSQL would otherwise not know that a constant is text. */
export const typed = (type: EventType): Prisma.Sql => Prisma.sql`${type}::text AS type`;

/**
 * To be added to the WITH of a statement, so that its changes are recorded or are not made. `changes` selects from what
 * was changed: project_id, type, thread_id, message_id, version, and `nth`, by which those of a project are ordered.
 *
 * Who records takes positions from the row of the feed, and so locks it: the next one waits for the commit. Positions
 * are committed in their order, and nobody who reads on after one skips another. All threads and messages are locked
 * before, so that nobody waits for one who waits for him, and a statement changes those of one project.
 */
export const recordingOf = (changes: Prisma.Sql): Prisma.Sql => Prisma.sql`, change AS (
        ${changes}
      ), changed_project AS (
        SELECT project_id, count(*) AS count FROM change GROUP BY project_id
      ), open_feed AS (
        SELECT event_feeds.project_id, changed_project.count
        FROM event_feeds JOIN changed_project ON event_feeds.project_id = changed_project.project_id
        WHERE event_feeds.is_open FOR NO KEY UPDATE OF event_feeds
      ), feed AS (
        UPDATE event_feeds SET last_position = last_position + open_feed.count FROM open_feed
        WHERE event_feeds.project_id = open_feed.project_id
        RETURNING event_feeds.project_id, last_position - open_feed.count AS position,
          pg_notify(${CHANNEL}, event_feeds.project_id)
      ), recorded AS (
        INSERT INTO events (project_id, position, type, thread_id, message_id, version, created_at)
        SELECT change.project_id, feed.position + row_number() OVER (PARTITION BY change.project_id ORDER BY nth),
          type, thread_id, message_id, version, clock_timestamp()
        FROM change JOIN feed ON feed.project_id = change.project_id
      )`;
