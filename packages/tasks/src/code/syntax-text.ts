import { isSyntaxNode, type SyntaxNode } from './parse-module.js';

/** Fields that say where a node stands or how it was written, or that are written apart. */
const unread: ReadonlySet<string> = new Set(['type', 'start', 'end', 'raw', 'value']);

/**
 * What a syntax tree means as text: the same for sources that differ in nothing but comments, line ends and layout.
 * @param visit is shown every node first, with the field of another node that it is in, and may return the text that stands for it
 */
export function syntaxText(
  root: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined, field: string) => string | undefined,
): string {
  let text = '';
  const write = (value: unknown, parent: SyntaxNode, field: string): void => {
    if (Array.isArray(value)) {
      text += '[';
      for (const item of value) write(item, parent, field);
      text += ']';
    } else if (isSyntaxNode(value)) writeNode(value, parent, field);
    else text += typeof value === 'string' ? JSON.stringify(value) : `${value} `;
  };
  const writeNode = (node: SyntaxNode, parent?: SyntaxNode, field = ''): void => {
    const { type } = node;
    const instead = visit(node, parent, field);
    if (instead !== undefined) text += instead;
    if (instead !== undefined || type === 'EmptyStatement') return;
    text += `(${type} `;
    if (type === 'Literal') text += literalText(node);
    else if (type === 'TemplateElement') text += JSON.stringify((node.value as { readonly raw: string }).raw);
    else if (node.value !== undefined) write(node.value, node, 'value');
    for (const own in node) {
      if (unread.has(own)) continue;
      text += `${own}:`;
      write(node[own], node, own);
    }
    text += ')';
  };
  writeNode(root);
  return text;
}

/** With its type, since `1` and `'1'` are two things. Regular expressions and big integers have fields of their own. */
function literalText({ value }: SyntaxNode): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' ? 'object ' : `${typeof value} ${value} `;
}
