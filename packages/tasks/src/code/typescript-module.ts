import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { compileFunction } from 'node:vm';
import type { TranspileOutput } from 'typescript';

type Typescript = typeof import('typescript');
/** What modules gave, by file. */
type Loaded = Map<string, { exports: unknown }>;

/** Whether a file is TypeScript, by its name. */
export function isTypeScript(file: string): boolean {
  return /\.[cm]?ts$/.test(file);
}

/**
 * Loads a TypeScript module: types are dropped and not checked. Relative imports may be TypeScript too, named by `.ts`, by
 * `.js` as the compiler wants it, or without ending; others are Node's, from the module's folder, where packages of this project need not be installed. Every call loads anew.
 * @returns its exports
 * @throws Error with place and message when the syntax is wrong, or what the module throws
 */
export function loadTypeScript(file: string): unknown {
  return load(file, new Map());
}

function load(file: string, loaded: Loaded): unknown {
  const known = loaded.get(file);
  if (known !== undefined) return known.exports;
  const module: { exports: unknown } = { exports: {} };
  loaded.set(file, module);
  const native = createRequire(file);
  const required = (specifier: string): unknown => {
    const own = specifier.startsWith('.') ? typeScriptFile(resolve(dirname(file), specifier)) : undefined;
    if (own !== undefined) return load(own, loaded);
    return specifier.startsWith('@attribution-bench/') && !isInstalled(native, specifier)
      ? createRequire(import.meta.url)(specifier)
      : native(specifier);
  };
  const run = compileFunction(asCommonJs(file), ['module', 'exports', 'require'], { filename: file });
  run(module, module.exports, required);
  return module.exports;
}

/** A file alone in a folder gets the packages of this project that its bench runs with. */
function isInstalled(native: NodeJS.Require, specifier: string): boolean {
  try {
    native.resolve(specifier);
    return true;
  } catch {
    return false;
  }
}

function typeScriptFile(path: string): string | undefined {
  const candidates = [path, path.replace(/\.([cm]?)js$/, '.$1ts'), `${path}.ts`];
  return candidates.find((candidate) => isTypeScript(candidate) && existsSync(candidate));
}

/** The text of a TypeScript module as JavaScript that still imports and exports; what it takes types from alone is left out. */
export function withoutTypes(file: string, text: string): string {
  return transpiled(file, text, 'ESNext').outputText;
}

function transpiled(fileName: string, text: string, module: 'CommonJS' | 'ESNext'): TranspileOutput {
  const ts = createRequire(import.meta.url)('typescript') as Typescript;
  return ts.transpileModule(text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: { module: ts.ModuleKind[module], target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  });
}

function asCommonJs(file: string): string {
  const ts = createRequire(import.meta.url)('typescript') as Typescript;
  const { outputText, diagnostics = [] } = transpiled(file, readFileSync(file, 'utf8'), 'CommonJS');
  const [wrong] = diagnostics;
  if (wrong === undefined) return outputText;
  const { line } = wrong.file?.getLineAndCharacterOfPosition(wrong.start ?? 0) ?? { line: 0 };
  throw new SyntaxError(`line ${line + 1}: ${ts.flattenDiagnosticMessageText(wrong.messageText, ' ')}`);
}
