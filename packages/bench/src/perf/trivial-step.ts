import { type DefinedStep, defineStep, type PlannedStep } from '@attribution-bench/runner';

type Definition = Parameters<typeof defineStep<TrivialJob>>[0];
type Output = PlannedStep['outputs'][number];

/** Does nothing but store its number. */
export interface TrivialJob {
  readonly kind: string;
  readonly number: number;
  readonly output: Output;
}

/** A kind of step that takes no time of its own. @param module URL of the module whose default export it is */
export function trivialStep(
  module: string,
  { kind, many }: Pick<Definition, 'kind' | 'many'>,
): DefinedStep<TrivialJob> {
  return defineStep<TrivialJob>({
    kind,
    module,
    ...(many && { many }),
    priority: 1,
    cost: { likeness: () => kind, seconds: () => 0 },
    result: () => ({ decode: ({ arrays }) => arrays.number.data[0] }),
    async run({ number, output }, { store }) {
      await store.write(output, { arrays: { number: { shape: [1], data: Float32Array.of(number) } }, metadata: {} });
      return { seconds: 0 };
    },
  });
}

/** A step of such a kind that is to be done. */
export function plannedStep(kind: DefinedStep<TrivialJob>, number: number): PlannedStep {
  const output = kind.output({ number });
  const draft = kind.draft({
    label: `${kind.kind} ${number}`,
    task: 'perf',
    needs: [],
    outputs: [output],
    job: { number, output },
    place: [number],
  });
  return { ...draft, place: `${kind.kind} ${number}`, status: 'missing', needed: true, reported: false };
}
