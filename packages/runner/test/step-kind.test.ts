import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openStore } from '@attribution-bench/store';
import { expect, it } from 'vitest';
import { readArtifact } from '../src/artifacts/codec.js';
import { definitionOf, registerStep } from '../src/steps/registry.js';
import type { StepDefinition } from '../src/steps/step-definition.js';
import { temporaryFolder } from './support/folder.js';
import { grid, plan, run, small } from './support/run.js';

it('a kind of step that one file defines is planned for each task, run and read', async () => {
  const file = join(import.meta.dirname, 'fixtures/steps/class-counts.js');
  const classCounts: StepDefinition = (await import(pathToFileURL(file).href)).default;
  registerStep(classCounts);
  const results = temporaryFolder();
  const of = await grid(small);
  const planned = await plan(of, results, { only: ['random'] });
  const steps = planned.steps.filter(({ kind }) => kind === classCounts.kind);
  expect(steps).toMatchObject([{ label: 'class counts of a', task: 'a', status: 'missing', needed: true }]);
  const { outcome } = await run(planned);
  expect(outcome.counts).toMatchObject({ failed: 0, blocked: 0, remaining: 0 });
  const [{ job, outputs }] = steps;
  const part = definitionOf(job).result(job);
  const counts = await readArtifact(openStore(join(results, 'store')), outputs[0], part);
  expect(counts).toEqual([14, 13, 13]);
  const again = await plan(of, results, { only: ['random'] });
  expect(again.steps.filter(({ needed }) => needed)).toEqual([]);
});
