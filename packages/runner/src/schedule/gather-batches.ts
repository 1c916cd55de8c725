/** Rows of each kind that wait a moment for more, to be written together. */
export interface Batches<Row> {
  /**
   * Resolves when the rows are written, with others of their kind that wait.
   * @param atOnce whether they are not to wait for more @throws what `write` throws
   */
  add(kind: string, rows: readonly Row[], atOnce: boolean): Promise<void>;
  /** Begins to write all that waits. */
  writeNow(): void;
}

/** How long rows wait at most: so much work has a process that is killed done in vain. */
export const waitMs = 250;

interface Batch<Row> {
  readonly rows: Row[];
  readonly written: Promise<void>;
  write(): void;
}

/** @param enough rows that are written without waiting for more */
export function gatherBatches<Row>(
  enough: number,
  write: (kind: string, rows: readonly Row[]) => Promise<void>,
): Batches<Row> {
  const open = new Map<string, Batch<Row>>();

  function begin(kind: string): Batch<Row> {
    const rows: Row[] = [];
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const timer = setTimeout(writeThese, waitMs);
    function writeThese(): void {
      clearTimeout(timer);
      open.delete(kind);
      end();
    }
    const batch = { rows, written: ended.then(() => write(kind, rows)), write: writeThese };
    open.set(kind, batch);
    return batch;
  }

  return {
    async add(kind, rows, atOnce) {
      if (rows.length === 0) return;
      const batch = open.get(kind) ?? begin(kind);
      batch.rows.push(...rows);
      if (atOnce || batch.rows.length >= enough) batch.write();
      await batch.written;
    },
    writeNow() {
      for (const batch of [...open.values()]) batch.write();
    },
  };
}
