/**
 * The fields of ONNX messages (onnx.proto) that lead to tensors, as message → field number → message there. `TensorProto`
 * is where they lead.
 */
const paths: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  Model: { 7: 'Graph', 20: 'Training', 25: 'Function' },
  Training: { 1: 'Graph', 2: 'Graph' },
  Graph: { 1: 'Node', 5: 'Tensor', 15: 'SparseTensor' },
  Function: { 7: 'Node', 11: 'Attribute' },
  Node: { 5: 'Attribute' },
  Attribute: { 5: 'Tensor', 6: 'Graph', 10: 'Tensor', 11: 'Graph', 22: 'SparseTensor', 23: 'SparseTensor' },
  SparseTensor: { 1: 'Tensor', 2: 'Tensor' },
  Tensor: { 13: 'Entry' },
};
const deepest = 64;

/**
 * Names of the files in which an ONNX model keeps weights outside of itself, sorted: the `location` of the external data of
 * its tensors. Bytes that are no ONNX model have none.
 */
export function externalWeights(model: Uint8Array): string[] {
  const locations = new Set<string>();
  const visit = (bytes: Uint8Array, message: string, depth: number): void => {
    if (message === 'Entry') {
      const [key, value] = [1, 2].map((wanted) => textOf(bytes, wanted));
      if (key === 'location' && value !== undefined) locations.add(value);
      return;
    }
    if (depth === deepest) return;
    for (const { field, content } of fieldsOf(bytes)) {
      const next = paths[message][field];
      if (next !== undefined && content !== undefined) visit(content, next, depth + 1);
    }
  };
  visit(model, 'Model', 0);
  return [...locations].sort();
}

function textOf(entry: Uint8Array, wanted: number): string | undefined {
  for (const { field, content } of fieldsOf(entry))
    if (field === wanted && content !== undefined) return Buffer.from(content).toString('utf8');
  return undefined;
}

interface Field {
  readonly field: number;
  /** The bytes of a length-delimited field. */
  readonly content?: Uint8Array;
}

/** The fields of a message in protocol buffers' wire format, up to where it is no message any more. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const length = varint();
      if (!(at + length <= bytes.length)) return;
      yield { field, content: bytes.subarray(at, at + length) };
      at += length;
      continue;
    } else return;
    yield { field };
  }
}
