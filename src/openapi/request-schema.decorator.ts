import { ApiSchema } from '@nestjs/swagger';

interface RequestSchemaOptions {
  readonly name: string;
  readonly description?: string;
  /** What the fields may not be together, as a JSON schema. */
  readonly not?: object;
}

/** Names the schema of a request, or of a part of one, and says that it has no other fields: they are refused. */
export function RequestSchema(options: RequestSchemaOptions): ClassDecorator {
  const schema = { ...options, additionalProperties: false };
  return ApiSchema(schema);
}
