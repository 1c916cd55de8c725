import type { LayerInfo } from '@attribution-bench/contract';

/** Rows in PyTorch's flat order ([out × in] weights) as rows in ours ([in × out]), for dense layers of these sizes. */
export function fromTorchOrder(
  rows: ArrayLike<number>,
  layers: readonly LayerInfo[],
  units: readonly number[],
): Float32Array {
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const converted = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += size) {
    for (const [l, { offset, size: own }] of layers.entries()) {
      const outputs = units[l];
      const inputs = own / outputs - 1;
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inputs; i++) {
          converted[start + offset + i * outputs + o] = rows[start + offset + o * inputs + i];
        }
        const bias = start + offset + inputs * outputs + o;
        converted[bias] = rows[bias];
      }
    }
  }
  return converted;
}
