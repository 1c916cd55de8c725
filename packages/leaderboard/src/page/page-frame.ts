import { pageAsset, type StyleSheet } from './assets.js';
import { type Html, html, trusted } from './html.js';

const policy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** A whole document that needs nothing but itself. @param style what it has beyond the style sheet of all pages */
export function pageFrame(title: string, body: Html, style?: StyleSheet): string {
  return `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<script data-early>document.documentElement.className = 'js'</script>
<style>
${trusted(pageAsset('page.css'))}${style && trusted(pageAsset(style))}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the tables</a>
${body}
<script>
${trusted(pageAsset('page.js'))}</script>
</body>
</html>
`.markup
  }`;
}

/** Switches between light and dark. */
export const themeButton = html`<button type="button" class="theme" id="theme" aria-label="Switch between light and dark" title="Switch between light and dark"><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="7.2" fill="none" stroke="currentColor" stroke-width="1.6"/><path d="M10 2.8a7.2 7.2 0 0 1 0 14.4z" fill="currentColor"/></svg></button>`;
