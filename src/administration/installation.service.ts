import { Injectable } from '@nestjs/common';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ADMIN_KEY_PREFIX, newApiKey, PROJECT_KEY_PREFIX } from '../auth/api-key.js';
import { Config } from '../config/config.js';
import { InstallationRepository } from './installation.repository.js';
import { storedKey } from './project-key.js';

/** Keys that this start generated; they are shown once. */
export interface FirstKeys {
  readonly apiKey?: string;
  readonly adminApiKey?: string;
}

/** Prepares the database of an installation: the default project, the configured keys, and on the first start new ones. */
@Injectable()
export class InstallationService {
  constructor(
    private readonly installation: InstallationRepository,
    private readonly config: Config,
  ) {}

  async prepare(): Promise<FirstKeys> {
    const { apiKey, adminApiKey, keyPepper } = this.config;
    return this.installation.exclusively(async (transaction) => {
      const isFirstStart = !(await this.installation.hasAdminKey(transaction));
      const first: FirstKeys = isFirstStart
        ? {
            apiKey: apiKey ? undefined : await this.keptKey('api-key', PROJECT_KEY_PREFIX),
            adminApiKey: adminApiKey ? undefined : await this.keptKey('admin-api-key', ADMIN_KEY_PREFIX),
          }
        : {};
      await this.installation.ensureDefaultProject(transaction);
      const projectKey = apiKey ?? first.apiKey;
      const adminKey = adminApiKey ?? first.adminApiKey;
      if (projectKey) {
        await this.installation.ensureProjectKey(transaction, storedKey(projectKey, 'First key', keyPepper));
      }
      if (adminKey) await this.installation.ensureAdminKey(transaction, storedKey(adminKey, 'First key', keyPepper));
      return first;
    });
  }

  /** Writes a new key down before it is stored: a start that is killed in between finds it here and uses it. */
  private async keptKey(name: string, prefix: string): Promise<string> {
    const path = join(this.config.dataDir, name);
    await mkdir(this.config.dataDir, { recursive: true, mode: 0o700 });
    try {
      await writeFile(path, `${newApiKey(prefix)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    return (await readFile(path, 'utf8')).trim();
  }
}
