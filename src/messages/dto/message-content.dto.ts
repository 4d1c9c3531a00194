import { ApiExtraModels, ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { ConstantProperty } from '../../openapi/properties.js';

@ApiSchema({ name: 'FileReference' })
export class FileReferenceDto {
  @ApiProperty({ description: 'The id of the file.' })
  file_id!: string;
}

@ApiSchema({
  name: 'MessageContentTextAnnotationsFileCitationObject',
  description: 'A place in the text that cites a file.',
})
export class FileCitationDto {
  @ConstantProperty('file_citation')
  type!: 'file_citation';

  @ApiProperty({ description: 'The text that stands for the citation.' })
  text!: string;

  @ApiProperty({ description: 'The file that is cited.' })
  file_citation!: FileReferenceDto;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Where it begins in the text.' })
  start_index!: number;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Where it ends in the text.' })
  end_index!: number;
}

@ApiSchema({
  name: 'MessageContentTextAnnotationsFilePathObject',
  description: 'A place in the text that names a file.',
})
export class FilePathDto {
  @ConstantProperty('file_path')
  type!: 'file_path';

  @ApiProperty({ description: 'The text that stands for the file.' })
  text!: string;

  @ApiProperty({ description: 'The file that is named.' })
  file_path!: FileReferenceDto;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Where it begins in the text.' })
  start_index!: number;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Where it ends in the text.' })
  end_index!: number;
}

@ApiSchema({ name: 'MessageContentText' })
@ApiExtraModels(FileCitationDto, FilePathDto)
export class TextValueDto {
  @ApiProperty({ description: 'The text.', example: 'How does AI work?' })
  value!: string;

  @ApiProperty({
    type: 'array',
    items: { oneOf: [FileCitationDto, FilePathDto].map((each) => ({ $ref: getSchemaPath(each) })) },
    description: 'Empty in messages that were made through the API.',
    example: [],
  })
  annotations!: (FileCitationDto | FilePathDto)[];
}

@ApiSchema({ name: 'MessageContentTextObject', description: 'A part of a message that is text, as it is given back.' })
export class TextContentDto {
  @ConstantProperty('text')
  type!: 'text';

  @ApiProperty({ description: 'The text and its annotations.' })
  text!: TextValueDto;
}

@ApiSchema({ name: 'MessageContentRefusalObject', description: 'A refusal of a model. Only a run writes one.' })
export class RefusalPartDto {
  @ConstantProperty('refusal')
  type!: 'refusal';

  @ApiProperty({ description: 'What the model said instead.' })
  refusal!: string;
}
