import { type Html, html, trusted } from './html.js';

/** Pictures of one task, each of which a page holds once however often it is shown. */
export interface Pictures {
  /** Rules that give every picture to its class. */
  readonly style: Html;
  show(picture: number, words: string): Html;
}

/**
 * @param name told apart from that of every other task of the page
 * @param urls `data:` URLs of PNG files
 */
export function picturesOf(name: string, urls: readonly string[]): Pictures {
  const rules = urls.map((url, i) => `.${name}-${i}{background-image:url("${url.replace(/[^\w:;,/+=-]/g, '')}")}`);
  return {
    style: html`<style>${trusted(rules.join('\n'))}</style>`,
    show: (picture, words) => html`<i class="px ${name}-${picture}" role="img" aria-label="${words}"></i>`,
  };
}
