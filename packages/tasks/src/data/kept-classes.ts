import { BenchError, didYouMean, type ErrorCode, type ModelKind } from '@attribution-bench/contract';
import type { PointSource } from './dataset.js';

/**
 * Labels to keep, in label order: a dataset's `classes` names them (as text or number), or counts them, or is empty.
 * @param task its id, for messages
 * @throws BenchError CLASS_UNKNOWN when it names one that there is not; CLASS_UNSEEN when there are held-out points of a
 * class without training points; CLASS_ONE when a classifier has one class only
 */
export function keptClasses(
  task: string,
  kind: ModelKind,
  { classNames, train, heldout }: PointSource,
  classes: unknown,
): number[] {
  const fail = (code: ErrorCode, message: string, next: string) =>
    new BenchError({ code, place: `task "${task}"`, message, next });
  const names = Array.isArray(classes) ? classes.map(String) : [];
  const unknown = names.find((name) => !classNames.includes(name));
  if (unknown !== undefined) {
    const few = classNames.length > 20 ? [...classNames.slice(0, 20), '…'] : classNames;
    throw fail(
      'CLASS_UNKNOWN',
      `names ${JSON.stringify(unknown)} in data.classes, which is not a class of its data`,
      didYouMean(unknown, classNames, `classes: ${few.join(', ')}`),
    );
  }
  const kept = classNames.flatMap((name, label) => (names.length === 0 || names.includes(name) ? [label] : []));
  const counts = countsOf(train.labels, classNames.length);
  const heldoutCounts = countsOf(heldout?.labels ?? [], classNames.length);
  for (const label of kept) {
    if (counts[label] > 0) continue;
    throw fail(
      'CLASS_UNSEEN',
      heldoutCounts[label] > 0
        ? `has ${heldoutCounts[label]} held-out points of class "${classNames[label]}" and no training point of it`
        : `has no point of class "${classNames[label]}"`,
      'add training points of that class, or name the classes to keep in data.classes',
    );
  }
  if (kind === 'classifier' && kept.length < 2) {
    throw fail(
      'CLASS_ONE',
      `has points of one class only, "${classNames[kept[0]]}"`,
      'a classifier needs at least two classes',
    );
  }
  return kept;
}

function countsOf(labels: ArrayLike<number>, classes: number): Int32Array {
  const counts = new Int32Array(classes);
  for (let row = 0; row < labels.length; row++) counts[labels[row]]++;
  return counts;
}
