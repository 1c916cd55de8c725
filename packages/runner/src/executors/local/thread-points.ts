import type { MessagePort } from 'node:worker_threads';
import type { ArtifactRef } from '@attribution-bench/store';
import { isShared } from '@attribution-bench/tasks';
import type { PointMemory, SharedPoints } from '../../steps/point-memory.js';

/** What a worker thread wants of the points that the main thread keeps. */
type PointMessage =
  | { readonly type: 'points-wanted'; readonly dataset: ArtifactRef; readonly numbers: number }
  | { readonly type: 'points-made'; readonly dataset: ArtifactRef; readonly points: Float32Array };

/** The answer to `points-wanted`. */
interface PointAnswer extends SharedPoints {
  readonly key: string;
}

/** In the main thread: does what a worker wants of its points, until the worker closes the port. */
export function servePoints(memory: PointMemory, port: MessagePort): void {
  port.on('message', (message: PointMessage) => {
    const { dataset } = message;
    if (message.type === 'points-made') memory.keep(dataset, message.points);
    else
      void memory.of(dataset, message.numbers).then(({ points, state }) => {
        const answer: PointAnswer = { key: dataset.key, points, state };
        port.postMessage(answer);
      });
  });
}

/** In a worker thread: the points of the main thread. @param port to the main thread, while a step is done */
export function pointsBeyond(port: () => MessagePort): PointMemory {
  return {
    of(dataset, numbers) {
      const channel = port();
      return new Promise((resolve) => {
        const hear = (answer: PointAnswer): void => {
          if (answer.key !== dataset.key) return;
          channel.off('message', hear);
          resolve(answer);
        };
        channel.on('message', hear);
        const wanted: PointMessage = { type: 'points-wanted', dataset, numbers };
        channel.postMessage(wanted);
      });
    },
    keep(dataset, points) {
      if (!isShared(points)) return;
      const made: PointMessage = { type: 'points-made', dataset, points };
      port().postMessage(made);
    },
  };
}
