export type { Artifact } from './artifact-file.js';
export { writeAtomically } from './atomic-write.js';
export { type Claim, type Claims, openClaims } from './claims.js';
export { writeError } from './file-errors.js';
export { fileSystemTime } from './file-system-time.js';
export { removeLeftovers } from './leftovers.js';
export { readNote, writeNote } from './note.js';
export { readRegularFile } from './regular-file.js';
export {
  type ArtifactCost,
  type ArtifactOutput,
  type ArtifactRef,
  type Collected,
  openStore,
  type SetAside,
  type Store,
  type StoredArtifact,
} from './store.js';
export { readTruthPack, type TruthPack, writeTruthPack } from './truth-pack.js';
export { requireWritable } from './writable-folder.js';
