import { readFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../../src/errors/api-error.js';
import * as catalogue from '../../src/errors/catalogue.js';
import { statusOf } from '../../src/errors/error-response.dto.js';
import { codeOf } from '../../src/grpc/status-code.js';

/** What the catalogue exports beside refusals. */
type Helper = 'kindOf';

type Refusal = Exclude<keyof typeof catalogue, Helper>;

/** Every refusal with the example values of docs/errors.md; more than one where the form of the message differs. */
const samples: Record<Refusal, readonly ApiError[]> = {
  malformedJson: [catalogue.malformedJson()],
  bodyNotAnObject: [catalogue.bodyNotAnObject([])],
  unknownParameter: [catalogue.unknownParameter('messages[0].file_ids')],
  missingParameter: [catalogue.missingParameter('attachments[0].tools')],
  invalidType: [catalogue.invalidType('metadata.paid', 'a string', true)],
  unsupportedValue: [catalogue.unsupportedValue('role', 'human', ['user', 'assistant'])],
  emptyContent: [catalogue.emptyContent('content')],
  emptyString: [catalogue.emptyString('name')],
  stringTooLong: [catalogue.stringTooLong('metadata.note', 512, 695)],
  unstorableString: [
    catalogue.unstorableString('content', 'the character U+0000'),
    catalogue.unstorableString('content', 'an unpaired surrogate'),
  ],
  invalidUrl: [catalogue.invalidUrl('content[0].image_url.url')],
  emptyArray: [catalogue.emptyArray('content')],
  arrayTooLong: [catalogue.arrayTooLong('messages', 32, 33)],
  integerTooSmall: [catalogue.integerTooSmall('limit', 1, 0)],
  integerTooLarge: [catalogue.integerTooLarge('limit', 100, 1000)],
  tooManyProperties: [catalogue.tooManyProperties('metadata', 16, 17)],
  propertyNameTooLong: [catalogue.propertyNameTooLong('metadata', 'a-name-that-is-too-long', 64, 65)],
  mutuallyExclusive: [catalogue.mutuallyExclusive('tool_resources.file_search', 'vector_store_ids', 'vector_stores')],
  duplicateParameter: [catalogue.duplicateParameter('limit')],
  malformedId: [catalogue.malformedId('thread_id', 'undefined', 'thread')],
  tooManyValues: [catalogue.tooManyValues(131_072)],
  malformedRequest: [catalogue.malformedRequest()],
  malformedUrl: [catalogue.malformedUrl()],
  invalidHeader: [
    catalogue.invalidHeader('Idempotency-Key', '1 to 255 visible ASCII characters, with or without quotes'),
    catalogue.invalidHeader('If-Match', "'*' or entity tags in quotes"),
  ],
  keyInUse: [catalogue.keyInUse()],
  keyReused: [catalogue.keyReused()],
  preconditionFailed: [catalogue.preconditionFailed()],
  missingBetaHeader: [catalogue.missingBetaHeader()],
  projectArchived: [catalogue.projectArchived('proj_abc123')],
  defaultProjectFixed: [catalogue.defaultProjectFixed()],
  missingKey: [catalogue.missingKey()],
  incorrectKey: [catalogue.incorrectKey('sk-ts-ab**********wxyz')],
  mismatchedProject: [catalogue.mismatchedProject()],
  insufficientPermissions: [catalogue.insufficientPermissions()],
  threadNotFound: [catalogue.threadNotFound('thread_abc123')],
  messageNotFound: [catalogue.messageNotFound('msg_abc123')],
  vectorStoreNotFound: [catalogue.vectorStoreNotFound('vs_abc123')],
  projectNotFound: [catalogue.projectNotFound('proj_abc123')],
  serviceAccountNotFound: [catalogue.serviceAccountNotFound('svc_acct_abc123')],
  webhookEndpointNotFound: [catalogue.webhookEndpointNotFound('we_abc123')],
  webhookDeliveryNotFound: [catalogue.webhookDeliveryNotFound('wd_abc123')],
  eventFeedInUse: [catalogue.eventFeedInUse()],
  insecureWebhookUrl: [catalogue.insecureWebhookUrl()],
  credentialsInWebhookUrl: [catalogue.credentialsInWebhookUrl()],
  webhookAddressNotAllowed: [catalogue.webhookAddressNotAllowed()],
  tooManyWebhookEndpoints: [catalogue.tooManyWebhookEndpoints(20)],
  apiKeyNotFound: [catalogue.apiKeyNotFound('key_abc123')],
  eventNotFound: [catalogue.eventNotFound('evt_0000000000000042')],
  eventFeedOff: [catalogue.eventFeedOff()],
  eventsExpired: [catalogue.eventsExpired('after', 'evt_0000000000000042')],
  unknownUrl: [catalogue.unknownUrl('POST', '/v1/chat/completions'), catalogue.unknownUrl('POST', '/chat/completions')],
  methodNotAllowed: [catalogue.methodNotAllowed('PUT', '/v1/threads')],
  requestTimeout: [catalogue.requestTimeout()],
  bodyTooLarge: [catalogue.bodyTooLarge(1_048_576)],
  expectationFailed: [catalogue.expectationFailed()],
  uriTooLong: [catalogue.uriTooLong()],
  unsupportedMediaType: [catalogue.unsupportedMediaType('application/json')],
  rateLimited: [catalogue.rateLimited('key_abc123 in project proj_abc123', 20, 3)],
  tooManyIncorrectKeys: [catalogue.tooManyIncorrectKeys(60, 42)],
  headersTooLarge: [catalogue.headersTooLarge()],
  serverError: [catalogue.serverError('req_abc123')],
  unavailable: [
    catalogue.unavailable('The database does not answer.'),
    catalogue.unavailable('All connections to the database are in use.'),
    catalogue.unavailable('The storage of the database is full.'),
    catalogue.unavailable('Migrations have not been applied: 0001_init.'),
    catalogue.unavailable('It is starting for the first time.'),
    catalogue.unavailable('It is being stopped.'),
  ],
  outcomeUnknown: [catalogue.outcomeUnknown()],
};

const rowOf = (error: ApiError): string =>
  `| ${statusOf(error)} | \`${status[codeOf(error)]}\` | ${error.code ? `\`${error.code}\`` : '–'} | \`${error.message}\` |`;

/** The rows of the table, without the spaces that align it. */
const rows = readFileSync('docs/errors.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| \d{3} /.test(line))
  .map((line) => line.replaceAll(/ +\|/g, ' |'));

describe('docs/errors.md', () => {
  it('has a row for every refusal of the catalogue, and no other', () => {
    expect(rows.toSorted()).toEqual(Object.values(samples).flat().map(rowOf).toSorted());
  });

  it('is sorted by status', () => {
    const statuses = rows.map((row) => Number(row.slice(2, 5)));

    expect(statuses).toEqual(statuses.toSorted((one, other) => one - other));
  });
});

describe('the catalogue', () => {
  const helpers: Helper[] = ['kindOf'];

  it('exports nothing that has no sample here', () => {
    expect(Object.keys(catalogue).toSorted()).toEqual([...Object.keys(samples), ...helpers].toSorted());
  });

  it('makes every refusal an ApiError whose message is one line', () => {
    for (const error of Object.values(samples).flat()) {
      expect(error).toBeInstanceOf(ApiError);
      expect(error.message).toMatch(/^[^\n]+$/);
    }
  });

  it.each([
    ['unknownParameter', (long: string) => catalogue.unknownParameter(long)],
    ['invalidType', (long: string) => catalogue.invalidType(long, 'a string', 1)],
    ['unsupportedValue', (long: string) => catalogue.unsupportedValue('order', long, ['asc', 'desc'])],
    ['unstorableString', (long: string) => catalogue.unstorableString(long, 'an unpaired surrogate')],
    ['propertyNameTooLong', (long: string) => catalogue.propertyNameTooLong('metadata', long, 64, long.length)],
    ['duplicateParameter', (long: string) => catalogue.duplicateParameter(long)],
    ['integerTooLarge', (long: string) => catalogue.integerTooLarge('limit', 100, long)],
    ['malformedId', (long: string) => catalogue.malformedId('thread_id', long, 'thread')],
    ['threadNotFound', (long: string) => catalogue.threadNotFound(long)],
    ['unknownUrl', (long: string) => catalogue.unknownUrl('GET', `/v1/${long}`)],
    ['methodNotAllowed', (long: string) => catalogue.methodNotAllowed('PUT', long)],
  ])('does not let %s grow with what was sent', (_, refuse) => {
    const { message, param } = refuse('x'.repeat(100_000));

    expect(message.length).toBeLessThan(600);
    expect(param?.length ?? 0).toBeLessThan(300);
  });
});
