import { type Html, html } from './html.js';

/** Text that cites a paper, as a link where it names an arXiv number or a DOI. */
export function paperLink(cite: string, text: Html | string = cite): Html {
  const url = paperUrl(cite);
  return url === undefined ? html`${text}` : html`<a href="${url}">${text}</a>`;
}

/** The address of a cited paper; undefined where the citation names neither an arXiv number nor a DOI. */
function paperUrl(cite: string): string | undefined {
  const arxiv = /\barXiv:(\d{4}\.\d{4,5})\b/i.exec(cite);
  if (arxiv !== null) return `https://arxiv.org/abs/${arxiv[1]}`;
  const doi = /\b10\.\d{4,9}\/[\w.()/:;-]+/.exec(cite);
  return doi === null ? undefined : `https://doi.org/${doi[0]}`;
}
