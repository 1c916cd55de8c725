export function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function shareAboveZero(values: Float32Array): number {
  return values.reduce((count, value) => count + (value > 0 ? 1 : 0), 0) / values.length;
}
