/** Indices of all pairs i < j of a list: (0,1), (0,2), ..., (1,2), ... */
export function pairs(size: number): [number, number][] {
  const all: [number, number][] = [];
  for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) all.push([i, j]);
  return all;
}
