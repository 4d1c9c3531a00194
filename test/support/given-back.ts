// What the API gives back for what it was sent, said a second time and without a database: the fuzzer and the model
// hold the server to it. Ids and times are the server's own, and are taken from its answer.
import type { Answer } from './client.js';

type Body = Answer['body'];

const detailed = (image: Body): Body => ({ ...image, detail: image.detail ?? 'auto' });

function partOf(part: Body): Body {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: { value: part.text, annotations: [] } };
    case 'image_url':
      return { type: 'image_url', image_url: detailed(part.image_url) };
    default:
      return { type: 'image_file', image_file: detailed(part.image_file) };
  }
}

const contentOf = (content: Body): Body[] =>
  typeof content === 'string' ? [partOf({ type: 'text', text: content })] : content.map(partOf);

export const messageOf = (sent: Body, threadId: string, { id, created_at }: Body): Body => ({
  id,
  object: 'thread.message',
  created_at,
  thread_id: threadId,
  status: 'completed',
  incomplete_details: null,
  completed_at: created_at,
  incomplete_at: null,
  role: sent.role,
  content: contentOf(sent.content),
  assistant_id: null,
  run_id: null,
  attachments: sent.attachments ?? [],
  metadata: sent.metadata ?? {},
});

/** `storeIds` are those of the vector stores that the thread was made with. */
export const threadOf = (sent: Body, { id, created_at }: Body, storeIds: readonly string[] = []): Body => {
  const { code_interpreter, file_search } = sent.tool_resources ?? {};
  return {
    id,
    object: 'thread',
    created_at,
    metadata: sent.metadata ?? {},
    tool_resources: {
      ...(code_interpreter && { code_interpreter: { file_ids: code_interpreter.file_ids ?? [] } }),
      ...(file_search && { file_search: { vector_store_ids: file_search.vector_store_ids ?? storeIds } }),
    },
  };
};

/** The lists of tools that are sent take the place of those that are there. */
function withTools(tools: Body, sent: Body): Body {
  const file_ids = sent?.code_interpreter?.file_ids;
  const vector_store_ids = sent?.file_search?.vector_store_ids;
  return {
    ...tools,
    ...(file_ids && { code_interpreter: { file_ids } }),
    ...(vector_store_ids && { file_search: { vector_store_ids } }),
  };
}

const withoutNulls = (fields: Body): Body =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

/** POST of a thread or a message merges. */
export const modified = (before: Body, sent: Body): Body => ({
  ...before,
  metadata: { ...before.metadata, ...sent.metadata },
  ...(before.tool_resources && { tool_resources: withTools(before.tool_resources, sent.tool_resources) }),
});

/** PATCH of a thread or a message is a merge patch. */
export const patched = (before: Body, sent: Body): Body => ({
  ...before,
  metadata: sent.metadata === null ? {} : withoutNulls({ ...before.metadata, ...sent.metadata }),
  ...(before.tool_resources && {
    tool_resources:
      sent.tool_resources === null
        ? {}
        : withTools(
            withoutNulls({
              ...before.tool_resources,
              ...Object.fromEntries(Object.entries(sent.tool_resources ?? {}).filter(([, tool]) => tool === null)),
            }),
            sent.tool_resources,
          ),
  }),
});

/** How many pairs a change of metadata leaves: more than 16 are refused. */
export const pairsOf = ({ metadata }: Body): number => Object.keys(metadata).length;
