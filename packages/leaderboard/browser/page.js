// @ts-check
(() => {
  const root = document.documentElement;

  /** @template {Element} T @param {string} selector @param {ParentNode} [within] @returns {T[]} */
  const all = (selector, within = document) => /** @type {T[]} */ (Array.from(within.querySelectorAll(selector)));

  // Light and dark.
  const themeKey = 'attribution-bench-theme';
  /** Storage is refused to some pages that are opened from disk. @param {() => void} access */
  const attempt = (access) => {
    try {
      access();
    } catch {
      // The page then forgets.
    }
  };
  attempt(() => {
    const theme = localStorage.getItem(themeKey);
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  });
  document.getElementById('theme')?.addEventListener('click', () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    const next = dark ? 'light' : 'dark';
    root.dataset.theme = next;
    attempt(() => localStorage.setItem(themeKey, next));
  });

  // What is shown: the task, the row, the methods, the number and the order. All of it is in the address, so that a link
  // shows what its sender saw.
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById('filters'));
  const groups = ['family', 'origin'];
  const sections = /** @type {HTMLElement[]} */ (all('section.task[data-task]'));
  const tabs = /** @type {HTMLAnchorElement[]} */ (all('.tabs a'));
  /** Column and direction that ranked tables are sorted by; null: as they were made. @type {{ column: string, down: boolean } | null} */
  let order = null;
  /** The task that is shown; undefined: the first one. @type {string | undefined} */
  let task;
  /** The row that the address names. @type {string | undefined} */
  let row;

  /** @param {string} group */
  const chosen = (group) =>
    /** @type {HTMLInputElement[]} */ (all(`#filters input[name="${group}"]:checked`)).map(({ value }) => value);
  const nameInput = /** @type {HTMLInputElement | null} */ (form?.querySelector('input[name="method"]') ?? null);

  function writeAddress() {
    const state = new URLSearchParams();
    if (row) state.set('row', row);
    else if (task) state.set('task', task);
    for (const group of groups) for (const value of chosen(group)) state.append(group, value);
    if (nameInput?.value) state.set('method', nameInput.value);
    if (chosen('show').includes('value')) state.set('show', 'value');
    if (order) state.set('sort', `${order.column}${order.down ? '.down' : '.up'}`);
    const hash = state.toString();
    history.replaceState(null, '', hash === '' ? location.pathname + location.search : `#${hash}`);
  }

  function readAddress() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const input of /** @type {HTMLInputElement[]} */ (all('#filters input[type="checkbox"]')))
      input.checked = state.getAll(input.name).includes(input.value);
    const value = state.get('show') === 'value' ? 'value' : 'share';
    for (const input of /** @type {HTMLInputElement[]} */ (all('#filters input[name="show"]')))
      input.checked = input.value === value;
    if (nameInput) nameInput.value = state.get('method') ?? '';
    const sort = /^(.+)\.(up|down)$/.exec(state.get('sort') ?? '');
    order = sort ? { column: sort[1], down: sort[2] === 'down' } : null;
    row = state.get('row') ?? undefined;
    task = state.get('task') ?? undefined;
    const filters = form?.querySelector('details');
    if (filters && (nameInput?.value || groups.some((group) => chosen(group).length > 0))) filters.open = true;
  }

  function applyFilters() {
    const [families, origins] = groups.map(chosen);
    const words = (nameInput?.value ?? '').trim().toLowerCase();
    /** @param {string[]} list @param {string | undefined} value */
    const takes = (list, value) => list.length === 0 || list.includes(value ?? '');
    for (const entry of /** @type {HTMLElement[]} */ (all('[data-name][data-family]'))) {
      const { family, origin, name = '' } = entry.dataset;
      const fixed = entry.classList.contains('ceiling') || entry.classList.contains('control');
      const fits = takes(families, family) && takes(origins, origin) && name.toLowerCase().includes(words);
      entry.toggleAttribute('hidden', !fixed && !fits);
    }
    const names = (/** @type {string} */ selector) =>
      new Set(/** @type {HTMLElement[]} */ (all(selector)).map(({ dataset }) => dataset.name)).size;
    const total = names(':is(tbody.entry:is(.method, .unranked), .matrix tr.method)');
    const shown = names(':is(tbody.entry:is(.method, .unranked), .matrix tr.method):not([hidden])');
    const count = document.getElementById('count');
    if (count) count.textContent = shown === total ? `${total} methods` : `${shown} of ${total} methods`;
    root.classList.toggle('raw', chosen('show').includes('value'));
  }

  // A task at a time.
  const list = document.querySelector('.tabs');
  list?.setAttribute('role', 'tablist');
  tabs.forEach((tab, i) => {
    tab.setAttribute('role', 'tab');
    tab.removeAttribute('aria-current');
    tab.id = `tab-${i}`;
    if (!sections[i]) return;
    tab.setAttribute('aria-controls', sections[i].id);
    sections[i].setAttribute('role', 'tabpanel');
    sections[i].setAttribute('aria-labelledby', tab.id);
  });

  function applyTask() {
    const behind = row === undefined ? null : document.getElementById(`row=${encodeURIComponent(row)}`);
    const wanted = behind?.closest('section.task') ?? sections.find(({ dataset }) => dataset.task === task);
    const shown = wanted ?? sections[0];
    sections.forEach((section, i) => {
      const on = section === shown;
      section.classList.toggle('on', on);
      tabs[i]?.setAttribute('aria-selected', String(on));
      tabs[i]?.setAttribute('tabindex', on ? '0' : '-1');
    });
    for (const entry of all('.entry.target')) entry.classList.remove('target');
    if (!behind) return;
    for (let fold = behind.closest('details'); fold; fold = fold.parentElement?.closest('details') ?? null)
      fold.open = true;
    behind.classList.add('target');
    behind.scrollIntoView({ block: 'center' });
  }

  document.addEventListener('click', (event) => {
    const link = /** @type {Element} */ (event.target).closest('a[href^="#task="], a[href^="#row="]');
    if (!link) return;
    event.preventDefault();
    const state = new URLSearchParams(link.getAttribute('href')?.slice(1));
    task = state.get('task') ?? undefined;
    row = state.get('row') ?? undefined;
    writeAddress();
    applyTask();
    if (task && !link.closest('.tabs')) list?.scrollIntoView();
  });
  list?.addEventListener('keydown', (event) => {
    const { key } = /** @type {KeyboardEvent} */ (event);
    const at = tabs.indexOf(/** @type {HTMLAnchorElement} */ (document.activeElement));
    const last = tabs.length - 1;
    const next =
      { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[key] ?? -1;
    if (at < 0 || next < 0) return;
    event.preventDefault();
    tabs[next].focus();
    tabs[next].click();
  });

  /** @param {Element} entry @param {number} column */
  const sortValue = (entry, column) =>
    /** @type {HTMLElement} */ ((entry.matches('tr') ? entry : entry.querySelector('tr'))?.children[column])?.dataset.v;

  /** Puts the rows that are methods in the order of a column, those without a value last. @param {Element[]} entries @param {Element | null} after @param {number} column @param {boolean} down @param {boolean} numeric */
  function sortRows(entries, after, column, down, numeric) {
    const keyed = entries.map((entry, i) => ({ entry, i, key: sortValue(entry, column) }));
    keyed.sort((a, b) => {
      if (a.key === undefined || b.key === undefined)
        return Number(a.key === undefined) - Number(b.key === undefined) || a.i - b.i;
      const difference = numeric ? Number(a.key) - Number(b.key) : a.key.localeCompare(b.key);
      return (down ? -difference : difference) || a.i - b.i;
    });
    const sorted = keyed.map(({ entry }) => entry);
    if (after) after.after(...sorted);
    else entries[0]?.parentElement?.prepend(...sorted);
  }

  /** @param {Element[]} heads @param {Element} head @param {boolean} down */
  function markSorted(heads, head, down) {
    for (const other of heads)
      if (other.querySelector('.sort'))
        other.setAttribute('aria-sort', other !== head ? 'none' : down ? 'descending' : 'ascending');
  }

  function applyOrder() {
    for (const table of all('table.board')) {
      const heads = /** @type {HTMLElement[]} */ (all('thead th', table));
      const by = order && heads.find(({ dataset }) => dataset.column === order?.column);
      const head = by || heads.find(({ dataset }) => dataset.column === 'rank');
      if (!head) continue;
      const down = by && order ? order.down : false;
      markSorted(heads, head, down);
      const after = table.querySelector('tbody.ceiling') ?? table.querySelector('thead');
      sortRows(all('tbody.entry.method', table), after, heads.indexOf(head), down, head.dataset.column !== 'method');
    }
  }

  document.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('button.sort');
    const head = /** @type {HTMLElement | null} */ (button?.closest('th') ?? null);
    if (!head) return;
    const now = head.getAttribute('aria-sort');
    const first = head.hasAttribute('data-largest-first');
    const down = now === 'none' ? first : now === 'ascending';
    const table = head.closest('table');
    if (table?.matches('.matrix')) {
      const heads = all('thead tr:first-child th', table);
      markSorted(heads, head, down);
      sortRows(
        all('tbody tr.method', table),
        table.querySelector('tbody:last-of-type tr.ceiling'),
        heads.indexOf(head),
        down,
        true,
      );
      return;
    }
    const column = head.dataset.column ?? '';
    order = column === 'rank' && !down ? null : { column, down };
    applyOrder();
    writeAddress();
  });
  const show = () => {
    readAddress();
    applyOrder();
    applyFilters();
    applyTask();
  };
  if (form) {
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('input', () => {
      applyFilters();
      writeAddress();
    });
    form.addEventListener('reset', () =>
      setTimeout(() => {
        order = null;
        applyOrder();
        applyFilters();
        writeAddress();
      }),
    );
    addEventListener('hashchange', show);
    if (location.hash.includes('=')) show();
    else applyTask();
  }

  // In the repository a method's page is its README; the site makes a page of each.
  if (location.protocol !== 'file:')
    for (const link of /** @type {HTMLAnchorElement[]} */ (all('a.method-page'))) {
      const name = /\/packages\/method-([^/]+)\/README\.md$/.exec(link.getAttribute('href') ?? '')?.[1];
      if (name) link.setAttribute('href', `../../methods/${name}.html`);
    }

  // What is behind a row.
  document.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('button.expand');
    const row = button && document.getElementById(button.getAttribute('aria-controls') ?? '');
    if (!button || !row) return;
    row.hidden = !row.hidden;
    button.setAttribute('aria-expanded', String(!row.hidden));
  });

  // Copying; pages that are opened from disk may have no clipboard.
  document.addEventListener('click', async (event) => {
    const button = /** @type {Element} */ (event.target).closest('button.copy');
    const code = button?.previousElementSibling;
    if (!button || !code) return;
    try {
      await navigator.clipboard.writeText(code.textContent ?? '');
      button.textContent = 'Copied';
    } catch {
      getSelection()?.selectAllChildren(code);
      button.textContent = document.execCommand('copy') ? 'Copied' : 'Selected';
    }
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1500);
  });

  // Downloads.
  /** @param {string} id */
  async function unpacked(id) {
    const bytes = Uint8Array.from(atob(document.getElementById(id)?.textContent ?? ''), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
  }
  /** @param {Element} button @returns {Promise<[string, string, string]>} */
  async function fileOf(button) {
    switch (button.getAttribute('data-save')) {
      case 'csv':
        return [await unpacked('csv-data'), 'csv', 'text/csv'];
      case 'json':
        return [await unpacked('board-data'), 'json', 'application/json'];
      case 'costs':
        return [await unpacked('costs-data'), 'json', 'application/json'];
      default: {
        const style = getComputedStyle(root);
        const drawing = button.closest('figure')?.querySelector('svg')?.cloneNode(true);
        const text = drawing ? new XMLSerializer().serializeToString(drawing) : '';
        const painted = text
          .replace(/var\((--[\w-]+)\)/g, (_, name) => style.getPropertyValue(name).trim())
          .replace(
            /<svg([^>]*)>/,
            `<svg$1 font-family="${style.getPropertyValue('--sans').trim().replaceAll('"', "'")}"><rect width="100%" height="100%" fill="${style.getPropertyValue('--card').trim()}"/>`,
          );
        return [painted, 'svg', 'image/svg+xml'];
      }
    }
  }
  document.addEventListener('click', async (event) => {
    const button = /** @type {Element} */ (event.target).closest('button[data-save]');
    if (!button) return;
    const [text, extension, type] = await fileOf(button);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `${(button.getAttribute('data-name') ?? 'board').replace(/[^\w.-]+/g, '_')}.${extension}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });

  // What a mark of a chart stands for; on touch, what a title says that a mouse would show by itself.
  const tip = document.getElementById('tip');
  /** @param {string | null | undefined} text @param {number} x @param {number} y */
  function showTip(text, x, y) {
    if (!tip) return;
    tip.hidden = !text;
    tip.textContent = text ?? '';
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - width - 4))}px`;
    tip.style.top = `${y > height + 20 ? y - height - 10 : y + 16}px`;
  }
  document.addEventListener('pointermove', ({ target, pointerType, clientX, clientY }) => {
    if (pointerType === 'touch') return;
    const mark = /** @type {Element} */ (target).closest('.chart [role="img"][aria-label]');
    showTip(mark?.getAttribute('aria-label'), clientX, clientY);
  });
  document.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    const touched = event instanceof PointerEvent && event.pointerType === 'touch';
    const titled = target.closest(touched ? '[title]' : 'td.none button');
    const mark = target.closest('.chart [role="img"][aria-label]');
    showTip(titled?.getAttribute('title') ?? mark?.getAttribute('aria-label'), event.clientX, event.clientY);
  });
  addEventListener('scroll', () => showTip(null, 0, 0), { passive: true });
})();
