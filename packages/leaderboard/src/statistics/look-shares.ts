/**
 * Share of an error probability that look `look` of `looks` may use up, both from 1: the increments of Lan and DeMets's
 * Pocock-like spending function, ln(1 + (e - 1) t) at t = look / looks (Biometrika 70, 1983). All shares sum to 1, so a
 * hypothesis that is rejected at a look when its p-value over the share is at most α is falsely rejected at any look
 * with probability α at most, however the looks depend on each other.
 */
export function lookShare(look: number, looks: number): number {
  const spent = (at: number) => Math.log1p((Math.E - 1) * (at / looks));
  return spent(look) - spent(look - 1);
}
