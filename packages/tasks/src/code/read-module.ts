import { sha256 } from '@attribution-bench/contract';
import type { Program } from 'acorn';
import { isSyntaxNode, type SyntaxNode } from './parse-module.js';
import { syntaxText } from './syntax-text.js';

/** Something that a piece of code names: a module that it imports, or a file beside its own. */
export interface Link {
  readonly specifier: string;
  /** Names that are taken from a module; absent: everything. */
  readonly names?: readonly string[];
  /** Whether it is a path of a file even without a leading dot. */
  readonly beside?: boolean;
}

/** A part of a module, and what it rests on. */
export interface Piece {
  /** SHA-256 of what it means. */
  readonly hash: string;
  readonly links: readonly Link[];
}

/** An entry of a call of `choices`. */
export interface Entry extends Piece {
  readonly of: string;
  readonly key: string;
}

/** A name that a module passes on from another one. */
export interface PassedOn {
  readonly name: string;
  readonly link: Link;
}

/** A module cut where only some of it may count. */
export interface ModuleCode {
  /** All that always counts: what is in none of the others. */
  readonly own: Piece;
  readonly entries: readonly Entry[];
  /** `export { name } from '…'` */
  readonly passedOn: readonly PassedOn[];
  /** Modules all of whose names it passes on: `export * from '…'`. */
  readonly passedWhole: readonly string[];
  /** Names that it exports other than by `export *`; undefined where it is no ECMAScript module. */
  readonly exported?: ReadonlySet<string>;
}

/** Text of a piece while it is collected. */
interface Draft {
  text: string;
  readonly names: Set<string>;
  readonly links: Link[];
}

interface EntryDraft extends Draft {
  readonly of: string;
  readonly key: string;
}

interface Imported {
  readonly specifier: string;
  /** Undefined: the module as a whole. */
  readonly name?: string;
  readonly local: string;
}

const contract = '@attribution-bench/contract';
const none: readonly Link[] = [];

/**
 * Cuts a module into what always counts and the entries of its choices, see `choices`. An import belongs to entries
 * when nothing but they mentions its name.
 */
export function readModule(program: Program): ModuleCode {
  const statements = program.body as unknown as readonly SyntaxNode[];
  const imported = statements.flatMap(importsOf);
  const cuts = imported.some(
    ({ specifier, name, local }) => specifier === contract && name === 'choices' && local === 'choices',
  );
  const own: Draft = { text: '', names: new Set(), links: [] };
  const entries: EntryDraft[] = [];
  for (const statement of statements) {
    if (isPassingOn(statement)) continue;
    if (statement.type !== 'ImportDeclaration') collect(statement, own, cuts ? entries : undefined);
    else if ((statement.specifiers as readonly unknown[]).length === 0) {
      own.links.push({ specifier: textOf(statement.source) as string, names: [] });
      own.text += syntaxText(statement, () => undefined);
    }
  }
  for (const { specifier, name, local } of imported) {
    const users = entries.filter(({ names }) => names.has(local));
    for (const user of own.names.has(local) || users.length === 0 ? [own] : users) {
      user.links.push({ specifier, ...(name !== undefined && { names: [name] }) });
      user.text += JSON.stringify([specifier, name ?? '*', local]);
    }
  }
  const passedOn = statements.flatMap(passedOnBy);
  const exported = exportedBy(statements);
  return {
    own: pieceOf(own),
    entries: entries.map((entry) => ({ ...pieceOf(entry), of: entry.of, key: entry.key })),
    passedOn,
    passedWhole: statements.flatMap((statement) => passedWholeBy(statement) ?? []),
    ...(exported && { exported }),
  };
}

function pieceOf({ text, links }: Draft): Piece {
  return { hash: sha256(text), links };
}

/** Adds a node to a piece; entries of choices in it go to `entries`, where they are to be told apart. */
function collect(root: SyntaxNode, into: Draft, entries: EntryDraft[] | undefined): void {
  into.text += syntaxText(root, (node, parent, field) => {
    if (node.type === 'Identifier') {
      if (parent === undefined || !isLabel(parent, field)) into.names.add(node.name as string);
      return undefined;
    }
    const chosen = entries && choicesOf(node);
    if (chosen !== undefined) {
      into.names.add('choices');
      for (const { key, value } of chosen.properties) {
        const entry: EntryDraft = { of: chosen.of, key, text: '', names: new Set(), links: [] };
        collect(value, entry, undefined);
        entries?.push(entry);
      }
      return `(choices ${JSON.stringify(chosen.of)})`;
    }
    for (const link of linksOf(node)) into.links.push(link);
    return undefined;
  });
}

/** Whether an identifier in a field of a node is the name of a member and not of a variable. */
function isLabel({ type, computed, shorthand }: SyntaxNode, field: string): boolean {
  if (computed !== false || shorthand === true) return false;
  if (type === 'MemberExpression') return field === 'property';
  return field === 'key' && (type === 'Property' || type === 'MethodDefinition' || type === 'PropertyDefinition');
}

/** The entries of a call `choices('of', { key: value, … })` with nothing but plain keys; undefined for any other node. */
function choicesOf(
  node: SyntaxNode,
): { readonly of: string; readonly properties: readonly { key: string; value: SyntaxNode }[] } | undefined {
  const { type, callee, arguments: given } = node;
  if (type !== 'CallExpression' || !isSyntaxNode(callee) || callee.type !== 'Identifier') return undefined;
  if (callee.name !== 'choices') return undefined;
  const [first, object, ...more] = given as readonly SyntaxNode[];
  const of = textOf(first);
  if (of === undefined || object?.type !== 'ObjectExpression' || more.length > 0) return undefined;
  const properties = (object.properties as readonly SyntaxNode[]).map(({ type: kind, computed, key, value }) =>
    kind === 'Property' && computed === false && isSyntaxNode(key) && isSyntaxNode(value)
      ? { key: nameOf(key), value }
      : undefined,
  );
  return properties.every((property) => property !== undefined) ? { of, properties } : undefined;
}

/** Modules and files that an expression names by a literal. */
function linksOf(node: SyntaxNode): readonly Link[] {
  const { type } = node;
  if (type === 'ImportExpression') return linkTo(node.source);
  if (type !== 'CallExpression' && type !== 'NewExpression') return none;
  const given = node.arguments as readonly SyntaxNode[];
  const callee = node.callee as SyntaxNode;
  if (type === 'NewExpression')
    return callee.type === 'Identifier' && callee.name === 'URL' ? linkTo(given[0], true) : none;
  const below = given.flatMap((argument, index) => (isOwnFolder(argument) ? linkTo(given[index + 1], true) : []));
  return isRequire(callee) ? [...below, ...linkTo(given[0])] : below;
}

function linkTo(node: unknown, beside = false): readonly Link[] {
  const specifier = textOf(node);
  return specifier === undefined || specifier === '' ? [] : [{ specifier, ...(beside && { beside }) }];
}

/** `require`, `require.resolve`, `import.meta.resolve`, `createRequire(…)`. */
function isRequire({ type, name, property, computed, callee }: SyntaxNode): boolean {
  if (type === 'Identifier') return name === 'require';
  if (type === 'MemberExpression') return computed === false && isSyntaxNode(property) && property.name === 'resolve';
  return type === 'CallExpression' && isSyntaxNode(callee) && callee.name === 'createRequire';
}

/** `__dirname`, `import.meta.dirname`. */
function isOwnFolder({ type, name, object, property }: SyntaxNode): boolean {
  if (type === 'Identifier') return name === '__dirname';
  if (type !== 'MemberExpression' || !isSyntaxNode(object) || !isSyntaxNode(property)) return false;
  return object.type === 'MetaProperty' && property.name === 'dirname';
}

/** The text of a literal; undefined for anything else. */
function textOf(node: unknown): string | undefined {
  if (!isSyntaxNode(node)) return undefined;
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateLiteral') return undefined;
  const [only, ...more] = node.quasis as readonly { readonly value: { readonly cooked?: string } }[];
  return more.length === 0 ? only.value.cooked : undefined;
}

/** Name of an identifier or of a literal that stands for one. */
function nameOf(node: unknown): string {
  if (!isSyntaxNode(node)) return '';
  return node.type === 'Identifier' ? (node.name as string) : String(node.value);
}

function importsOf({ type, source, specifiers }: SyntaxNode): readonly Imported[] {
  if (type !== 'ImportDeclaration') return [];
  const specifier = textOf(source) as string;
  return (specifiers as readonly SyntaxNode[]).map(({ type: kind, imported, local }) => {
    const name =
      kind === 'ImportSpecifier' ? nameOf(imported) : kind === 'ImportDefaultSpecifier' ? 'default' : undefined;
    return { specifier, local: nameOf(local), ...(name !== undefined && { name }) };
  });
}

function isPassingOn(node: SyntaxNode): boolean {
  return passedWholeBy(node) !== undefined || passedOnBy(node).length > 0;
}

function passedWholeBy({ type, source, exported }: SyntaxNode): string | undefined {
  return type === 'ExportAllDeclaration' && !isSyntaxNode(exported) ? textOf(source) : undefined;
}

function passedOnBy({ type, source, exported, specifiers }: SyntaxNode): readonly PassedOn[] {
  const specifier = textOf(source);
  if (specifier === undefined) return [];
  if (type === 'ExportAllDeclaration' && isSyntaxNode(exported))
    return [{ name: nameOf(exported), link: { specifier } }];
  if (type !== 'ExportNamedDeclaration') return [];
  return (specifiers as readonly SyntaxNode[]).map(({ local, exported: as }) => ({
    name: nameOf(as),
    link: { specifier, names: [nameOf(local)] },
  }));
}

/** Names that statements export other than by `export *`; undefined where they are no ECMAScript module. */
function exportedBy(statements: readonly SyntaxNode[]): ReadonlySet<string> | undefined {
  const isModule = ({ type }: SyntaxNode): boolean => type === 'ImportDeclaration' || type.startsWith('Export');
  if (!statements.some(isModule)) return undefined;
  return new Set(
    statements.flatMap((statement) => {
      const { type, declaration, specifiers } = statement;
      if (type === 'ExportDefaultDeclaration') return ['default'];
      const passed = passedOnBy(statement).map(({ name }) => name);
      if (type !== 'ExportNamedDeclaration') return passed;
      const listed = (specifiers as readonly SyntaxNode[]).map(({ exported }) => nameOf(exported));
      return [...listed, ...(isSyntaxNode(declaration) ? declaredBy(declaration) : [])];
    }),
  );
}

function declaredBy({ id, declarations }: SyntaxNode): readonly string[] {
  if (isSyntaxNode(id)) return [nameOf(id)];
  return (declarations as readonly SyntaxNode[]).flatMap((declared) => namesIn(declared.id));
}

/** Variables that a pattern declares. */
function namesIn(pattern: unknown): readonly string[] {
  if (Array.isArray(pattern)) return pattern.flatMap(namesIn);
  if (!isSyntaxNode(pattern)) return [];
  if (pattern.type === 'Identifier') return [pattern.name as string];
  const { properties, elements, argument, left, value } = pattern;
  return [properties, elements, argument, left, value].flatMap(namesIn);
}
