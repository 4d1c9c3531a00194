import { hashApiKey, newApiKey, PROJECT_KEY_PREFIX, redactApiKey } from '../auth/api-key.js';
import { newId } from '../ids/id.js';
import type { ServiceAccount } from './service-account.js';

/** A key as it is stored. */
export interface StoredKey {
  readonly id: string;
  readonly name: string;
  readonly hash: Uint8Array<ArrayBuffer>;
  readonly redacted: string;
  readonly createdAt: Date;
}

/** A key as administrators see it. */
export interface ProjectKey {
  readonly id: string;
  readonly name: string;
  readonly redacted: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly serviceAccount: ServiceAccount;
}

/** A new key: its value, which is shown once, and what is stored of it. */
export function newProjectKey(pepper: string): { readonly value: string; readonly stored: StoredKey } {
  const value = newApiKey(PROJECT_KEY_PREFIX);
  return { value, stored: storedKey(value, 'Secret Key', pepper) };
}

export const storedKey = (value: string, name: string, pepper: string): StoredKey => {
  const createdAt = new Date();
  return {
    id: newId('key_', createdAt),
    name,
    hash: hashApiKey(value, pepper),
    redacted: redactApiKey(value),
    createdAt,
  };
};
