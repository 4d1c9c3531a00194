export const IMAGE_DETAILS = ['auto', 'low', 'high'] as const;
export type ImageDetail = (typeof IMAGE_DETAILS)[number];

export const CONTENT_TYPES = ['text', 'image_url', 'image_file'] as const;

/** A part as it is sent: text is a bare string, the detail of an image may be left out. */
export type InputPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string; readonly detail?: ImageDetail } }
  | { readonly type: 'image_file'; readonly image_file: { readonly file_id: string; readonly detail?: ImageDetail } };

/**
 * A part as it is stored and given back. It keeps the API's own form, snake_case and all: this server never looks
 * into it again.
 */
export type ContentPart =
  | { readonly type: 'text'; readonly text: { readonly value: string; readonly annotations: readonly unknown[] } }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string; readonly detail: ImageDetail } }
  | { readonly type: 'image_file'; readonly image_file: { readonly file_id: string; readonly detail: ImageDetail } };

/** The one stored form of both ways to send content: a string is a single text part. */
export const toContent = (content: string | readonly InputPart[]): ContentPart[] =>
  typeof content === 'string' ? [textPart(content)] : content.map(toPart);

const textPart = (value: string): ContentPart => ({ type: 'text', text: { value, annotations: [] } });

function toPart(part: InputPart): ContentPart {
  switch (part.type) {
    case 'text':
      return textPart(part.text);
    case 'image_url':
      return { type: 'image_url', image_url: { url: part.image_url.url, detail: part.image_url.detail ?? 'auto' } };
    case 'image_file': {
      const { file_id, detail } = part.image_file;
      return { type: 'image_file', image_file: { file_id, detail: detail ?? 'auto' } };
    }
  }
}

/**
 * The most that the parts of a message may have together: as much as a body that brings one message alone. What is
 * written by one statement holds everybody up: 500 ms for a message of 33 MB.
 */
export const MAX_CONTENT = 4 * 1024 * 1024;

/** How many characters the texts and addresses of the parts have, in UTF-16. */
export const sizeOf = (content: readonly ContentPart[]): number =>
  content.reduce((size, part) => size + textOf(part).length, 0);

function textOf(part: ContentPart): string {
  switch (part.type) {
    case 'text':
      return part.text.value;
    case 'image_url':
      return part.image_url.url;
    case 'image_file':
      return part.image_file.file_id;
  }
}
