/* Last part of the report's script: the rows, their filters, the address that holds both, the keyboard. */

const form = byId('filters');
const body = byId('rows');
const rows = [...body.querySelectorAll('tr.row')];
const multiple = ['verdicts', 'levels', 'clients'];
const single = ['kinds', 'topics', 'runs', 'sort', 'q'];

/* ---- rows */

const buttonOf = (row) => row.querySelector('.open');
const isOpen = (row) => buttonOf(row).getAttribute('aria-expanded') === 'true';

function openRow(row) {
  if (isOpen(row)) return;
  const cell = el('td', { role: 'cell', colspan: String(row.children.length) }, panel(row));
  row.after(el('tr', { class: 'detail', role: 'row', id: 'x' + row.dataset.n }, cell));
  row.classList.add('opened');
  buttonOf(row).setAttribute('aria-expanded', 'true');
  buttonOf(row).setAttribute('aria-controls', 'x' + row.dataset.n);
}

function closeRow(row) {
  if (!isOpen(row)) return;
  row.nextElementSibling.remove();
  row.classList.remove('opened');
  buttonOf(row).setAttribute('aria-expanded', 'false');
  buttonOf(row).removeAttribute('aria-controls');
}

function caseHash(row) {
  const params = new URLSearchParams();
  params.set('case', row.dataset.id);
  if (row.dataset.run !== '0') params.set('run', row.dataset.run);
  if (row.dataset.repeat !== '1') params.set('repeat', row.dataset.repeat);
  return params.toString().replaceAll('%2F', '/');
}

/* The case in the address: the row that was opened last. */
let current = null;

function toggleRow(row) {
  if (isOpen(row)) {
    closeRow(row);
    if (current === row) current = null;
  } else {
    openRow(row);
    current = row;
  }
  writeHash();
}

/* ---- filters, and the address that holds them */

const searchTexts = new Map();
const searchText = (row) => {
  let text = searchTexts.get(row);
  if (text === undefined) {
    text = (row.textContent + ' ' + row.dataset.text + ' ' + row.dataset.topic).toLowerCase();
    searchTexts.set(row, text);
  }
  return text;
};

function readForm() {
  const data = new FormData(form);
  const state = {};
  for (const name of multiple) state[name] = data.getAll(name);
  for (const name of single) state[name] = String(data.get(name) || '');
  return state;
}

function writeForm(params) {
  for (const name of multiple) {
    const wanted = (params.get(name) || '').split(',');
    for (const box of form.querySelectorAll('input[name="' + name + '"]')) box.checked = wanted.includes(box.value);
  }
  for (const name of single) {
    const control = form.elements.namedItem(name);
    if (!control) continue;
    control.value = params.get(name) || '';
    if (control.selectedIndex === -1) control.selectedIndex = 0;
  }
}

function writeHash() {
  const state = readForm();
  const parts = [];
  for (const name of multiple) if (state[name].length) parts.push(name + '=' + state[name].map(encodeURIComponent).join(','));
  for (const name of single) if (state[name]) parts.push(name + '=' + encodeURIComponent(state[name]));
  if (current) parts.push(caseHash(current));
  history.replaceState(null, '', parts.length ? '#' + parts.join('&') : location.href.split('#')[0] + '#');
}

/* The verdicts as they ask for attention. */
const attention = [...form.querySelectorAll('input[name="verdicts"]')].map((box) => box.value);

/* The results of a row that the client's filter leaves. */
const partsShown = (row, state) => partsOf(row).filter((part) => !state.clients.length || state.clients.includes(part.client));

/* Of these, the results that have the verdict and the kind that are asked for. */
const partsMeant = (row, state) => partsShown(row, state).filter((part) => (!state.verdicts.length || state.verdicts.includes(part.verdict)) &&
  (!state.kinds || state.kinds === part.kind));

/* A case has the verdict of its result that most wants attention. */
function matches(row, state, words) {
  const data = row.dataset;
  const shown = partsShown(row, state);
  const verdict = attention.find((name) => shown.some((part) => part.verdict === name));
  if (!verdict || (state.verdicts.length && !state.verdicts.includes(verdict))) return false;
  if (state.kinds && !shown.some((part) => part.kind === state.kinds)) return false;
  if (state.levels.length && !state.levels.includes(data.level)) return false;
  if (state.topics && state.topics !== data.topic) return false;
  if (state.runs && state.runs !== data.run) return false;
  return words.length === 0 || words.every((word) => searchText(row).includes(word));
}

const casesOf = (list) => new Set(list.map((row) => row.dataset.run + ' ' + row.dataset.id)).size;

/* "3 of 313 cases (5 results)", of which the list holds those that are shown. */
function amountOf(list, state) {
  const cases = casesOf(list);
  const results = list.reduce((sum, row) => sum + partsMeant(row, state).length, 0);
  return (list.length === rows.length ? 'All ' : number(cases) + ' of ') + counted(casesOf(rows), 'case') +
    (results === cases ? '' : ' (' + counted(results, 'result') + ')');
}

let sorted = '';

function sortRows(order) {
  if (order === sorted) return;
  sorted = order;
  const by = { '': () => 0, case: (a, b) => (a.dataset.id < b.dataset.id ? -1 : a.dataset.id > b.dataset.id ? 1 : 0), time: (a, b) => b.dataset.time - a.dataset.time };
  for (const row of [...rows].sort(by[order] || by[''])) {
    const detail = isOpen(row) ? row.nextElementSibling : null;
    body.append(row);
    if (detail) body.append(detail);
  }
}

/* Of the rows that the filters leave, those beyond the first so many wait until they are asked for. */
const firstRows = rows.findIndex((row) => row.classList.contains('later'));
let limit = firstRows === -1 ? Infinity : firstRows;

function holdBack(shownRows) {
  const ordered = sorted ? shownRows.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1)) : shownRows;
  ordered.forEach((row, index) => row.classList.toggle('later', index >= limit && row !== current && !isOpen(row)));
  const held = ordered.filter((row) => row.classList.contains('later')).length;
  byId('rest').hidden = held === 0;
  byId('rest').textContent = 'Show ' + number(held) + ' more';
}

function showRest() {
  limit = Infinity;
  apply();
}

/* The table of cases over several runs keeps to the filters. */
const caseRows = [...doc.querySelectorAll('#cases > tr')];

function filterCases(shownRows) {
  if (caseRows.length === 0) return;
  const ids = new Set(shownRows.map((row) => row.dataset.id));
  for (const row of caseRows) row.hidden = !ids.has(row.dataset.id);
}

function apply() {
  const state = readForm();
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  sortRows(state.sort);
  for (const row of rows) {
    const show = row === current || matches(row, state, words);
    row.hidden = !show;
    if (isOpen(row)) row.nextElementSibling.hidden = !show;
    shown += show;
  }
  const visibleRows = rows.filter((row) => !row.hidden);
  holdBack([...visibleRows]);
  filterCases(visibleRows);
  const failed = visibleRows.filter((row) => partsShown(row, state).some((part) => part.standing === 'failed'));
  byId('count').textContent = amountOf(visibleRows, state) + ', ' + number(casesOf(failed)) + ' failed';
  byId('nothing').hidden = shown > 0;
  byId('table').hidden = shown === 0;
  byId('reset').disabled = !(words.length || state.kinds || state.topics || state.runs || multiple.some((name) => state[name].length));
}

function findCase(params) {
  const id = params.get('case');
  if (!id) return null;
  const client = params.get('client');
  return rows.find((row) => row.dataset.id === id && (!client || partsOf(row).some((part) => part.client === client)) &&
    row.dataset.run === (params.get('run') || '0') && row.dataset.repeat === (params.get('repeat') || '1')) || null;
}

function readHash(follow) {
  const hash = location.hash.slice(1);
  if (hash && !hash.includes('=')) return;
  const params = new URLSearchParams(hash.replaceAll('+', '%2B'));
  writeForm(params);
  current = findCase(params);
  if (current) openRow(current);
  apply();
  if (params.get('case') && !current) announce('The case in the address is not in this report');
  if (!follow) return;
  if (current) {
    current.scrollIntoView({ block: 'start' });
    buttonOf(current).focus({ preventScroll: true });
  } else if (hash) {
    byId('results').scrollIntoView({ block: 'start' });
    byId('results').focus({ preventScroll: true });
  }
}

/* ---- keyboard */

function move(step, wanted) {
  const shown = rows.filter((row) => !row.hidden && !row.classList.contains('later') && (!wanted || wanted(row)));
  shown.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  if (shown.length === 0) return;
  const focused = doc.activeElement && doc.activeElement.closest('tr.row, tr.detail');
  const row = focused && focused.classList.contains('detail') ? focused.previousElementSibling : focused;
  let index = shown.indexOf(row);
  if (index === -1 && row) {
    index = shown.findIndex((other) => row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
    index = index === -1 ? shown.length - 1 : index;
  } else {
    index = row ? Math.min(Math.max(index + step, 0), shown.length - 1) : 0;
  }
  buttonOf(shown[index]).focus();
  shown[index].scrollIntoView({ block: 'nearest' });
}

function escape(target) {
  if (target === byId('q')) {
    target.blur();
    return;
  }
  const row = target.closest && target.closest('tr.row, tr.detail');
  const owner = row && (row.classList.contains('detail') ? row.previousElementSibling : row);
  if (owner && isOpen(owner)) {
    toggleRow(owner);
    buttonOf(owner).focus();
  }
}

doc.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId('help').open) return;
  const target = event.target;
  if (event.key === 'Escape') {
    if (target === byId('q')) event.preventDefault(); /* leaving the search keeps its words */
    escape(target);
    return;
  }
  if (target.matches('input[type="search"], select, textarea')) return;
  const onRow = target.matches('.open');
  const bad = (row) => row.classList.contains('is-bad');
  const actions = {
    '/': () => { byId('q').focus(); byId('q').select(); },
    j: () => move(1), k: () => move(-1), n: () => move(1, bad), '?': () => byId('help').showModal(),
  };
  if (onRow) Object.assign(actions, { ArrowDown: () => move(1), ArrowUp: () => move(-1) });
  const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
  if (!action) return;
  event.preventDefault();
  action();
});

/* ---- theme */

const themes = ['automatic', 'light', 'dark'];
let theme = 'automatic';

function setTheme(name) {
  theme = themes.includes(name) ? name : 'automatic';
  if (theme === 'automatic') delete doc.documentElement.dataset.theme;
  else doc.documentElement.dataset.theme = theme;
  byId('theme').textContent = 'Theme: ' + theme;
  try {
    localStorage.setItem('transcheck-theme', theme);
  } catch (error) { /* a page from disk may have no storage */ }
}

/* ---- print: what went wrong is printed with its details */

let openedForPrint = [];

window.addEventListener('beforeprint', () => {
  openedForPrint = rows.filter((row) => !row.hidden && row.classList.contains('is-bad') && !isOpen(row));
  openedForPrint.forEach(openRow);
});
window.addEventListener('afterprint', () => {
  openedForPrint.forEach(closeRow);
  openedForPrint = [];
});

/* ---- begin */

doc.documentElement.classList.add('js');
body.querySelectorAll('noscript').forEach((element) => element.remove()); /* a search is for what can be seen */
let stored = null;
try {
  stored = localStorage.getItem('transcheck-theme');
} catch (error) { /* as above */ }
setTheme(stored || 'automatic');
byId('theme').addEventListener('click', () => setTheme(themes[(themes.indexOf(theme) + 1) % themes.length]));
byId('help-open').addEventListener('click', () => byId('help').showModal());
doc.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  byId('results').focus();
  byId('results').scrollIntoView({ block: 'start' });
});
body.addEventListener('click', (event) => {
  const row = event.target.closest('tr.row');
  if (!row || event.target.closest('a') || String(getSelection())) return;
  toggleRow(row);
});
const changed = () => { current = null; apply(); writeHash(); };
form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('change', changed);
byId('q').addEventListener('input', changed);
byId('rest').addEventListener('click', showRest);
byId('reset').addEventListener('click', () => {
  writeForm(new URLSearchParams());
  changed();
  byId('q').focus();
});
window.addEventListener('hashchange', () => readHash(true));
readHash(Boolean(location.hash));
