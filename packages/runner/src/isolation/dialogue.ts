import { type BenchError, fromPlainError } from '@attribution-bench/contract';
import type { WorkMessage } from '../model/work.js';
import type { Told } from './messages.js';

/** Questions to a process, one at a time, and what it says about them. */
export interface Dialogue {
  /** Why there are no more answers, once that is so. */
  readonly ended: BenchError | undefined;
  /** Number of the newest question; the first is 1. */
  readonly newest: number;
  /** Resolves with what answers the next question. @param send sends it, by its number */
  ask(onMessage: (message: WorkMessage) => void, send: (number: number) => void): Promise<unknown>;
  /** Takes what came from the process. */
  hear(told: Told): void;
  /** Takes a line that the process printed; few of one question are passed on. */
  hearLine(line: string): void;
  /** Fails the open question, and all that follow, with the first error that this is called with. */
  end(error: BenchError): void;
}

/** How much of what user code prints about one question is kept; a loop that prints must not fill the disk. */
const linesKept = 200;
const charactersKept = 500;

interface OpenQuestion {
  readonly onMessage: (message: WorkMessage) => void;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: BenchError) => void;
  lines: number;
}

/** @param onOpen told whether a question is open, whenever that changes */
export function openDialogue(onOpen: (open: boolean) => void): Dialogue {
  let newest = 0;
  let question: OpenQuestion | undefined;
  let ended: BenchError | undefined;
  const close = (): OpenQuestion | undefined => {
    const was = question;
    question = undefined;
    onOpen(false);
    return was;
  };
  return {
    get ended() {
      return ended;
    },
    get newest() {
      return newest;
    },
    ask(onMessage, send) {
      const number = ++newest;
      return new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        question = { onMessage, resolve, reject, lines: 0 };
        onOpen(true);
        send(number);
      });
    },
    hear(told: Told | undefined) {
      if (question === undefined || told?.number !== newest) return;
      if (told.type === 'message') question.onMessage(told.message);
      else if (told.type === 'answer') close()?.resolve(told.answer);
      else if (told.type === 'failure') close()?.reject(fromPlainError(told.error));
    },
    hearLine(line) {
      if (question === undefined || ++question.lines > linesKept) return;
      const cut = line.length > charactersKept ? `${line.slice(0, charactersKept)} ...` : line;
      const message = question.lines < linesKept ? cut : 'prints more, which is not kept';
      question.onMessage({ type: 'log', level: 'info', message });
    },
    end(error) {
      ended ??= error;
      close()?.reject(ended);
    },
  };
}
