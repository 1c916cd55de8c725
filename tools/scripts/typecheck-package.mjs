// Checks the types of what one package has beside its sources, as `tsc -p tsconfig.test.json` does for all of them.
import ts from 'typescript';

const [folder] = process.argv.slice(2);
const { config } = ts.readConfigFile('tsconfig.test.json', ts.sys.readFile);
const ofPackages = 'packages/*/';
const include = config.include
  .filter((pattern) => pattern.startsWith(ofPackages))
  .map((pattern) => pattern.replace(ofPackages, `${folder}/`));
const { fileNames, options } = ts.parseJsonConfigFileContent({ ...config, include }, ts.sys, process.cwd());
const program = ts.createProgram(fileNames, options);
const problems = ts.getPreEmitDiagnostics(program);
const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => '\n' };
if (problems.length > 0) console.error(ts.formatDiagnosticsWithColorAndContext(problems, host));
process.exitCode = problems.length > 0 ? 1 : 0;
