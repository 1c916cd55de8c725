import { fork } from 'node:child_process';
import { BenchError } from '@attribution-bench/contract';
import type { SectionResult } from './figures.js';

/** Measures one section in a process of its own. */
export function runSection(section: string): Promise<SectionResult> {
  return new Promise((resolve, reject) => {
    let result: SectionResult | undefined;
    const child = fork(new URL('./child.js', import.meta.url), [section]);
    child.once('message', (message) => {
      result = message as SectionResult;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (result !== undefined) resolve(result);
      else {
        const message = `the measurement ended with ${signal ?? code} before it had a result`;
        reject(new BenchError({ code: 'PERF_FAILED', place: `perf ${section}`, message }));
      }
    });
  });
}
