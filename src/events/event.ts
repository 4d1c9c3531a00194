/** What can happen to a thread and its messages. */
export const EVENT_TYPES = [
  'thread.created',
  'thread.updated',
  'thread.deleted',
  'thread.message.created',
  'thread.message.updated',
  'thread.message.deleted',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** That something was changed; not what it says now, nor what it said. */
export interface Event {
  /** Its place in the order of its project: 1, 2, 3… without gaps. */
  readonly position: number;
  readonly type: EventType;
  readonly threadId: string;
  /** Null for what happened to the thread. */
  readonly messageId: string | null;
  /** Of the thread or message, after the change; null when it is gone. */
  readonly version: number | null;
  readonly createdAt: Date;
}

const PREFIX = 'evt_';

/** As many digits as the largest whole number that JavaScript tells from the next one. */
const DIGITS = 16;

const EVENT_ID = new RegExp(`^${PREFIX}(\\d{${DIGITS}})$`);

/** The id says the position, padded, so that ids are in the order of their events as text too. */
export const eventIdAt = (position: number): string => PREFIX + String(position).padStart(DIGITS, '0');

/** The position that an id says; undefined when no event can have it. */
export function positionOf(id: string): number | undefined {
  const position = Number(EVENT_ID.exec(id)?.[1]);
  return Number.isSafeInteger(position) ? position : undefined;
}

export const isEventId = (id: string): boolean => id.startsWith(PREFIX);
