// Checks the types of one package's tests and examples, as `tsc -p tsconfig.test.json` does for all of them.
import { join } from 'node:path';
import ts from 'typescript';

const [folder] = process.argv.slice(2);
const { config } = ts.readConfigFile('tsconfig.test.json', ts.sys.readFile);
const include = ['test', 'examples'].map((name) => join(folder, name, '**/*.ts'));
const { fileNames, options } = ts.parseJsonConfigFileContent({ ...config, include }, ts.sys, process.cwd());
const program = ts.createProgram(fileNames, options);
const problems = ts.getPreEmitDiagnostics(program);
const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => '\n' };
if (problems.length > 0) console.error(ts.formatDiagnosticsWithColorAndContext(problems, host));
process.exitCode = problems.length > 0 ? 1 : 0;
