import type { Output } from '@attribution-bench/contract';
import type { Program } from '@attribution-bench/onnx';
import type { Pass } from './pass.js';

/** Programs of one evaluator, compiled when first needed. */
export interface CompiledPrograms {
  /** A program that lives until all are released, one per key. */
  kept(key: string, compile: () => Promise<Program>): Promise<Program>;
  /** Lends a program of an output; that of a caller's own output function lives as long as it is lent. */
  borrowed(
    kind: string,
    output: Output,
    pass: Pass,
    compile: () => Promise<Program>,
  ): Promise<{ readonly program: Program; giveBack(): Promise<void> }>;
  release(): Promise<void>;
}

export function compiledPrograms(): CompiledPrograms {
  const programs = new Map<string, Promise<Program>>();
  const kept = (key: string, compile: () => Promise<Program>): Promise<Program> => {
    const known = programs.get(key);
    if (known !== undefined) return known;
    const opened = compile();
    programs.set(key, opened);
    opened.catch(() => programs.delete(key));
    return opened;
  };
  return {
    kept,
    async borrowed(kind, output, pass, compile) {
      if (typeof output === 'string') {
        const shapes = JSON.stringify(pass.specs(1));
        return { program: await kept(`${kind} ${output} ${shapes}`, compile), giveBack: async () => {} };
      }
      const program = await compile();
      return { program, giveBack: () => program.release() };
    },
    async release() {
      const open = [...programs.values()];
      programs.clear();
      for (const program of open) await (await program).release();
    },
  };
}
