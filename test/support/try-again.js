// Requests are refused after 1.5 seconds without a connection, by design: a test that met a machine too busy for that is
// tried once more. One that is broken fails again.
import { jest } from '@jest/globals';

jest.retryTimes(1, { logErrorsBeforeRetry: true });
