import type { RunParts } from './run-parts.js';

const everyMs = 1000;

/** Tells how far the run is, once per second; the function that comes back ends that. */
export function startHeartbeat(run: RunParts): () => void {
  const timer = setInterval(() => beat(run), everyMs);
  return () => clearInterval(timer);
}

function beat({ wanted, executor, states, ledger, running, awaited, costs, emit }: RunParts): void {
  const { done, elsewhere, failed } = ledger.counts;
  const left = wanted.filter(({ id }) => ['waiting', 'running'].includes(states.of(id)));
  const ownShare = done / Math.max(1, done + elsewhere);
  const workers = executor.delegates?.workers ?? executor.capacity;
  const eta = costs.forecast.seconds(left, workers / ownShare, ({ id }) => running.secondsSince(id));
  emit({
    type: 'heartbeat',
    done,
    elsewhere,
    failed,
    total: wanted.length,
    running: running.labels,
    awaited: awaited.size,
    rssBytes: running.memory.totalBytes,
    ...(eta !== undefined && { etaSeconds: eta }),
  });
}
