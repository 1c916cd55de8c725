/** Numbers of unit vectors that are multiplied at once. */
const blockNumbers = 2 ** 23;

/**
 * A symmetric matrix from its products with the unit vectors, [size × size].
 * @param multiply the products of the matrix with each of the rows, [any number × size]; the rows are not used again
 * @param watch called with the share done, 0 to 1, before each block; may throw to stop
 */
export async function matrixOfProducts(
  size: number,
  multiply: (rows: Float32Array) => Promise<ArrayLike<number>>,
  watch: (share: number) => void,
): Promise<Float64Array> {
  const atOnce = Math.max(1, Math.floor(blockNumbers / size));
  const matrix = new Float64Array(size * size);
  for (let start = 0; start < size; start += atOnce) {
    watch(start / size);
    const rows = Math.min(atOnce, size - start);
    const units = new Float32Array(rows * size);
    for (let row = 0; row < rows; row++) units[row * size + start + row] = 1;
    matrix.set(await multiply(units), start * size);
  }
  return matrix;
}
