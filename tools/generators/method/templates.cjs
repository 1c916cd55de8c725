const version = '0.1.0';

const json = (value) => `${JSON.stringify(value, undefined, 2)}\n`;
/** A string as the formatter writes it: in single quotes unless it holds some. */
const quoted = (text) =>
  text.includes("'") ? JSON.stringify(text) : `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')}'`;

exports.manifest = ({ id, title }) =>
  json({
    name: `@attribution-bench/method-${id}`,
    version,
    description: `${title} as a method of Attribution Bench`,
    license: 'MIT',
    type: 'module',
    exports: { '.': { source: `./src/${id}.ts`, types: `./dist/${id}.d.ts`, default: `./dist/${id}.js` } },
    files: ['dist', 'src'],
    dependencies: { '@attribution-bench/contract': version, '@attribution-bench/numerics': version },
    devDependencies: { '@attribution-bench/testkit': version },
  });

exports.projectConfig = () => `{
  "extends": "../../tsconfig.base.json",
  "compilerOptions": {
    "rootDir": "src",
    "outDir": "dist",
    "tsBuildInfoFile": "dist/.tsbuildinfo"
  },
  "include": ["src"],
  "references": [
    {
      "path": "../contract"
    },
    {
      "path": "../numerics"
    }
  ]
}
`;

exports.source = ({ id, title, cite, tasks }) => `import { defineMethod, num } from '@attribution-bench/contract';
import { addRowProducts } from '@attribution-bench/numerics';

/** What it computes, in one sentence, with the equation of the paper it comes from. */
export default defineMethod({
  id: ${quoted(id)},
  title: ${quoted(title)},
  family: 'gradient',
  origin: 'adapted', // 'published' once it agrees with its authors' numbers
  cite: ${quoted(cite)},
  revision: 1, // raise it when its numbers change on purpose
  output: 'pairwise',
  tasks: [${tasks.map(quoted).join(', ')}],
  needs: ['checkpoints', 'gradients'], // ctx holds what is named here and nothing else
  params: {
    scale: num({ default: 1, min: 0, help: 'what every score is multiplied by; put your own parameters here' }),
  },

  /** [queries × train], row-major; positive where the training point raises the query's target. */
  async score(ctx, { scale }) {
    const { train, queries } = ctx.task;
    const [checkpoint] = ctx.checkpoints;
    const scores = new Float32Array(queries * train);
    await addRowProducts({
      left: ctx.gradients({ of: 'queries', checkpoint, output: 'target' }),
      leftRows: queries,
      right: () => ctx.gradients({ of: 'train', checkpoint, output: 'loss' }),
      rightRows: train,
      into: scores,
      scale: -scale, // a training step goes against the gradient of its loss
      onBlock(share) {
        ctx.signal.throwIfAborted();
        ctx.progress(share);
      },
    });
    return scores;
  },
});
`;

/** A task of each kind that is small enough for a test. */
const smallTask = {
  classifier:
    "{ id: 'small', data: { use: 'synthetic', train: 20, queries: 4 }, model: { use: 'logistic', epochs: 5 } }",
  generator: `{
    id: 'small',
    data: { use: 'synthetic', train: 20 },
    model: { use: 'ddpm-mlp', hidden: [8], epochs: 5 },
    queries: { heldout: 2, generated: 2 },
  }`,
};

exports.test = ({
  id,
  tasks: [kind],
}) => `import { describeMethod, expectReference, runMethod, taskSpec, trainedSetting } from '@attribution-bench/testkit';
import { test } from 'vitest';
import method from '../src/${id}.js';

describeMethod(method);

// What is special to the method: numbers of its authors' code (\`fixtureTask\`, \`readNpy\`), or a relation that must hold.
test('scores grow with the scale', async () => {
  const spec = taskSpec(
    ${smallTask[kind].replaceAll('\n', '\n  ')},
    0,
  );
  const setting = await trainedSetting(spec);
  const { scores } = await runMethod(method, setting);
  const { scores: tripled } = await runMethod(method, setting, { params: { scale: 3 } });
  expectReference(
    tripled,
    scores.map((score) => 3 * score),
    1e-6,
  );
  await setting.task.release();
});
`;

exports.readme = ({ id, title, cite }) => `# ${title}

\`- use: ${id}\` in a grid file. From: ${cite}.

## What it computes
The formula, with its symbols, and which equation of the paper it is.

## What differs from the paper
Every deviation, and why.

## Parameters
\`bench list methods ${id}\` prints them with their defaults.

## Cost
Time and memory in n (training points), p (parameters), q (queries).

## Parity
The numbers it was held against: whose code, which commit, which case, how far off.
`;
