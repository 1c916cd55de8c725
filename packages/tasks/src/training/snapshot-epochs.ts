/** After which epochs `count` models are kept: evenly spread over the run, the last one final; fewer when the run is shorter. */
export function snapshotEpochs(epochs: number, count: number): number[] {
  const spread = Array.from({ length: count }, (_, i) => Math.max(1, Math.round(((i + 1) * epochs) / count)));
  return [...new Set(spread)];
}
