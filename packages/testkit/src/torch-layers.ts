import type { NdArray } from '@attribution-bench/contract';

/** Inputs and outputs of each dense layer of a network. */
export type LayerSizes = readonly { readonly inputs: number; readonly outputs: number }[];

/**
 * Where each parameter of a task's flat vector (layer by layer, weight [in × out] then bias [out]) stands in PyTorch's
 * (layer by layer, `Linear.weight` [out × in] then bias), [p].
 */
export function torchPositions(layers: LayerSizes): Int32Array {
  const positions: number[] = [];
  for (const { inputs, outputs } of layers) {
    const first = positions.length;
    for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) positions.push(first + o * inputs + i);
    for (let o = 0; o < outputs; o++) positions.push(first + inputs * outputs + o);
  }
  return Int32Array.from(positions);
}

/** Weights of PyTorch `Linear` layers, each [out × in] with its bias [out], as a task's flat parameters. */
export function torchLayers(layers: readonly { readonly weight: NdArray; readonly bias: NdArray }[]): Float32Array {
  const flat = layers.flatMap(({ weight, bias }) => [...weight.data, ...bias.data]);
  const sizes = layers.map(({ weight: { shape } }) => ({ inputs: shape[1], outputs: shape[0] }));
  return Float32Array.from(torchPositions(sizes), (position) => flat[position]);
}

/** A matrix whose rows belong to PyTorch's flat parameters, [p × columns], with its rows in a task's order. */
export function torchRows({ shape: [p, columns], data }: NdArray, layers: LayerSizes): NdArray<Float32Array> {
  const rows = new Float32Array(p * columns);
  for (const [row, position] of torchPositions(layers).entries())
    rows.set(data.subarray(position * columns, (position + 1) * columns), row * columns);
  return { shape: [p, columns], data: rows };
}
