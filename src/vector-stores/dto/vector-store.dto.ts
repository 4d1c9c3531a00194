import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { MetadataProperty } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';
import { unixSeconds } from '../../openapi/unix-time.js';
import type { VectorStore } from '../vector-store.js';
import { ConstantProperty, TimeProperty } from '../../openapi/properties.js';

@ApiSchema({ name: 'VectorStoreFileCounts' })
export class FileCountsDto {
  @ApiProperty({ type: 'integer', description: 'Files that wait to be indexed: all of them, for ever.', example: 1 })
  in_progress!: number;

  @ApiProperty({ type: 'integer', description: 'Files that were indexed: none.', example: 0 })
  completed!: number;

  @ApiProperty({ type: 'integer', description: 'Files that could not be indexed: none.', example: 0 })
  failed!: number;

  @ApiProperty({ type: 'integer', description: 'Files that were not to be indexed any more: none.', example: 0 })
  cancelled!: number;

  @ApiProperty({ type: 'integer', description: 'All files.', example: 1 })
  total!: number;
}

@ApiSchema({ name: 'VectorStoreExpirationAfter' })
export class ExpirationDto {
  @ConstantProperty('last_active_at')
  anchor!: 'last_active_at';

  @ApiProperty({ type: 'integer', minimum: 1, maximum: 365, description: 'After how many days.' })
  days!: number;
}

@ApiSchema({
  name: 'VectorStoreObject',
  description: 'The record of a vector store that was made with a thread. Its files are references.',
})
export class VectorStoreDto {
  @ApiProperty({ description: 'The id of the vector store.', example: 'vs_abc123' })
  id!: string;

  @ConstantProperty('vector_store')
  object!: 'vector_store';

  @TimeProperty('When it was created, in Unix seconds.', { example: 1699061776 })
  created_at!: number;

  @ApiProperty({ description: 'Empty: the helper that makes it takes no name.', example: '' })
  name!: string;

  @ApiProperty({ type: 'integer', description: '0: nothing is fetched.', example: 0 })
  usage_bytes!: number;

  @ApiProperty({ description: 'How many files it names.' })
  file_counts!: FileCountsDto;

  @ApiProperty({
    type: 'string',
    enum: ['expired', 'in_progress', 'completed'],
    description: '`in_progress` when it names files, since none is ever indexed here; `completed` when it names none.',
    example: 'in_progress',
  })
  status!: 'in_progress' | 'completed';

  @ApiProperty({ required: false, description: 'Left out: it does not expire.' })
  expires_after?: ExpirationDto;

  @TimeProperty('Null: it does not expire.', { nullable: true, required: false, example: null })
  expires_at?: null;

  @TimeProperty('When it was created.', { nullable: true, example: 1699061776 })
  last_active_at!: number;

  @MetadataProperty()
  metadata!: Metadata;

  static from({ id, createdAt, fileCount, metadata }: VectorStore): VectorStoreDto {
    return {
      id,
      object: 'vector_store',
      created_at: unixSeconds(createdAt),
      name: '',
      usage_bytes: 0,
      file_counts: { in_progress: fileCount, completed: 0, failed: 0, cancelled: 0, total: fileCount },
      status: fileCount === 0 ? 'completed' : 'in_progress',
      expires_at: null,
      last_active_at: unixSeconds(createdAt),
      metadata,
    };
  }
}
