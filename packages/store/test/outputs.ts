import { hashJson } from '@attribution-bench/contract';
import type { ArtifactOutput } from '../src/index.js';

/** Something to be stored: of a kind, and made from nothing but a name. */
export function outputOf(kind: string, name: string): ArtifactOutput {
  const made = { step: kind, name };
  return { kind, key: hashJson(made), made };
}
