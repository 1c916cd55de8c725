/** What is added, the least of it first. */
export interface Heap<T> {
  readonly size: number;
  add(item: T): void;
  take(): T | undefined;
}

/** A binary heap (Williams 1964). @param compare below 0 where the first comes before the second; never 0 for two items */
export function newHeap<T>(compare: (a: T, b: T) => number): Heap<T> {
  const items: T[] = [];
  const before = (a: number, b: number): boolean => compare(items[a], items[b]) < 0;
  const swap = (a: number, b: number): void => {
    [items[a], items[b]] = [items[b], items[a]];
  };
  return {
    get size() {
      return items.length;
    },
    add(item) {
      let at = items.push(item) - 1;
      for (let parent = (at - 1) >> 1; at > 0 && before(at, parent); parent = (at - 1) >> 1) {
        swap(at, parent);
        at = parent;
      }
    },
    take() {
      const first = items[0];
      const last = items.pop();
      if (last === undefined || items.length === 0) return first;
      items[0] = last;
      for (let at = 0; ; ) {
        const left = 2 * at + 1;
        const least = [left, left + 1].reduce(
          (best, child) => (child < items.length && before(child, best) ? child : best),
          at,
        );
        if (least === at) return first;
        swap(at, least);
        at = least;
      }
    },
  };
}
