import { temporaryFolder } from './folder.js';
import { describeBackend } from './support/describe-backend.js';
import { describeStoreOn } from './support/describe-store-on.js';
import { fileSystemMedium, memoryMedium } from './support/memory-backend.js';

for (const [title, medium] of [
  ['file system', () => fileSystemMedium(temporaryFolder())],
  ['memory', memoryMedium],
] as const) {
  describeBackend(title, medium);
  describeStoreOn(title, medium);
}
