const { readdirSync, readFileSync } = require('node:fs');
const { join, sep } = require('node:path');
const { Eta } = require('eta');

/**
 * The files that a folder of templates becomes: `__id__` in a path becomes the id, `__dot__` a dot, and `.eta` goes.
 * @param {string} folder name of a folder beside this file
 * @param {import('./render.d.cts').Values} values what the templates read as `it`
 * @returns {Map<string, string>} the text of each file by its path, separated by slashes
 */
exports.render = function render(folder, values) {
  const root = join(__dirname, folder);
  const eta = new Eta({ autoEscape: false, autoTrim: false });
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const rendered = files.map((entry) => {
    const file = join(entry.parentPath, entry.name);
    const path = file
      .slice(root.length + 1, -'.eta'.length)
      .split(sep)
      .join('/');
    const text = eta.renderString(readFileSync(file, 'utf8'), { ...values, quoted });
    return [path.replaceAll('__id__', values.id).replaceAll('__dot__', '.'), text];
  });
  return new Map(rendered.sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** A string as the formatter writes it in TypeScript: in single quotes unless it holds some. */
function quoted(text) {
  return text.includes("'") ? JSON.stringify(text) : `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')}'`;
}
