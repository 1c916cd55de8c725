import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { exitCode } from '../packages/bench/src/exit-codes.js';
import { bench, temporaryFolder, workspace } from './e2e/command.js';

const text = readFileSync(join(workspace, 'configs/executors/kubernetes.yaml'), 'utf8');
const [account, map, job] = parseAllDocuments(text).map((document) => document.toJS());

/** What TypeScript finds wrong with a manifest as a value of a type: fields that do not exist too, which the schemas let pass. */
function mistypes(kind: string, module: string, manifest: unknown): string[] {
  const file = join(workspace, 'test/manifest.ts');
  const source = `import type { I${kind} } from 'kubernetes-models/${module}/${kind}';\nexport const manifest: I${kind} = ${JSON.stringify(manifest)};\n`;
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([file], options, {
    ...host,
    fileExists: (name) => name === file || host.fileExists(name),
    readFile: (name) => (name === file ? source : host.readFile(name)),
    getSourceFile: (name, target) =>
      name === file ? ts.createSourceFile(name, source, target) : host.getSourceFile(name, target),
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test('the manifest keeps to the schemas and types of Kubernetes', () => {
  for (const [Model, module, manifest] of [
    [ServiceAccount, 'v1', account],
    [ConfigMap, 'v1', map],
    [Job, 'batch/v1', job],
  ] as const) {
    new Model(manifest).validate();
    expect(mistypes(Model.kind, module, manifest)).toEqual([]);
  }
  expect(() => new Job({ ...job, spec: { ...job.spec, completions: 'many' } }).validate()).toThrow('completions');
  const misspelt = structuredClone(job);
  misspelt.spec.template.spec.containers[0].volumeMount = [];
  expect(mistypes('Job', 'batch/v1', misspelt).join()).toContain('volumeMount');
});

test('names within the manifest fit together, and every exit code is provided for', () => {
  const { podFailurePolicy, template } = job.spec;
  const [container] = template.spec.containers;
  expect(template.spec.serviceAccountName).toBe(account.metadata.name);
  const mounted = container.volumeMounts.map(({ name }: { name: string }) => name);
  expect(template.spec.volumes.map(({ name }: { name: string }) => name)).toEqual(mounted);
  expect(template.spec.volumes[0].configMap.name).toBe(map.metadata.name);
  const actions = new Map<number, string>();
  for (const { action, onExitCodes } of podFailurePolicy.rules)
    for (const code of onExitCodes?.values ?? []) actions.set(code, action);
  const { ok: _, regression: __, ...codes } = exitCode;
  expect(Object.fromEntries(actions)).toEqual({
    [codes.cellFailed]: 'FailIndex',
    [codes.badInput]: 'FailJob',
    [codes.full]: 'FailJob',
    [codes.incomplete]: 'Ignore',
    [codes.outOfTime]: 'Ignore',
  });
  expect(actions.size).toBe(Object.keys(codes).length);
});

test('its grid is one, and its flags are those of the command', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'grid.yaml'), map.data['grid.yaml']);
  const [{ command, args }] = job.spec.template.spec.containers;
  expect(command).toEqual(['bench', 'grid', '/grid/grid.yaml']);
  const valid = await bench(['validate', 'grid.yaml'], { cwd: folder });
  expect(valid.code, valid.stderr).toBe(0);
  const known = await bench(['grid', '--help']);
  for (const flag of args.filter((word: string) => word.startsWith('--'))) expect(known.stdout).toContain(flag);
});
