import { join } from 'node:path';
import { configNames, workspaceFolder } from '../workspace.js';
import type { Entry, Kind } from './kinds.js';
import { rememberedEntries } from './remembered-entries.js';

/** Everything of a kind that grid files can name here, by id; of configs, every grid file of the workspace. */
export async function catalogue(kind: Kind): Promise<readonly Entry[]> {
  if (kind !== 'configs') return rememberedEntries(kind);
  const folder = join(workspaceFolder(), 'configs');
  return configNames(folder).map((file) => ({ id: file, title: join(folder, file), facts: {}, params: {} }));
}
