import { openStore } from '@attribution-bench/store';
import type { TaskData } from '@attribution-bench/tasks';
import { unlessLost } from '../../artifacts/codec.js';
import { processPoints } from '../../executors/local/process-points.js';
import type { Plan } from '../../model/plan.js';
import { generateStep } from '../../steps/kinds/generate.js';
import { readData } from '../../steps/read-data.js';
import { imageShape } from './pictures.js';
import { png } from './png.js';

const columns = 10;
const smallestSide = 32;

/** All generated queries of a task in one picture. */
export interface GeneratedSheet {
  readonly task: string;
  readonly png: Uint8Array;
}

/** The generated queries of each task that has any, soundly stored, and whose points are images, ten in a row, enlarged where small. */
export async function generatedSheets(plan: Plan): Promise<GeneratedSheet[]> {
  const store = openStore(plan.storeLocation);
  const sheets: GeneratedSheet[] = [];
  for (const step of plan.steps) {
    const job = generateStep.jobOf(step);
    if (job === undefined || !(await store.has(job.output))) continue;
    const source = { dataset: job.dataset, generated: job.output };
    const data = await unlessLost(readData(store, source, processPoints));
    if (data === undefined) continue;
    const shape = imageShape(data.inputShape, job.spec.data.use);
    if (shape !== undefined) sheets.push({ task: job.spec.id, png: sheet(data, job.spec.queries.heldout, shape) });
  }
  return sheets;
}

/** Queries from `first` on; their numbers are in [-1, 1]. */
function sheet(
  { queryInputs, queryLabels }: TaskData,
  first: number,
  shape: readonly [number, number, 1 | 3],
): Uint8Array {
  const [height, width, channels] = shape;
  const count = queryLabels.length - first;
  const scale = Math.max(1, Math.ceil(smallestSide / height));
  const [cellHeight, cellWidth] = [height * scale + 1, width * scale + 1];
  const [sheetHeight, sheetWidth] = [Math.ceil(count / columns) * cellHeight, Math.min(columns, count) * cellWidth];
  const pixels = new Uint8Array(sheetHeight * sheetWidth * channels).fill(255);
  for (let image = 0; image < count; image++) {
    const [top, left] = [Math.floor(image / columns) * cellHeight, (image % columns) * cellWidth];
    for (let y = 0; y < height * scale; y++) {
      for (let x = 0; x < width * scale; x++) {
        const from = (((first + image) * height + Math.floor(y / scale)) * width + Math.floor(x / scale)) * channels;
        const to = ((top + y) * sheetWidth + left + x) * channels;
        for (let c = 0; c < channels; c++)
          pixels[to + c] = Math.max(0, Math.min(255, Math.round(((queryInputs[from + c] + 1) / 2) * 255)));
      }
    }
  }
  return png(pixels, [sheetHeight, sheetWidth, channels]);
}
