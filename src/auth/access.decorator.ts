import { Reflector } from '@nestjs/core';

/** Opens a route to everyone. Routes without it ask for a key. */
export const Public = Reflector.createDecorator<void, true>({ transform: () => true });

/** Keeps a route for administrators. Routes without it ask for the key of a project. */
export const ForAdministrators = Reflector.createDecorator<void, true>({ transform: () => true });
