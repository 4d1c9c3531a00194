import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { RequestExamples } from '../../openapi/operation.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { unixSeconds } from '../../openapi/unix-time.js';
import { ListDto } from '../../pagination/list.dto.js';
import { boolean, oneOf } from '../../validation/check.js';
import { Field } from '../../validation/fields.js';
import type { StoredKey } from '../project-key.js';
import type { ServiceAccount } from '../service-account.js';
import { NameField } from './project.dto.js';
import { ConstantProperty, TimeProperty } from '../../openapi/properties.js';

@RequestSchema({ name: 'ProjectServiceAccountCreateRequest' })
export class CreateServiceAccountDto {
  static readonly examples: RequestExamples<CreateServiceAccountDto> = {
    'With a key': { name: 'Chat backend' },
    'Without a key': { name: 'Chat backend', create_service_account_only: true },
  };

  @NameField('The name of the service account.')
  name!: string;

  @Field(
    boolean,
    { type: 'boolean', description: 'Makes the account without a key, and with the role `none`.', example: false },
    { optional: true, nullable: true },
  )
  create_service_account_only?: boolean | null;
}

@RequestSchema({ name: 'UpdateProjectServiceAccountBody' })
export class UpdateServiceAccountDto {
  static readonly examples: RequestExamples<UpdateServiceAccountDto> = {
    'A new name': { name: 'Chat backend', role: 'member' },
  };

  @NameField('The new name of the service account.', { optional: true })
  name?: string;

  @Field(
    oneOf(['member', 'owner']),
    {
      type: 'string',
      enum: ['member', 'owner'],
      description: 'A label: keys of all roles may do the same.',
      example: 'member',
    },
    { optional: true },
  )
  role?: string;
}

@ApiSchema({ name: 'ProjectServiceAccount', description: 'Who the keys of a project belong to.' })
export class ServiceAccountDto {
  @ConstantProperty('organization.project.service_account')
  object!: 'organization.project.service_account';

  @ApiProperty({ description: 'The id of the service account.', example: 'svc_acct_abc123' })
  id!: string;

  @ApiProperty({ description: 'Its name.', example: 'Support desk' })
  name!: string;

  @ApiProperty({
    type: 'string',
    enum: ['owner', 'member', 'none'],
    description: 'Its role, a label.',
    example: 'member',
  })
  role!: string;

  @TimeProperty('When it was created, in Unix seconds.', { example: 1711471533 })
  created_at!: number;

  static from({ id, name, role, createdAt }: ServiceAccount): ServiceAccountDto {
    return { object: 'organization.project.service_account', id, name, role, created_at: unixSeconds(createdAt) };
  }
}

@ApiSchema({ name: 'ProjectServiceAccountListResponse' })
export class ListServiceAccountsDto extends ListDto(ServiceAccountDto, 'svc_acct_abc123') {}

@ApiSchema({ name: 'ProjectServiceAccountApiKey', description: 'A new key. Its value is shown here and never again.' })
export class NewApiKeyDto {
  @ConstantProperty('organization.project.service_account.api_key')
  object!: 'organization.project.service_account.api_key';

  @ApiProperty({ description: 'The key.', example: 'sk-ts-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNO' })
  value!: string;

  @ApiProperty({ description: 'Its name.', example: 'Secret Key' })
  name!: string;

  @TimeProperty('When it was created, in Unix seconds.', { example: 1711471533 })
  created_at!: number;

  @ApiProperty({ description: 'The id of the key.', example: 'key_abc123' })
  id!: string;
}

@ApiSchema({ name: 'ProjectServiceAccountCreateResponse', description: 'A new service account and its key.' })
export class ServiceAccountCreatedDto {
  @ConstantProperty('organization.project.service_account')
  object!: 'organization.project.service_account';

  @ApiProperty({ description: 'The id of the service account.', example: 'svc_acct_abc123' })
  id!: string;

  @ApiProperty({ description: 'Its name.', example: 'Support desk' })
  name!: string;

  @ApiProperty({
    type: 'string',
    enum: ['member', 'none'],
    description: '`none` for an account without a key.',
    example: 'member',
  })
  role!: string;

  @TimeProperty('When it was created, in Unix seconds.', { example: 1711471533 })
  created_at!: number;

  @ApiProperty({ type: () => NewApiKeyDto, nullable: true, description: 'Its key; null when none was asked for.' })
  api_key!: NewApiKeyDto | null;

  static from(account: ServiceAccount, key: { value: string; stored: StoredKey } | null): ServiceAccountCreatedDto {
    return {
      ...ServiceAccountDto.from(account),
      api_key: key && {
        object: 'organization.project.service_account.api_key',
        value: key.value,
        name: key.stored.name,
        created_at: unixSeconds(key.stored.createdAt),
        id: key.stored.id,
      },
    };
  }
}

@ApiSchema({ name: 'ProjectServiceAccountDeleteResponse' })
export class ServiceAccountDeletedDto {
  @ConstantProperty('organization.project.service_account.deleted')
  object!: 'organization.project.service_account.deleted';

  @ApiProperty({ description: 'The id of the service account that was deleted.', example: 'svc_acct_abc123' })
  id!: string;

  @ApiProperty({ description: 'Always true.', example: true })
  deleted!: boolean;

  static from(id: string): ServiceAccountDeletedDto {
    return { object: 'organization.project.service_account.deleted', id, deleted: true };
  }
}
