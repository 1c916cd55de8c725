import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** What a program printed. */
export interface Printed {
  /** Bytes of both streams together. */
  readonly bytes: number;
  /** The last lines, for people: one line of moderate length. */
  end(): string;
  /** Closes the file that what was printed is kept in. */
  close(): Promise<void>;
}

/** How much of the beginning is kept in the file; the end is kept in memory and put after it. */
const keptBytes = 4 * 2 ** 20;
const tailBytes = 16 * 1024;
const linesShown = 3;
const charactersShown = 300;
const progressLine = /^progress (0|1|0?\.\d+|1\.0+)$/;

/**
 * Keeps what a program prints in a file, and hears of lines `progress <share>`.
 * @param onProgress share done, 0 to 1
 */
export function keepPrinted(
  [stdout, stderr]: readonly [Readable, Readable],
  file: string,
  onProgress: (done: number) => void,
): Printed {
  const log = createWriteStream(file);
  log.on('error', () => undefined);
  let bytes = 0;
  let tail = Buffer.alloc(0);
  let line = '';
  const keep = (chunk: Buffer): void => {
    if (bytes < keptBytes) log.write(chunk.subarray(0, keptBytes - bytes));
    bytes += chunk.length;
    tail = Buffer.concat([tail, chunk.subarray(-tailBytes)]).subarray(-tailBytes);
  };
  stdout.on('data', (chunk: Buffer) => {
    keep(chunk);
    const lines = `${line}${chunk.toString('utf8')}`.split('\n');
    line = (lines.pop() ?? '').slice(-80);
    for (const text of lines) {
      const share = progressLine.exec(text.trim())?.[1];
      if (share !== undefined) onProgress(Number(share));
    }
  });
  stderr.on('data', keep);
  return {
    get bytes() {
      return bytes;
    },
    end() {
      const lines = tail
        .toString('utf8')
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey is taken out
        .replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
        .split(/[\r\n]+/)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
        .map((text) => text.replace(/[\u0000-\u001f\u007f]/g, ' ').trim())
        .filter((text) => text !== '' && !progressLine.test(text));
      const last = lines.slice(-linesShown).join(' | ');
      return last.length > charactersShown ? `… ${last.slice(-charactersShown)}` : last;
    },
    async close() {
      if (bytes > keptBytes) {
        log.write(`\n… ${bytes - keptBytes} bytes more, of which the last:\n`);
        log.write(tail);
      }
      log.end();
      await finished(log).catch(() => undefined);
    },
  };
}
