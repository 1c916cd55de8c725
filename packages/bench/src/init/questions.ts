import { createInterface } from 'node:readline';
import { BenchError } from '@attribution-bench/contract';

/** One question; `check` says what is wrong with an answer. */
export interface Question {
  readonly text: string;
  readonly preset: string;
  check(answer: string): BenchError | undefined;
}

/** Asks questions one after the other on a terminal. */
export interface Interview {
  /** The answer, asked for again until nothing is wrong with it; an empty one is the preset. @throws BenchError CANCELLED */
  ask(question: Question): Promise<string>;
  close(): void;
}

export function openInterview(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Interview {
  const terminal = createInterface({ input, output });
  // Keeps what is typed before it is asked for.
  const lines = terminal[Symbol.asyncIterator]();
  return {
    async ask({ text, preset, check }) {
      for (;;) {
        terminal.setPrompt(`${text} [${preset}] `);
        terminal.prompt();
        const { value, done } = await lines.next();
        if (done === true) throw new BenchError({ code: 'CANCELLED', message: 'no answer: nothing was written' });
        const answer = value.trim() === '' ? preset : value.trim();
        const wrong = check(answer);
        if (wrong === undefined) return answer;
        output.write(`${wrong.line}\n`);
      }
    },
    close: () => terminal.close(),
  };
}
