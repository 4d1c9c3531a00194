import type {
  ContentPart__Output,
  ContentPart as PartMessage,
} from '../../generated/grpc/threadstore/v1/ContentPart.js';
import type { ContentPart } from '../../messages/message-content.js';
import { wordOf } from './enums.js';

const DETAIL = 'IMAGE_DETAIL_';

const DETAILS = { auto: 'IMAGE_DETAIL_AUTO', low: 'IMAGE_DETAIL_LOW', high: 'IMAGE_DETAIL_HIGH' } as const;

export function partOf({ part, text, image_url, image_file }: ContentPart__Output): object {
  switch (part) {
    case 'text':
      return { type: part, text: text?.value };
    case 'image_url':
      return { type: part, image_url: image_url && { url: image_url.url, ...detailOf(image_url) } };
    case 'image_file':
      return { type: part, image_file: image_file && { file_id: image_file.file_id, ...detailOf(image_file) } };
    case undefined:
      return {};
  }
}

const detailOf = ({ detail }: { readonly detail: string }): object => ({ detail: wordOf(detail, DETAIL) });

export function partMessage(part: ContentPart): PartMessage {
  switch (part.type) {
    case 'text':
      return { text: { value: part.text.value } };
    case 'image_url':
      return { image_url: { url: part.image_url.url, detail: DETAILS[part.image_url.detail] } };
    case 'image_file':
      return { image_file: { file_id: part.image_file.file_id, detail: DETAILS[part.image_file.detail] } };
  }
}
