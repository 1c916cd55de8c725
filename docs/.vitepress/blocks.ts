import type { MarkdownRenderer } from 'vitepress';

/** Shows indented blocks, which formulas are written in, like fenced ones: those scroll where the page is narrow. */
export function indentedBlocks(md: MarkdownRenderer): void {
  md.core.ruler.push('indented-blocks', ({ tokens }) => {
    for (const token of tokens) {
      if (token.type !== 'code_block') continue;
      token.type = 'fence';
      token.info = 'text';
    }
  });
}
