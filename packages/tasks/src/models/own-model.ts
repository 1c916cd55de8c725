import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';
import { BenchError, type ErrorCode } from '@attribution-bench/contract';
import { hashCode } from '../code/code-hash.js';
import { diffusionParams } from '../generator/diffusion.js';
import type { Model } from './model.js';
import { isTypeScript, loadTypeScript } from './typescript-module.js';

/** A model that a user wrote, and what identifies its code, see {@link hashCode}. */
export interface OwnModel {
  readonly model: Model;
  readonly sha256: string;
}

/** What a user's model says of itself, as plain data that goes from process to process. */
export interface OwnModelDeclaration {
  readonly declared: Omit<Model, 'network'>;
  readonly sha256: string;
}

/** {@link loadOwnModel} without what cannot leave the process. */
export function declareOwnModel(file: string): OwnModelDeclaration {
  const { model, sha256 } = loadOwnModel(file);
  const { network: _, ...declared } = model;
  return { declared, sha256 };
}

/** Whether `use` of a model is the path of a module: it starts with `.` or is absolute. */
export function isModelPath(use: string): boolean {
  return use.startsWith('.') || isAbsolute(use);
}

/**
 * Loads a TypeScript or JavaScript module whose default export comes from `defineModel`.
 * @param file its absolute path
 * @throws BenchError MODEL_FILE, MODEL_BROKEN (its module throws), MODEL_INVALID
 */
export function loadOwnModel(file: string): OwnModel {
  const fail = (code: ErrorCode, message: string, next: string, cause?: unknown): BenchError =>
    new BenchError({ code, message, next, ...(cause === undefined ? {} : { cause }) });
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw fail('MODEL_FILE', `there is no model module ${file}`, 'relative paths start at the grid file');
  }
  const sha256 = hashCode(file);
  let module: { readonly default?: unknown };
  try {
    module = (isTypeScript(file) ? loadTypeScript(file) : createRequire(file)(file)) as typeof module;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const next = 'name a TypeScript or JavaScript module whose imports are installed';
    throw fail('MODEL_BROKEN', `the model module ${file} cannot be loaded: ${reason}`, next, error);
  }
  const lacks = missingParts(module?.default);
  if (lacks.length > 0) {
    const next = 'its default export must come from defineModel of @attribution-bench/tasks';
    throw fail('MODEL_INVALID', `${file} is not a model: it lacks ${lacks.join(', ')}`, next);
  }
  const model = module.default as Model;
  const missing = [...Object.keys(diffusionParams), 'timeFeatures'].filter((name) => model.params[name] === undefined);
  if (model.kind === 'generator' && missing.length > 0) {
    const next = 'spread diffusionParams of @attribution-bench/tasks into its params, and add the int timeFeatures';
    throw fail('MODEL_INVALID', `the generator ${file} has no parameter ${missing.join(', ')}`, next);
  }
  return { model, sha256 };
}

const parts = {
  id: 'string',
  title: 'string',
  kind: 'string',
  architecture: 'object',
  training: 'object',
  params: 'object',
  network: 'function',
} as const satisfies { readonly [K in keyof Model]?: string };

function missingParts(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return ['a default export'];
  return Object.entries(parts)
    .filter(([name, type]) => typeof (value as Record<string, unknown>)[name] !== type)
    .map(([name]) => name);
}
