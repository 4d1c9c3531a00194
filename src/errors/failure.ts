import type { ApiError } from './api-error.js';
import { outcomeUnknown, serverError, unavailable } from './catalogue.js';
import { isDatabaseAway, isOutcomeUnknown, unavailability } from './database-error.js';

const AWAY_LOG_INTERVAL_MS = 1_000;

/** What a caller is told of something that went wrong and was not refused. */
export function toRefusal(thrown: unknown, mayHaveStored: boolean, requestId: string): ApiError {
  if (mayHaveStored && isOutcomeUnknown(thrown)) return outcomeUnknown();
  if (isDatabaseAway(thrown)) return unavailable(unavailability(thrown));
  return serverError(requestId);
}

/** Decides which failures are worth a line. Of a database that is away every request could tell; one a second does. */
export class FailureLines {
  private loggedAwayAt = 0;

  isWorthOne({ kind }: ApiError): boolean {
    if (kind !== 'unavailable' && kind !== 'outcome_unknown') return kind === 'internal';
    if (Date.now() - this.loggedAwayAt < AWAY_LOG_INTERVAL_MS) return false;
    this.loggedAwayAt = Date.now();
    return true;
  }
}
