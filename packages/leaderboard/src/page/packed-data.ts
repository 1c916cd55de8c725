import { gzipSync } from 'node:zlib';
import { type Html, html, trusted } from './html.js';

/** A file that a page offers for download: text, compressed, in a script that is never run. */
export function packedData(id: string, text: string): Html {
  return html`<script type="application/gzip" id="${id}">${trusted(gzipSync(text, { level: 9 }).toString('base64'))}</script>`;
}
