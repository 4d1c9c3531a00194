/** What a statement that records notifies, with the project: PostgreSQL tells it to all servers after the commit. */
export const CHANNEL = 'threadstore_events';
