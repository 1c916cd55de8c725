import { existsSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { pageOf, repository } from './pages.js';

/** Where a link of a Markdown file leads: to a page or an address, or to a file of the repository that is no page. */
export type Destination = { readonly href: string } | { readonly file: string };

/**
 * Finds where a link leads. Links are written as they work in the repository, relative to their file.
 * @param file that holds the link, as a path in the repository
 * @throws Error when there is no such file
 */
export function destinationOf(href: string, file: string): Destination {
  if (/^([a-z][a-z\d+.-]*:|\/|#)/i.test(href)) return { href };
  const [, path, hash] = /^([^#]*)(.*)$/.exec(href) as RegExpExecArray;
  const target = normalize(join(dirname(file), decodeURI(path)))
    .replace(/[/\\]$/, '')
    .replaceAll('\\', '/');
  if (target.startsWith('..') || !existsSync(join(repository, target))) {
    throw new Error(`${file}: the link ${href} leads to ${target}, which does not exist`);
  }
  const inside = ['README.md', 'index.md'].map((name) => `${target}/${name}`);
  const page = [target, ...inside]
    .filter((path) => existsSync(join(repository, path)))
    .map(pageOf)
    .find(Boolean);
  return page === undefined ? { file: target } : { href: `/${page}${hash}` };
}

/** Address of the commit that a workflow of GitHub builds from; undefined elsewhere. */
function commitAddress(): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_SHA: commit } = process.env;
  return server && name && commit ? `${server}/${name}/blob/${commit}` : undefined;
}

/**
 * Makes the links of the repository's Markdown files those of the site. A link to a file that is no page leads to the repository
 * where its address is known; elsewhere its text stays, with the path as a tooltip.
 */
export function repositoryLinks(md: MarkdownRenderer): void {
  const commit = commitAddress();
  md.core.ruler.after('inline', 'repository-links', ({ tokens, env }) => {
    const { realPath, path }: { realPath?: string; path: string } = env;
    const file = relative(repository, realPath ?? path).replaceAll('\\', '/');
    for (const { children } of tokens) {
      let textOnly = false;
      for (const token of children ?? []) {
        if (token.type === 'link_close' && textOnly) {
          token.type = 'source_close';
          token.tag = 'span';
          textOnly = false;
        }
        if (token.type !== 'link_open') continue;
        const found = destinationOf(token.attrGet('href') ?? '', file);
        if ('href' in found) {
          token.attrSet('href', found.href);
        } else if (commit !== undefined) {
          token.attrSet('href', `${commit}/${found.file}`);
        } else {
          token.type = 'source_open';
          token.tag = 'span';
          token.attrs = [['title', found.file]];
          textOnly = true;
        }
      }
    }
  });
}
