import { toPlainError } from '@attribution-bench/contract';
import type { SlurmParts } from './slurm-parts.js';

/** So many submissions in a row without a step done in between, or so many in all, end the attempts. */
const mostIdleRounds = 2;
const mostRounds = 100;
/** And so many refusals of the scheduler, when nothing is in its hands. */
const mostRefusals = 5;

/**
 * Submits what was lost, as long as something came of the submissions before. Tasks of one array may end over many looks: only
 * those of the last submission tell that nothing comes of it.
 * @param submit returns the ids of the arrays that it submitted
 */
export function submitAgain(
  { tasks, answers, losses, say }: Pick<SlurmParts, 'tasks' | 'answers' | 'losses' | 'say'>,
  submit: () => Promise<readonly string[]>,
): () => Promise<void> {
  let latest: readonly string[] | undefined;
  let rounds = 0;
  let idleRounds = 0;
  let refusals = 0;
  return async () => {
    const { progress, arrays } = losses.takeRound();
    const isOld = latest !== undefined && arrays.size > 0 && !latest.some((array) => arrays.has(array));
    if (progress) idleRounds = 0;
    else if (!isOld) idleRounds++;
    rounds++;
    if (idleRounds >= mostIdleRounds || rounds > mostRounds) return answers.giveUp(toPlainError(losses.error()));
    try {
      latest = await submit();
      refusals = 0;
    } catch (error) {
      idleRounds = Math.max(0, idleRounds - 1);
      say(`jobs cannot be submitted: ${toPlainError(error).message}`);
      if (tasks.size === 0 && ++refusals >= mostRefusals) answers.giveUp(toPlainError(error));
    }
  };
}
