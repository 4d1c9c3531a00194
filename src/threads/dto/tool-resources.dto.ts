import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { mutuallyExclusive } from '../../errors/catalogue.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { all, type Check, isObject, listOf, text } from '../../validation/check.js';
import { Field, objectOf } from '../../validation/fields.js';
import { CreateVectorStoreDto } from '../../vector-stores/dto/create-vector-store.dto.js';

/** OpenAI's limits. */
const MAX_FILES = 20;
const MAX_VECTOR_STORES = 1;
const MAX_REFERENCE = 512;

const IdsField = (description: string, max: number, example: string) =>
  Field(
    listOf(text({ min: 1, max: MAX_REFERENCE }), { max }),
    {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: MAX_REFERENCE },
      maxItems: max,
      description,
      example: [example],
    },
    { optional: true },
  );

@RequestSchema({ name: 'CodeInterpreterResources' })
export class CodeInterpreterDto {
  @IdsField('The ids of files that the `code_interpreter` tool may use.', MAX_FILES, 'file-abc123')
  file_ids?: string[];
}

@RequestSchema({ name: 'FileSearchResources' })
export class FileSearchDto {
  @IdsField('The id of the vector store that the `file_search` tool may use.', MAX_VECTOR_STORES, 'vs_abc123')
  vector_store_ids?: string[];
}

@RequestSchema({
  name: 'CreateFileSearchResources',
  description: 'Either the id of a vector store, or what a new one is made of; not both.',
  not: { required: ['vector_store_ids', 'vector_stores'] },
})
export class CreateFileSearchDto extends FileSearchDto {
  @Field(
    listOf(
      objectOf(() => CreateVectorStoreDto),
      { max: MAX_VECTOR_STORES },
    ),
    {
      type: [CreateVectorStoreDto],
      maxItems: MAX_VECTOR_STORES,
      description: 'A vector store to make and attach; its id is given back in `vector_store_ids`.',
    },
    { optional: true },
  )
  vector_stores?: CreateVectorStoreDto[];
}

/** Says that the two fields exclude each other. */
const onlyOne: Check = (value, path) =>
  isObject(value) && value.vector_store_ids && value.vector_stores
    ? mutuallyExclusive(path, 'vector_store_ids', 'vector_stores')
    : null;

const CodeInterpreterField = ({ nullable = false } = {}) =>
  Field(
    objectOf(() => CodeInterpreterDto),
    { type: () => CodeInterpreterDto, description: 'What the `code_interpreter` tool may use.' },
    { optional: true, nullable },
  );

const FileSearchField = ({ nullable = false } = {}) =>
  Field(
    objectOf(() => FileSearchDto),
    { type: () => FileSearchDto, description: 'What the `file_search` tool may use.' },
    { optional: true, nullable },
  );

@RequestSchema({ name: 'CreateThreadToolResources' })
export class CreateToolResourcesDto {
  @CodeInterpreterField()
  code_interpreter?: CodeInterpreterDto;

  @Field(
    all(
      objectOf(() => CreateFileSearchDto),
      onlyOne,
    ),
    { type: () => CreateFileSearchDto, description: 'What the `file_search` tool may use.' },
    { optional: true },
  )
  file_search?: CreateFileSearchDto;
}

@RequestSchema({ name: 'ModifyThreadToolResources' })
export class ModifyToolResourcesDto {
  @CodeInterpreterField()
  code_interpreter?: CodeInterpreterDto;

  @FileSearchField()
  file_search?: FileSearchDto;
}

@RequestSchema({ name: 'PatchThreadToolResources' })
export class PatchToolResourcesDto {
  @CodeInterpreterField({ nullable: true })
  code_interpreter?: CodeInterpreterDto | null;

  @FileSearchField({ nullable: true })
  file_search?: FileSearchDto | null;
}

@ApiSchema({ name: 'ThreadToolResources' })
export class ToolResourcesDto {
  @ApiProperty({ required: false, description: 'What the `code_interpreter` tool may use.' })
  code_interpreter?: CodeInterpreterDto;

  @ApiProperty({ required: false, description: 'What the `file_search` tool may use.' })
  file_search?: FileSearchDto;
}
