import { newId } from '../ids/id.js';

/** Who the keys of a project belong to. */
export interface ServiceAccount {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly createdAt: Date;
}

/** The default account of the default project, fixed for the reason that its project's id is. */
export const DEFAULT_ACCOUNT_ID = 'svc_acct_00000000000000000default';

export const newServiceAccount = (name: string, role: string): ServiceAccount => {
  const createdAt = new Date();
  return { id: newId('svc_acct_', createdAt), name, role, createdAt };
};
