import type { Json } from '@attribution-bench/contract';

/** What identifies an artifact: the kind of step that makes it and the hash of all that it is made from. */
export interface ArtifactRef {
  /** Lower-case letters and dashes. */
  readonly kind: string;
  /** SHA-256, lower-case hex. */
  readonly key: string;
}

/** An artifact that is to be stored: `made` is what its key is the hash of, and names its kind as `step`. */
export interface ArtifactOutput extends ArtifactRef {
  readonly made: { readonly [part: string]: Json | undefined };
}
