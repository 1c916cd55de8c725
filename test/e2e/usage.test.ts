import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bench, startProgram, temporaryFolder, workspace } from './command.js';

describe('what the command line refuses ends with 2 and one line', () => {
  test.each([
    [['grid', '--confg', 'digits'], "error: unknown option '--confg', did you mean --config?\n"],
    [['gird'], "error: unknown command 'gird', did you mean grid?\n"],
    [
      ['grid', '--jobs', '0'],
      "error: option '-j, --jobs <n>' argument '0' is invalid. Expected a whole number of at least 1, see bench help\n",
    ],
    [['xyzzy.yaml'], "error: unknown command 'xyzzy.yaml', did you mean bench grid xyzzy.yaml?\n"],
    [['truth', 'xyzzy'], "error: unknown command 'xyzzy', known: build, verify, export, import\n"],
    [
      ['plan', 'digitz'],
      'error: no grid file "digitz": looked for digitz, configs/digitz, configs/digitz.yaml, did you mean "digits"?\n',
    ],
    [
      ['plan', 'digits', '-c', 'ci'],
      "error: two grids are named, 'digits' and '--config ci'. Leave one of them out, see bench help\n",
    ],
    [
      ['plan', '--engine', 'onxx'],
      "error: option '--engine <name>' argument 'onxx' is invalid. Did you mean \"onnx\"? Known: onnx, tfjs, see bench help\n",
    ],
    [['perf', '--rounds', '2'], 'error: --rounds is about a comparison, add --beside torch, or leave it out\n'],
    [
      ['perf', 'resnet9-plain'],
      'error: perf resnet9-plain is a network, which is measured beside another library or profiled, add --beside torch or --profile\n',
    ],
    [
      ['perf', '--beside', 'torch', '--python', 'no-such-python'],
      "error: --python no-such-python is no Python that can compare: spawn no-such-python ENOENT, install PyTorch (pip install torch numpy, or Debian's python3-torch), or name an interpreter that has it with --python\n",
    ],
    [['list', 'models', 'mpl'], 'error: "mpl" is not among the models, did you mean "mlp"?\n'],
  ])('bench %j', async (args, line) => {
    expect(await bench(args)).toEqual({ code: 2, stdout: '', stderr: line });
  });
});

test('help says what every verb is for, with examples and exit codes', async () => {
  const { code, stdout } = await bench(['help']);
  expect(code).toBe(0);
  for (const verb of ['grid', 'plan', 'truth', 'status', 'report', 'list', 'validate', 'doctor', 'gc', 'perf']) {
    expect(stdout).toMatch(new RegExp(`^ {2}${verb} .*\\w`, 'm'));
    const help = await bench([verb, '-h']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
  }
  expect(stdout).toContain('bench grid digits.yaml');
  expect(stdout.match(/^ {2}\d {2}\w.*$/gm)).toHaveLength(7);
});

test('doctor finds this machine fit and makes the results folder', async () => {
  const results = join(temporaryFolder(), 'results');
  const { code, stdout } = await bench(['doctor', '--json', '--results', results]);
  expect(code).toBe(0);
  const findings = JSON.parse(stdout) as { subject: string; verdict: string }[];
  expect(findings.filter(({ verdict }) => verdict === 'bad')).toEqual([]);
  expect(findings.map(({ subject }) => subject)).toContain('ONNX Runtime');
});

describe('through Nx', () => {
  const nx = join(workspace, 'node_modules/.bin/nx');

  test('arguments arrive as they were typed, whatever a shell would make of them', async () => {
    const argument = '$(id -u);`id`|"x" \'y\' *';
    const { code, stdout, stderr } = await startProgram(nx, ['run', 'bench:list', 'models', argument]).ending;
    expect(code, stdout + stderr).toBe(1);
    expect(stdout + stderr).toContain(`error: "${argument}" is not among the models`);
    expect(stdout + stderr).toContain('bench list: exit code 2 (bad input)');
  });

  test("files are looked for in the caller's folder", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mine.yaml'), 'schema: bench/grid@1\nnmae: x\n');
    const { code, stdout, stderr } = await startProgram(nx, ['run', 'bench:validate', '--config', 'mine.yaml'], {
      env: { INIT_CWD: folder },
    }).ending;
    expect(code, stdout + stderr).toBe(1);
    expect(stdout + stderr).toContain('mine.yaml:2:1');
  });
});
