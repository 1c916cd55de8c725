const { version, license, engines } = require('../../../package.json');

const json = (value) => `${JSON.stringify(value, undefined, 2)}\n`;
exports.manifest = ({ id, title }) =>
  json({
    name: `@attribution-bench/method-${id}`,
    version,
    description: `${title} as a method of Attribution Bench`,
    keywords: ['attribution-bench', 'data-attribution', id],
    license,
    type: 'module',
    engines,
    exports: { '.': { source: `./src/${id}.ts`, types: `./dist/${id}.d.ts`, default: `./dist/${id}.js` } },
    files: ['dist', 'src', '!**/*.tsbuildinfo'],
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
