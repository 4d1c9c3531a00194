/** Whether a project's changes are recorded, and how far its order of events has come. */
export interface EventFeed {
  readonly isOpen: boolean;
  /** The position of the newest event; 0 before the first. */
  readonly lastPosition: number;
}
