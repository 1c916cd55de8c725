const { version, license, engines } = require('../../../package.json');

const json = (value) => `${JSON.stringify(value, undefined, 2)}\n`;
/** A template of global scores imports no `numerics`. */
const importsOf = (shape) => (shape === 'global' ? ['contract'] : ['contract', 'numerics']);

exports.manifest = ({ id, title, summary = `${title} as a method of Attribution Bench`, shape }) =>
  json({
    name: `@attribution-bench/method-${id}`,
    version,
    description: summary,
    keywords: ['attribution-bench', 'data-attribution', id],
    license,
    type: 'module',
    engines,
    exports: { '.': { source: `./src/${id}.ts`, types: `./dist/${id}.d.ts`, default: `./dist/${id}.js` } },
    files: ['dist', 'src', '!**/*.tsbuildinfo'],
    dependencies: Object.fromEntries(importsOf(shape).map((name) => [`@attribution-bench/${name}`, version])),
    devDependencies: { '@attribution-bench/testkit': version },
  });

exports.projectConfig = ({ shape }) => `{
  "extends": "../../tsconfig.base.json",
  "compilerOptions": {
    "rootDir": "src",
    "outDir": "dist",
    "tsBuildInfoFile": "dist/.tsbuildinfo"
  },
  "include": ["src"],
  "references": [
${importsOf(shape)
  .map((name) => `    {\n      "path": "../${name}"\n    }`)
  .join(',\n')}
  ]
}
`;
