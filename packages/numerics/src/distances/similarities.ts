import { matmul } from '../matrices/matmul.js';
import { squaredNorms } from '../matrices/row-blocks.js';

const queriesAtOnce = 64;

/** `cosine` is 0 where a row is all zeros; `euclidean` is the distance negated. */
export type Similarity = 'cosine' | 'dot' | 'euclidean';

export interface SimilarityRequest {
  /** [queries × dims] */
  readonly queries: Float32Array;
  /** [points × dims] */
  readonly points: Float32Array;
  readonly dims: number;
  readonly measure: Similarity;
  /** Called after each block of queries with the share done. */
  onBlock(share: number): void;
}

/** How alike every query and every point are, [queries × points], by blocked products in float32. */
export async function similarities(request: SimilarityRequest): Promise<Float32Array> {
  const { queries, points, dims, measure, onBlock } = request;
  const [queryCount, pointCount] = [queries.length / dims, points.length / dims];
  const pointNorms = squaredNorms({ start: 0, rows: pointCount, cols: dims, data: points });
  const queryNorms = squaredNorms({ start: 0, rows: queryCount, cols: dims, data: queries });
  const scores = new Float32Array(queryCount * pointCount);
  for (let start = 0; start < queryCount; start += queriesAtOnce) {
    const rows = Math.min(queriesAtOnce, queryCount - start);
    const block = scores.subarray(start * pointCount, (start + rows) * pointCount);
    const queryRows = queries.subarray(start * dims, (start + rows) * dims);
    await matmul(queryRows, points, { m: rows, k: dims, n: pointCount, transposeB: true }, block);
    if (measure !== 'dot') {
      const similarity = measure === 'cosine' ? cosine : negativeDistance;
      for (let row = 0; row < rows; row++) {
        for (let point = 0; point < pointCount; point++) {
          const at = row * pointCount + point;
          block[at] = similarity(block[at], queryNorms[start + row], pointNorms[point]);
        }
      }
    }
    onBlock((start + rows) / queryCount);
  }
  return scores;
}

function cosine(dot: number, a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : dot / Math.sqrt(a * b);
}

function negativeDistance(dot: number, a: number, b: number): number {
  return -Math.sqrt(Math.max(0, a - 2 * dot + b));
}
