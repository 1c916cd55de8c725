import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bool,
  checkParams,
  choice,
  file,
  fileParams,
  filesOf,
  int,
  list,
  locateFiles,
  num,
  object,
  text,
  withoutFiles,
} from '../src/index.js';

const specs = {
  projDim: int({ default: 512, min: 1, help: 'projection width' }),
  ridge: num({ default: 0.01, min: 0, help: 'relative ridge' }),
  kind: choice(['rademacher', 'gaussian'], { default: 'rademacher', help: 'projection kind' }),
  hidden: list(int({ min: 1, help: 'units' }), { default: [32], help: 'hidden layers' }),
  exact: bool({ default: false, help: 'no projection' }),
  steps: int({ help: 'steps' }),
};

test('defaults fill what is not given', () => {
  expect(checkParams(specs, { steps: 3, projDim: 64 })).toEqual({
    ok: true,
    params: { projDim: 64, ridge: 0.01, kind: 'rademacher', hidden: [32], exact: false, steps: 3 },
  });
});

test('every problem is reported, each with its path and a next step', () => {
  const check = checkParams(specs, { projdim: 4, ridge: -1, kind: 'gausian', hidden: [8, 'x'], exact: 'no' });
  expect(check).toEqual({
    ok: false,
    problems: [
      { path: ['projdim'], unknownKey: true, message: 'unknown key "projdim"', next: 'did you mean "projDim"?' },
      { path: ['ridge'], message: 'expected a number of at least 0, found -1' },
      {
        path: ['kind'],
        message: 'expected one of rademacher, gaussian, found "gausian"',
        next: 'did you mean "gaussian"?',
      },
      { path: ['hidden', 1], message: 'expected a whole number, found "x"' },
      { path: ['exact'], message: 'expected true or false, found "no"' },
      { path: [], message: '"steps" is required: steps' },
    ],
  });
});

test('members of the prototype are unknown keys like any other', () => {
  expect(checkParams({}, { constructor: 1 })).toMatchObject({ ok: false, problems: [{ unknownKey: true }] });
});

describe('an object of parameters', () => {
  const fields = {
    file: file({ default: '', checksum: 'sha256', help: 'the model' }),
    sha256: text({ default: '', help: 'of the file' }),
    size: int({ default: 0, min: 0, help: 'height and width' }),
    mean: list(num({ help: 'one channel' }), { default: [0], help: 'subtracted' }),
  };
  const nested = { extractor: object(fields, { help: 'features' }), steps: int({ default: 1, help: 'steps' }) };

  test('left out, it consists of the defaults; given in part, the rest is filled in', () => {
    expect(checkParams(nested, {})).toEqual({
      ok: true,
      params: { extractor: { file: '', sha256: '', size: 0, mean: [0] }, steps: 1 },
    });
    expect(checkParams(nested, { extractor: { size: 8 } })).toMatchObject({
      params: { extractor: { file: '', sha256: '', size: 8, mean: [0] } },
    });
    const deep = {
      outer: object({ inner: object({ width: int({ default: 3, help: 'w' }) }, { help: 'i' }) }, { help: 'o' }),
    };
    expect(checkParams(deep, { outer: {} })).toEqual({ ok: true, params: { outer: { inner: { width: 3 } } } });
  });

  test('is required where one of its fields has no default', () => {
    const specs = { part: object({ size: int({ help: 'how large' }) }, { help: 'a part' }) };
    expect(checkParams(specs, {})).toEqual({
      ok: false,
      problems: [{ path: [], message: '"part" is required: a part' }],
    });
    expect(checkParams(specs, { part: {} })).toEqual({
      ok: false,
      problems: [{ path: ['part'], message: '"size" is required: how large' }],
    });
  });

  test('has every problem reported with the path into it', () => {
    expect(checkParams(nested, { extractor: { siz: 1, size: -1, mean: [0, 'x'], constructor: 2 } })).toEqual({
      ok: false,
      problems: [
        { path: ['extractor', 'siz'], unknownKey: true, message: 'unknown key "siz"', next: 'did you mean "size"?' },
        {
          path: ['extractor', 'constructor'],
          unknownKey: true,
          message: 'unknown key "constructor"',
          next: 'known: file, sha256, size, mean',
        },
        { path: ['extractor', 'size'], message: 'expected a whole number of at least 0, found -1' },
        { path: ['extractor', 'mean', 1], message: 'expected a number, found "x"' },
      ],
    });
    expect(checkParams(nested, { extractor: [1] })).toMatchObject({
      problems: [
        { path: ['extractor'], message: 'expected a mapping, found [1]', next: 'fields: file, sha256, size, mean' },
      ],
    });
  });

  test('written flat, one problem says how to write it', () => {
    expect(
      checkParams(nested, { extractor: 'models/clip.onnx', extractorSha256: '0f', extractorMean: [0.5, 1], steps: 2 }),
    ).toEqual({
      ok: false,
      problems: [
        {
          path: ['extractorSha256'],
          unknownKey: true,
          message: '"extractorSha256", "extractorMean" are fields of "extractor"',
          next: 'write extractor: { file: models/clip.onnx, sha256: "0f", mean: [0.5,1] }',
        },
      ],
    });
    expect(checkParams(nested, { extractor: 'clip.onnx' })).toEqual({
      ok: false,
      problems: [
        {
          path: ['extractor'],
          message: 'expected a mapping, found "clip.onnx"',
          next: 'write extractor: { file: clip.onnx }',
        },
      ],
    });
  });

  test('has the files in it found, located and left out of what goes into keys', () => {
    const specs = {
      ...nested,
      weights: file({ default: '', help: 'weights' }),
      parts: list(file({ help: 'part' }), { default: [], help: 'parts' }),
    };
    const located = locateFiles(
      specs,
      {
        extractor: { file: 'clip.onnx', sha256: 'ab', size: 8, mean: [0] },
        weights: 'https://host/w.bin',
        parts: ['a.bin', '/b.bin'],
        steps: 1,
      },
      '/grids',
    );
    expect(located).toEqual({
      extractor: { file: resolve('/grids/clip.onnx'), sha256: 'ab', size: 8, mean: [0] },
      weights: 'https://host/w.bin',
      parts: [resolve('/grids/a.bin'), resolve('/b.bin')],
      steps: 1,
    });
    expect(filesOf(specs, located)).toEqual([
      { path: 'extractor.file', file: resolve('/grids/clip.onnx'), hasChecksum: true },
      { path: 'weights', file: 'https://host/w.bin', hasChecksum: false },
      { path: 'parts.0', file: resolve('/grids/a.bin'), hasChecksum: false },
      { path: 'parts.1', file: resolve('/b.bin'), hasChecksum: false },
    ]);
    const unchecked = { ...located, extractor: { ...located.extractor, sha256: '' } };
    expect(filesOf(specs, unchecked)[0]).toMatchObject({ path: 'extractor.file', hasChecksum: false });
    expect(fileParams(specs)).toEqual(['extractor.file', 'weights', 'parts']);
    expect(withoutFiles<unknown>(fileParams(specs), located)).toEqual({
      extractor: { sha256: 'ab', size: 8, mean: [0] },
      steps: 1,
    });
  });
});
