/** One statement an operation, each prepared once a connection. Tombstones are kept as the server keeps them. */
export const statements = {
  findKey: 'SELECT project_id FROM api_keys WHERE hash = $1',
  getThread: 'SELECT id, created_at, metadata, tool_resources FROM threads WHERE project_id = $1 AND id = $2',
  listThreads: `
    SELECT threads.id, threads.created_at, metadata, tool_resources
    FROM (
      SELECT id FROM thread_pairs WHERE project_id = $1 AND pair = thread_pair($2, $3)
      ORDER BY created_at DESC, id DESC LIMIT $4
    ) AS place JOIN threads ON threads.project_id = $1 AND threads.id = place.id
    ORDER BY threads.created_at DESC, threads.id DESC`,
  createEmptyThread: `
    INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
    VALUES ($1, $2, $3, $4, $5, 0)`,
  createThread: `
    WITH thread AS (
      INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
      VALUES ($1, $2, $3, $4, $5, $6)
    )
    INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
    SELECT $1, $2, id, position, $3, role, content, attachments, metadata
    FROM ROWS FROM (
      json_to_recordset($7) AS (id text, role text, content json, attachments json, metadata jsonb)
    ) WITH ORDINALITY AS message (id, role, content, attachments, metadata, position)`,
  modifyThread: `
    UPDATE threads SET metadata = metadata || $3
    WHERE project_id = $1 AND id = $2 AND (SELECT count(*) FROM jsonb_object_keys(metadata || $3)) <= 16
    RETURNING id, created_at, metadata, tool_resources`,
  deleteThread: `
    WITH deleted AS (DELETE FROM threads WHERE project_id = $1 AND id = $2 RETURNING created_at)
    INSERT INTO thread_tombstones (project_id, id, created_at) SELECT $1, $2, created_at FROM deleted`,
  createMessage: `
    WITH thread AS (
      UPDATE threads SET last_position = last_position + 1 WHERE project_id = $1 AND id = $2 RETURNING last_position
    )
    INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
    SELECT $1, $2, $3, last_position, $4, $5, $6, $7, $8 FROM thread`,
  listMessages: `
    SELECT id, thread_id, created_at, role, content, attachments, metadata FROM messages
    WHERE project_id = $1 AND thread_id = $2 ORDER BY position DESC LIMIT $3`,
  listMessagesAscending: `
    SELECT id, thread_id, created_at, role, content, attachments, metadata FROM messages
    WHERE project_id = $1 AND thread_id = $2 ORDER BY position LIMIT $3`,
  listMessagesAfter: `
    SELECT id, thread_id, created_at, role, content, attachments, metadata FROM messages
    WHERE project_id = $1 AND thread_id = $2
      AND position < (SELECT position FROM messages WHERE project_id = $1 AND thread_id = $2 AND id = $4)
    ORDER BY position DESC LIMIT $3`,
  listMessagesAscendingAfter: `
    SELECT id, thread_id, created_at, role, content, attachments, metadata FROM messages
    WHERE project_id = $1 AND thread_id = $2
      AND position > (SELECT position FROM messages WHERE project_id = $1 AND thread_id = $2 AND id = $4)
    ORDER BY position LIMIT $3`,
  getMessage: `
    SELECT id, thread_id, created_at, role, content, attachments, metadata FROM messages
    WHERE project_id = $1 AND thread_id = $2 AND id = $3`,
  modifyMessage: `
    UPDATE messages SET metadata = metadata || $4
    WHERE project_id = $1 AND thread_id = $2 AND id = $3
      AND (SELECT count(*) FROM jsonb_object_keys(metadata || $4)) <= 16
    RETURNING id, thread_id, created_at, role, content, attachments, metadata`,
  deleteMessage: `
    WITH deleted AS (
      DELETE FROM messages WHERE project_id = $1 AND thread_id = $2 AND id = $3 RETURNING position
    )
    INSERT INTO message_tombstones (project_id, thread_id, id, position) SELECT $1, $2, $3, position FROM deleted`,
} as const;
