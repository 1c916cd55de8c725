import { type Node, type Program, parse } from 'acorn';
import { isTypeScript, withoutTypes } from './typescript-module.js';

/** A node of a syntax tree, as a record of its fields. */
export type SyntaxNode = Node & { readonly [field: string]: unknown };

/**
 * The syntax tree of a JavaScript or TypeScript file, types left out; undefined where it does not parse, so that importing it
 * fails and says why.
 */
export function parseModule(file: string, text: string): Program | undefined {
  const source = isTypeScript(file) ? withoutTypes(file, text) : text;
  return parsedAs('module', source) ?? parsedAs('script', source);
}

function parsedAs(sourceType: 'module' | 'script', source: string): Program | undefined {
  try {
    return parse(source, { ecmaVersion: 'latest', sourceType, allowReturnOutsideFunction: sourceType === 'script' });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
