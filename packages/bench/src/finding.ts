/** What is known of one part of a machine. */
export interface Finding {
  readonly subject: string;
  readonly verdict: 'ok' | 'note' | 'bad';
  readonly found: string;
  /** What to do about it. */
  readonly next?: string;
}
