import { emptyContent, invalidType } from '../../errors/catalogue.js';
import { MIB } from '../../http/body-limit.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { type Check, isObject, joinPath, oneOf, required, text, textProblem, url } from '../../validation/check.js';
import { Field, objectOf } from '../../validation/fields.js';
import { CONTENT_TYPES, IMAGE_DETAILS, type ImageDetail } from '../message-content.js';

/** OpenAI's limit of a text, in code points. */
export const MAX_TEXT = 256_000;

/** Ours: OpenAI published none. */
export const MAX_FILE_ID = 512;

/** Long enough for a data URL of an image; the limit of the body holds too. */
const MAX_URL = 4 * MIB;

/** Text of a message: never empty, as OpenAI's servers had it. */
export const messageText: Check = (value, path) => {
  if (typeof value !== 'string') return invalidType(path, 'a string', value);
  return value === '' ? emptyContent(path) : textProblem(value, path, MAX_TEXT);
};

export const FileIdField = (description: string) =>
  Field(text({ min: 1, max: MAX_FILE_ID }), {
    type: 'string',
    minLength: 1,
    maxLength: MAX_FILE_ID,
    description,
    example: 'file-abc123',
  });

const PartTypeField = (type: string) =>
  Field(oneOf([type]), { type: 'string', enum: [type], description: `Always \`${type}\`.` });

const DetailField = () =>
  Field(
    oneOf(IMAGE_DETAILS),
    { type: 'string', enum: [...IMAGE_DETAILS], default: 'auto', description: 'How closely a model is to look.' },
    { optional: true },
  );

@RequestSchema({ name: 'MessageRequestContentTextObject', description: 'A part of a message that is text.' })
export class TextPartDto {
  @PartTypeField('text')
  type!: 'text';

  @Field(messageText, {
    type: 'string',
    minLength: 1,
    maxLength: MAX_TEXT,
    description: 'The text.',
    example: 'What is in this image?',
  })
  text!: string;
}

@RequestSchema({ name: 'MessageContentImageUrl' })
export class ImageUrlDto {
  @Field(url({ max: MAX_URL }), {
    type: 'string',
    format: 'uri',
    description: 'The address of the image: jpeg, png, gif or webp. It is kept, never fetched.',
    example: 'https://example.com/image.png',
  })
  url!: string;

  @DetailField()
  detail?: ImageDetail;
}

@RequestSchema({
  name: 'MessageContentImageUrlObject',
  description: 'A part of a message that is an image at an address.',
})
export class ImageUrlPartDto {
  @PartTypeField('image_url')
  type!: 'image_url';

  @Field(objectOf(() => ImageUrlDto), { type: () => ImageUrlDto, description: 'The image.' })
  image_url!: ImageUrlDto;
}

@RequestSchema({ name: 'MessageContentImageFile' })
export class ImageFileDto {
  @FileIdField('The id of the image file.')
  file_id!: string;

  @DetailField()
  detail?: ImageDetail;
}

@RequestSchema({ name: 'MessageContentImageFileObject', description: 'A part of a message that is an image file.' })
export class ImageFilePartDto {
  @PartTypeField('image_file')
  type!: 'image_file';

  @Field(objectOf(() => ImageFileDto), { type: () => ImageFileDto, description: 'The image file.' })
  image_file!: ImageFileDto;
}

const checksByType: Readonly<Record<string, Check>> = {
  text: objectOf(() => TextPartDto),
  image_url: objectOf(() => ImageUrlPartDto),
  image_file: objectOf(() => ImageFilePartDto),
};

const partType = required(oneOf(CONTENT_TYPES));

/** One part of a message: its type decides which fields it has. */
export const contentPart: Check = (value, path) => {
  if (!isObject(value)) return invalidType(path, 'an object', value);
  return partType(value.type, joinPath(path, 'type')) ?? checksByType[String(value.type)]!(value, path);
};
