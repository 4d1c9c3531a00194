import { applyDecorators, type Type } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { getMetadataStorage, ValidateBy } from 'class-validator';
import type { ApiError } from '../errors/api-error.js';
import { bodyNotAnObject, duplicateParameter, invalidType, unknownParameter } from '../errors/catalogue.js';
import { type Check, isObject, joinPath, nullable, optional, required } from './check.js';

interface Presence {
  /** A field that may be left out. */
  readonly optional?: boolean;
  /** A field that may be null, which is not the same as left out. */
  readonly nullable?: boolean;
}

/** One field of a request: its rule, as a class-validator constraint, and its documentation, in one place. */
export function Field(check: Check, documentation: ApiPropertyOptions, presence: Presence = {}): PropertyDecorator {
  const accepted = presence.nullable ? nullable(check) : check;
  const rule = presence.optional ? optional(accepted) : required(accepted);
  return applyDecorators(
    // For an object `required` is the list of its children's names; `selfRequired` speaks of the field itself.
    ApiProperty(
      Object.assign({}, documentation, {
        [documentation.type === 'object' ? 'selfRequired' : 'required']: !presence.optional,
        ...(presence.nullable && { nullable: true }),
      }),
    ),
    ValidateBy({
      name: 'field',
      constraints: [rule],
      validator: {
        validate: (value) => rule(value, '') === null,
        defaultMessage: (args) => rule(args?.value, args?.property ?? '')?.message ?? '',
      },
    }),
  );
}

const rulesByType = new Map<Type, ReadonlyMap<string, Check>>();

/** The rules that the fields of a DTO were declared with, in the order of declaration. */
function rulesOf(type: Type): ReadonlyMap<string, Check> {
  let rules = rulesByType.get(type);
  if (!rules) {
    const declared = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
    rules = new Map(declared.map(({ propertyName, constraints: [rule] }): [string, Check] => [propertyName, rule]));
    rulesByType.set(type, rules);
  }
  return rules;
}

export const hasRules = (type: Type): boolean => rulesOf(type).size > 0;

/**
 * Checks an object against the fields of a DTO class: unknown names first, then the fields in their order.
 * Rules are called directly rather than through class-validator's `validate`: that one lets names such as
 * `constructor` pass as known, knows no paths, and took 1.8 µs an object where this takes 0.07 µs (Node 20).
 */
export const objectOf =
  (type: () => Type): Check =>
  (value, path) => {
    if (!isObject(value)) return path ? invalidType(path, 'an object', value) : bodyNotAnObject(value);
    const rules = rulesOf(type());
    for (const name of Object.keys(value)) {
      if (!rules.has(name)) return unknownParameter(joinPath(path, name));
    }
    return firstProblem(rules, value, path);
  };

/** As `objectOf`, for the parameters of a query: unknown ones are ignored, and none may be given twice. */
export function queryProblem(type: Type, query: unknown): ApiError | null {
  const rules = rulesOf(type);
  if (!isObject(query)) return null;
  for (const name of rules.keys()) {
    if (Array.isArray(query[name])) return duplicateParameter(name);
  }
  return firstProblem(rules, query, '');
}

function firstProblem(
  rules: ReadonlyMap<string, Check>,
  value: Record<string, unknown>,
  path: string,
): ApiError | null {
  for (const [name, rule] of rules) {
    const problem = rule(Object.hasOwn(value, name) ? value[name] : undefined, joinPath(path, name));
    if (problem) return problem;
  }
  return null;
}
