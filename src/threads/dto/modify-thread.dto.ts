import { MetadataField, MetadataPatchField } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';
import type { RequestExamples } from '../../openapi/operation.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { Field, objectOf } from '../../validation/fields.js';
import { ModifyToolResourcesDto, PatchToolResourcesDto } from './tool-resources.dto.js';

@RequestSchema({ name: 'ModifyThreadRequest' })
export class ModifyThreadDto {
  static readonly examples: RequestExamples<ModifyThreadDto> = {
    Metadata: { metadata: { user: 'abc123', plan: 'pro' } },
    'Files of a tool': { tool_resources: { code_interpreter: { file_ids: ['file-abc123'] } } },
  };

  @Field(
    objectOf(() => ModifyToolResourcesDto),
    { type: () => ModifyToolResourcesDto, description: 'A list that is sent replaces the list of its tool.' },
    { optional: true, nullable: true },
  )
  tool_resources?: ModifyToolResourcesDto | null;

  @MetadataField('Keys to set; all others stay as they are.')
  metadata?: Metadata | null;
}

@RequestSchema({ name: 'PatchThreadRequest', description: 'A JSON merge patch (RFC 7396) of a thread.' })
export class PatchThreadDto {
  static readonly examples: RequestExamples<PatchThreadDto> = {
    'Set one key and remove another': { metadata: { user: 'abc123', plan: null } },
    'Remove all keys': { metadata: null },
    'Take a tool away': { tool_resources: { code_interpreter: null } },
  };

  @Field(
    objectOf(() => PatchToolResourcesDto),
    {
      type: () => PatchToolResourcesDto,
      description: 'Tools to set; null takes a tool away, null for the whole all of them.',
    },
    { optional: true, nullable: true },
  )
  tool_resources?: PatchToolResourcesDto | null;

  @MetadataPatchField()
  metadata?: Readonly<Record<string, string | null>> | null;
}
