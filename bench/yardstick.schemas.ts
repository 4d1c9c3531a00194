// JSON schemas, from which Fastify makes a validator of each body and a fast serializer of each answer.

export const createdAt = (date: Date): number => Math.floor(date.getTime() / 1000);

const string = { type: 'string' };
const integer = { type: 'integer' };
const nothing = { type: 'null' };
const metadata = {
  type: 'object',
  maxProperties: 16,
  propertyNames: { maxLength: 64 },
  additionalProperties: { type: 'string', maxLength: 512 },
};
const anything = {};

const part = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { enum: ['text', 'image_url', 'image_file'] },
    text: { type: 'string', minLength: 1, maxLength: 256_000 },
    image_url: { type: 'object' },
    image_file: { type: 'object' },
  },
  additionalProperties: false,
};

const message = {
  type: 'object',
  required: ['role', 'content'],
  properties: {
    role: { enum: ['user', 'assistant'] },
    content: {
      anyOf: [
        { type: 'string', minLength: 1, maxLength: 256_000 },
        { type: 'array', minItems: 1, maxItems: 500, items: part },
      ],
    },
    attachments: { type: 'array', maxItems: 500, items: { type: 'object' } },
    metadata,
  },
  additionalProperties: false,
};

export const bodies = {
  thread: {
    type: 'object',
    properties: {
      messages: { type: 'array', maxItems: 32, items: message },
      metadata,
      tool_resources: { type: 'object' },
    },
    additionalProperties: false,
  },
  message,
  modify: {
    type: 'object',
    properties: { metadata, tool_resources: { type: 'object' } },
    additionalProperties: false,
  },
};

export const listQuery = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    order: { enum: ['asc', 'desc'], default: 'desc' },
    after: string,
  },
};

const threadAnswer = {
  type: 'object',
  properties: {
    id: string,
    object: string,
    created_at: integer,
    metadata: { type: 'object', additionalProperties: string },
    tool_resources: { type: 'object', additionalProperties: true },
  },
};

const messageAnswer = {
  type: 'object',
  properties: {
    id: string,
    object: string,
    created_at: integer,
    thread_id: string,
    status: string,
    incomplete_details: nothing,
    completed_at: integer,
    incomplete_at: nothing,
    role: string,
    content: { type: 'array', items: anything },
    assistant_id: nothing,
    run_id: nothing,
    attachments: { type: 'array', items: anything },
    metadata: { type: 'object', additionalProperties: string },
  },
};

const listOf = (items: object) => ({
  type: 'object',
  properties: {
    object: string,
    data: { type: 'array', items },
    first_id: { type: ['string', 'null'] },
    last_id: { type: ['string', 'null'] },
    has_more: { type: 'boolean' },
  },
});

export const answers = {
  thread: threadAnswer,
  threads: listOf(threadAnswer),
  message: messageAnswer,
  messages: listOf(messageAnswer),
  deleted: { type: 'object', properties: { id: string, object: string, deleted: { type: 'boolean' } } },
};
