import type { RunEvent } from '../journal/events.js';
import type { RunLog } from '../journal/run-log.js';
import type { PlannedStep } from '../model/step.js';

type Untimed<Event> = Event extends RunEvent ? Omit<Event, 'at'> : never;

/** Tells an event to the log of the run and to whoever listens. */
export type Emit = (event: Untimed<RunEvent>) => void;

export function emitTo(log: RunLog, listener: (event: RunEvent) => void = () => undefined): Emit {
  return (event) => {
    const timed: RunEvent = { at: Date.now(), ...event };
    log.write(timed);
    listener(timed);
  };
}

/** What events say of the step that they are about. */
export function aboutStep({ id, kind, label, task, method }: PlannedStep) {
  return { step: id, kind, label, task, ...(method && { method }) };
}
