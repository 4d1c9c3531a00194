import { ApiSchema } from '@nestjs/swagger';
import { MetadataField, MetadataPatchField } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';

@ApiSchema({ name: 'ModifyMessageRequest' })
export class ModifyMessageDto {
  @MetadataField('Keys to set; all others stay as they are.')
  metadata?: Metadata | null;
}

@ApiSchema({ name: 'PatchMessageRequest', description: 'A JSON merge patch (RFC 7396) of a message.' })
export class PatchMessageDto {
  @MetadataPatchField()
  metadata?: Readonly<Record<string, string | null>> | null;
}
