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

  // Filters and order; both are in the address, so that a link shows what its sender saw.
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById('filters'));
  const groups = ['task', 'family', 'origin'];
  /** Column and direction that tables are sorted by; null: as they were made. @type {{ column: string, down: boolean } | null} */
  let order = null;

  /** @param {string} group */
  const chosen = (group) =>
    /** @type {HTMLInputElement[]} */ (all(`#filters input[name="${group}"]:checked`)).map(({ value }) => value);
  const nameInput = /** @type {HTMLInputElement | null} */ (form?.querySelector('input[name="method"]') ?? null);

  function writeAddress() {
    const state = new URLSearchParams();
    for (const group of groups) for (const value of chosen(group)) state.append(group, value);
    if (nameInput?.value) state.set('method', nameInput.value);
    if (order) state.set('sort', `${order.column}${order.down ? '.down' : '.up'}`);
    const hash = state.toString();
    history.replaceState(null, '', hash === '' ? location.pathname + location.search : `#${hash}`);
  }

  function readAddress() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const input of /** @type {HTMLInputElement[]} */ (all('#filters input[type="checkbox"]')))
      input.checked = state.getAll(input.name).includes(input.value);
    if (nameInput) nameInput.value = state.get('method') ?? '';
    const sort = /^(.+)\.(up|down)$/.exec(state.get('sort') ?? '');
    order = sort ? { column: sort[1], down: sort[2] === 'down' } : null;
  }

  function applyFilters() {
    const [tasks, families, origins] = groups.map(chosen);
    const words = (nameInput?.value ?? '').trim().toLowerCase();
    /** @param {string[]} list @param {string | undefined} value */
    const takes = (list, value) => list.length === 0 || list.includes(value ?? '');
    let shown = 0;
    let total = 0;
    for (const section of /** @type {HTMLElement[]} */ (all('section.task[data-task]')))
      section.hidden = !takes(tasks, section.dataset.task);
    for (const entry of /** @type {HTMLElement[]} */ (all('tbody.entry'))) {
      const { task, family, origin, name = '' } = entry.dataset;
      const fixed = entry.classList.contains('ceiling') || entry.classList.contains('control');
      const fits = takes(families, family) && takes(origins, origin) && name.toLowerCase().includes(words);
      entry.hidden = !fixed && !fits;
      if (fixed) continue;
      total++;
      if (fits && takes(tasks, task)) shown++;
    }
    const count = document.getElementById('count');
    if (count) count.textContent = shown === total ? `${total} rows` : `${shown} of ${total} rows`;
  }

  /** @param {Element} entry @param {number} column */
  const sortValue = (entry, column) =>
    /** @type {HTMLElement} */ (entry.querySelector('tr')?.children[column])?.dataset.v;

  function applyOrder() {
    for (const table of all('table.board')) {
      const heads = /** @type {HTMLElement[]} */ (all('thead th', table));
      const by = order && heads.find(({ dataset }) => dataset.column === order?.column);
      const head = by || heads.find(({ dataset }) => dataset.column === 'rank');
      if (!head) continue;
      const down = by && order ? order.down : false;
      for (const other of heads)
        if (other.hasAttribute('aria-sort') || other.querySelector('.sort'))
          other.setAttribute('aria-sort', other !== head ? 'none' : down ? 'descending' : 'ascending');
      const column = heads.indexOf(head);
      const numeric = head.dataset.column !== 'method';
      const entries = all('tbody.entry.method', table);
      const keyed = entries.map((entry, i) => ({ entry, i, key: sortValue(entry, column) }));
      keyed.sort((a, b) => {
        if (a.key === undefined || b.key === undefined)
          return Number(a.key === undefined) - Number(b.key === undefined) || a.i - b.i;
        const difference = numeric ? Number(a.key) - Number(b.key) : a.key.localeCompare(b.key);
        return (down ? -difference : difference) || a.i - b.i;
      });
      const after = table.querySelector('tbody.ceiling') ?? table.querySelector('thead');
      after?.after(...keyed.map(({ entry }) => entry));
    }
  }

  document.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('button.sort');
    const head = /** @type {HTMLElement | null} */ (button?.closest('th') ?? null);
    if (!head) return;
    const column = head.dataset.column ?? '';
    const now = head.getAttribute('aria-sort');
    const first = head.hasAttribute('data-largest-first');
    const down = now === 'ascending' || (now !== 'descending' && first);
    order = column === 'rank' && !down ? null : { column, down };
    applyOrder();
    writeAddress();
  });
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
    const show = () => {
      readAddress();
      applyOrder();
      applyFilters();
    };
    addEventListener('hashchange', show);
    if (location.hash.includes('=')) show();
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
  const inlined = (id) => JSON.parse(document.getElementById(id)?.textContent ?? 'null');
  /** @param {Element} button @returns {[string, string, string]} */
  function fileOf(button) {
    switch (button.getAttribute('data-save')) {
      case 'csv':
        return [inlined('csv-data'), 'csv', 'text/csv'];
      case 'json':
        return [`${JSON.stringify(inlined('board-data'), null, 2)}\n`, 'json', 'application/json'];
      case 'costs':
        return [`${JSON.stringify(inlined('costs-data'), null, 2)}\n`, 'json', 'application/json'];
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
  document.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('button[data-save]');
    if (!button) return;
    const [text, extension, type] = fileOf(button);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = `${(button.getAttribute('data-name') ?? 'board').replace(/[^\w.-]+/g, '_')}.${extension}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });

  // What a mark of a chart stands for.
  const tip = document.getElementById('tip');
  if (tip) {
    document.addEventListener('pointermove', (event) => {
      const mark = /** @type {Element} */ (event.target).closest('.chart [role="graphics-symbol"][aria-label]');
      tip.hidden = !mark;
      if (!mark) return;
      tip.textContent = mark.getAttribute('aria-label');
      const { width, height } = tip.getBoundingClientRect();
      tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 4))}px`;
      tip.style.top = `${event.clientY > height + 20 ? event.clientY - height - 10 : event.clientY + 16}px`;
    });
  }
})();
