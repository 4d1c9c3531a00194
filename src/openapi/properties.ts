import { ApiProperty } from '@nestjs/swagger';

/** A field of an answer that always has the same value. */
export const ConstantProperty = (value: string): PropertyDecorator =>
  ApiProperty({ type: 'string', enum: [value], description: `Always \`${value}\`.` });

interface TimeOptions {
  readonly example: number | null;
  readonly nullable?: boolean;
  readonly required?: boolean;
}

/** A time in an answer, in Unix seconds. */
export const TimeProperty = (description: string, options: TimeOptions): PropertyDecorator =>
  ApiProperty({ type: 'integer', format: 'unixtime', description, ...options });
