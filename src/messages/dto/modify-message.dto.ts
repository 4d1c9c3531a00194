import { MetadataField, MetadataPatchField } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';
import type { RequestExamples } from '../../openapi/operation.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';

@RequestSchema({ name: 'ModifyMessageRequest' })
export class ModifyMessageDto {
  static readonly examples: RequestExamples<ModifyMessageDto> = {
    Metadata: { metadata: { user: 'abc123', rating: 'good' } },
  };

  @MetadataField('Keys to set; all others stay as they are.')
  metadata?: Metadata | null;
}

@RequestSchema({ name: 'PatchMessageRequest', description: 'A JSON merge patch (RFC 7396) of a message.' })
export class PatchMessageDto {
  static readonly examples: RequestExamples<PatchMessageDto> = {
    'Set one key and remove another': { metadata: { user: 'abc123', rating: null } },
    'Remove all keys': { metadata: null },
  };

  @MetadataPatchField()
  metadata?: Readonly<Record<string, string | null>> | null;
}
