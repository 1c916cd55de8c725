import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findConfig, resultsFolder, resultsPlace, workspaceFolder } from '../src/workspace.js';

const start = process.cwd();
let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'bench-workspace-')));
  mkdirSync(join(root, 'configs/engines'), { recursive: true });
  mkdirSync(join(root, 'inner/folder'), { recursive: true });
  writeFileSync(join(root, 'nx.json'), '{}');
  writeFileSync(join(root, 'configs/small.yaml'), '');
});

afterEach(() => {
  process.chdir(start);
  rmSync(root, { recursive: true });
});

test("a grid is looked for in the caller's folder first, then in configs, with and without .yaml", () => {
  process.chdir(join(root, 'inner/folder'));
  expect(findConfig('small.yaml')).toBe('../../configs/small.yaml');
  expect(findConfig('small')).toBe('../../configs/small.yaml');
  writeFileSync('small', '');
  expect(findConfig('small')).toBe('small');
});

test('an error lists every place that was looked at; a folder is no grid', () => {
  process.chdir(root);
  expect(() => findConfig('engines')).toThrow(
    'no grid file "engines": looked for engines, configs/engines, configs/engines.yaml',
  );
  expect(() => findConfig('tiny.yaml')).toThrow('no grid file "tiny.yaml": looked for tiny.yaml, configs/tiny.yaml');
});

test('the workspace is found upwards, and results are its own unless a folder is named', () => {
  process.chdir(join(root, 'inner/folder'));
  expect(workspaceFolder()).toBe(root);
  expect(resultsFolder(undefined)).toBe(join(root, 'results'));
  expect(resultsFolder('out')).toBe(join(root, 'inner/folder/out'));
});

test('results of a bucket have a folder of the workspace for what cannot be in it', () => {
  process.chdir(join(root, 'inner/folder'));
  expect(resultsPlace('s3://lab/a/b/')).toEqual({
    location: 's3://lab/a/b',
    storeLocation: 's3://lab/a/b/store',
    folder: join(root, 'results/s3/lab/a/b'),
  });
  expect(resultsPlace('s3://lab').storeLocation).toBe('s3://lab/store');
  for (const [url, says] of [
    ['s3://key:secret@host/x', /holds credentials/],
    ['s3://key@host', /holds credentials/],
    ['gs://bucket/x', /^is no place for results/],
    ['s3://', /names no bucket/],
    ['s3://Bucket/x', /names no bucket/],
    ['s3://bucket/../x', /has a prefix/],
    ['s3://bucket/x?versionId=1', /has a prefix/],
  ] as const)
    expect(() => resultsPlace(url)).toThrow(says);
  expect(() => resultsPlace('s3://key:secret@host/x')).not.toThrow(/secret/);
});
