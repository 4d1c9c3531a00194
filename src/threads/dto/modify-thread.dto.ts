import { ApiSchema } from '@nestjs/swagger';
import { MetadataField, MetadataPatchField } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';
import { Field, objectOf } from '../../validation/fields.js';
import { ModifyToolResourcesDto, PatchToolResourcesDto } from './tool-resources.dto.js';

@ApiSchema({ name: 'ModifyThreadRequest' })
export class ModifyThreadDto {
  @Field(
    objectOf(() => ModifyToolResourcesDto),
    { type: () => ModifyToolResourcesDto, description: 'A list that is sent replaces the list of its tool.' },
    { optional: true, nullable: true },
  )
  tool_resources?: ModifyToolResourcesDto | null;

  @MetadataField('Keys to set; all others stay as they are.')
  metadata?: Metadata | null;
}

@ApiSchema({ name: 'PatchThreadRequest', description: 'A JSON merge patch (RFC 7396) of a thread.' })
export class PatchThreadDto {
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
