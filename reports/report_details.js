/* Part of the report's script: what is shown when a row is opened. Its results are an inert text in the page, which is
 * unfolded and read only then. */

/* ---- the results of a row */

let base;

/* The results of a row, in order of client; null: they are not in the page. */
function itemsOf(row) {
  const source = byId('d' + row.dataset.n);
  if (!source) return null;
  if (base === undefined) base = unfold('', byId('base').textContent);
  return unfold(base, source.textContent).split('\n').map((line, i) => ({ ...JSON.parse(line), ...partsOf(row)[i] }));
}

const parts = new Map();

/* What the row itself says of each of its results. */
function partsOf(row) {
  if (!parts.has(row)) {
    parts.set(row, row.dataset.parts.split(' ').map((part) => {
      const [client, verdict, standing, kind] = part.split(':');
      return { client, verdict, standing, kind };
    }));
  }
  return parts.get(row);
}

/* ---- references: where the texts are that cases cite, and what the invariants say */

const references = JSON.parse(byId('references').textContent);

function reference(text) {
  if (!Object.hasOwn(references, text)) return el('span', {}, text);
  const known = references[text];
  if (known.startsWith('https://')) return el('a', { href: known, rel: 'noopener noreferrer', target: '_blank' }, text);
  return el('span', {}, el('b', {}, text), ': ' + known);
}

/* ---- what was observed, by axis */

const endings = {
  open: 'still open', complete: 'complete, as its framing promised', cut: 'cut short: the connection was closed (FIN) before the end',
  reset: 'reset (RST_STREAM or GOAWAY)', conn_reset: 'the TCP connection was reset (RST)', timeout: 'nothing ended it before the deadline',
  cancelled: 'cancelled by the client, as the case asks', refused: 'no connection, or the protocol was refused',
  malformed: 'bytes that are not the protocol', too_large: 'a limit of the harness stopped reading',
};
const axisNames = {
  request: ['Request', 'what the backend received'], response: ['Response', 'what the client received'],
  ending: ['Ending', 'how each side ended'], health: ['Health', 'an ordinary request afterwards'],
};

function observedRequest(item) {
  const calls = item.backend_side;
  if (!calls) return item.client_side ? 'no call reached the backend' : 'not recorded';
  if (calls.length === 0) return 'no call reached the backend';
  return calls.map((call, i) => el('div', {}, calls.length > 1 ? 'call ' + (i + 1) + (call.late ? ', late: ' : ': ') : '', call.protocol && call.protocol !== 'HTTP/2' ? call.protocol + ' ' : '',
    el('code', {}, wire(call.path)), ', ' + counted(call.body_len || 0, 'byte'), call.half_closed ? ', half-closed' : ', not half-closed'));
}

function observedEnding(item) {
  const out = [];
  const client = item.client_side;
  if (client) out.push(el('div', {}, 'client: ' + (endings[client.ending] || client.ending), client.detail ? ' (' + client.detail + ')' : ''));
  (item.backend_side || []).forEach((call, i) => {
    const name = item.backend_side.length > 1 ? 'backend call ' + (i + 1) : 'backend';
    const words = [];
    if (call.reset !== null && call.reset !== undefined) words.push('the proxy reset it with code ' + call.reset);
    if (call.connection_lost) words.push('the proxy closed the connection (' + call.connection_lost.toUpperCase() + ')');
    if (words.length) out.push(el('div', {}, name + ': ' + words.join(', ')));
  });
  return out.length ? out : 'not recorded';
}

function observed(item, axis) {
  const client = item.client_side;
  if (axis === 'request') return observedRequest(item);
  if (axis === 'ending') return observedEnding(item);
  if (axis === 'health') {
    const health = item.health;
    if (health && health.process_died) return 'the process died' + (health.detail ? ': ' + health.detail : '');
    if (!health || health.asked === false) return 'not asked';
    const tries = health.attempts > 1 ? ' after ' + counted(health.attempts, 'attempt') : '';
    return (health.healthy ? 'an ordinary request succeeded' : 'no ordinary request succeeded') + tries + (health.detail ? ': ' + health.detail : '');
  }
  if (!client) return 'not recorded';
  if (!client.status) return 'no response';
  return 'status ' + client.status + ', body of ' + counted(client.body_len || 0, 'byte');
}

const unjudged = ['not-played', 'unjudged'];

function axisRow(item, axis, reason) {
  const [name, about] = axisNames[axis];
  const asked = axis !== 'health' || (item.health && (item.health.asked !== false || item.health.process_died));
  const judged = !unjudged.includes(item.standing) && asked;
  const state = reason ? 'broken' : judged ? 'ok' : '';
  const otherwise = ((reason && reason.otherwise) || []).map((text) => el('li', {}, text));
  const expected = reason ? [el('div', {}, reason.expected || ''), otherwise.length ? el('ul', { class: 'otherwise' }, otherwise) : null]
    : el('span', { class: 'held' }, judged ? 'no objection' : asked ? 'not judged' : 'not part of this case');
  return el('tr', { class: state },
    el('th', { scope: 'row' }, el('span', { class: 'mark', 'aria-hidden': 'true' }, reason ? '\u2717 ' : judged ? '\u2713 ' : '\u2013 '), el('span', { class: 'marks' }, name),
      el('span', { class: 'vh' }, reason ? ' (broken)' : judged ? ' (holds)' : ''), reason ? [el('span', { class: 'kind' }, reason.kind), reason.path ? el('code', { class: 'at' }, reason.path) : null, reason.waived ? el('span', { class: 'more' }, 'waived') : null] : null,
      el('small', {}, about)),
    el('td', { class: reason ? 'expected' : 'as-it-should', 'data-label': 'Expected' }, expected),
    el('td', { class: 'observed', 'data-label': 'Observed' }, reason ? el('div', {}, reason.observed || '') : observed(item, axis)));
}

function axes(items) {
  const list = [];
  for (const axis of Object.keys(axisNames)) {
    list.push(...together(items, (item) => {
      const reasons = (item.reasons || []).filter((reason) => reason.axis === axis);
      return reasons.length ? reasons.map((reason) => axisRow(item, axis, reason)) : axisRow(item, axis, null);
    }));
  }
  list.push(...together(items, (item) => item.reasons_omitted &&
    el('tr', {}, el('td', { colspan: '3', class: 'marks' }, 'and ' + number(item.reasons_omitted) + ' more'))));
  list.sort((a, b) => b.classList.contains('broken') - a.classList.contains('broken'));
  return el('section', {}, el('h3', {}, 'Expected and observed'),
    el('table', { class: 'axes' },
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Axis'), el('th', { scope: 'col' }, 'Expected'), el('th', { scope: 'col' }, 'Observed'))),
      el('tbody', {}, list)));
}

function announce(text) {
  byId('announce').textContent = text;
}

/* ---- the other sections of the details */

/* Where the page may not write to the clipboard, the browser's own command for it. */
function copySelected(text) {
  const area = el('textarea', { class: 'vh', 'aria-hidden': 'true', tabindex: '-1' });
  area.value = text;
  doc.body.append(area);
  area.select();
  const done = doc.execCommand('copy');
  area.remove();
  return done;
}

async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    done = copySelected(text);
    button.focus();
  }
  button.textContent = done ? 'Copied' : 'Not copied';
  announce(button.textContent);
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
}

function commandRow(label, text) {
  if (!text) return null;
  const button = el('button', { type: 'button', class: 'copy', 'aria-label': 'Copy: ' + label }, 'Copy');
  button.addEventListener('click', () => copy(text, button));
  return el('div', { class: 'command' }, el('span', { class: 'label marks' }, label), el('pre', { tabindex: '0' }, el('code', {}, text)), button);
}

/* The line that repeats a case with all of its clients, where theirs differ in nothing else; else undefined. */
function withoutClient(items) {
  const lines = items.map((item) => {
    const text = (item.commands && item.commands.run) || '';
    const option = ' --client ' + item.client;
    const at = text.lastIndexOf(option);
    return at === -1 ? undefined : text.slice(0, at) + text.slice(at + option.length);
  });
  return items.length > 1 && lines.every((line) => line !== undefined && line === lines[0]) ? lines[0] : undefined;
}

function commands(items, row) {
  if (!items.some((item) => item.commands)) return null;
  const run = withoutClient(items);
  const rowsOf = (label, name) => together(items, (item) => commandRow(label, item.commands && item.commands[name]));
  return el('section', {}, el('h3', {}, 'Repeat it'),
    run ? commandRow('This case', run) : rowsOf('This case', 'run'),
    rowsOf('By hand: backend', 'backend'), rowsOf('By hand: request', 'curl'),
    commandRow('Link to this', location.href.split('#')[0] + '#' + caseHash(row)));
}

/* What the case is: the same for all of its results. */
function about(item) {
  const meta = [];
  if ((item.cites || []).length) meta.push(el('li', {}, 'Reference ', item.cites.map((cite, i) => [i ? '; ' : '', reference(cite)])));
  meta.push(el('li', {}, 'Level ', el('b', {}, item.level)));
  if ((item.behaviours || []).length) meta.push(el('li', {}, 'Behaviour ', item.behaviours.join(', ')));
  meta.push(el('li', {}, 'Version ' + item.version));
  if (item.request) meta.push(el('li', {}, 'Request ', el('code', {}, wire(item.request.method), ' ', wire(item.request.path))));
  if (item.repeated) meta.push(el('li', {}, 'Played ' + counted(item.repeated, 'time')));
  return [item.why ? el('p', { class: 'why' }, item.why) : null, el('ul', { class: 'meta' }, meta)];
}

function intro(items) {
  return el('section', {}, about(items[0]),
    together(items, (item) => item.note && el('p', { class: 'callout' + (unjudged.includes(item.standing) ? ' warn' : '') }, item.note)),
    together(items, waiver));
}

function waiver(item) {
  if (!item.waiver) return null;
  const problems = { stale: 'The waiver is stale: the case no longer fails. ', mismatch: 'The waiver does not match: the case fails in another way. ' };
  const problem = item.waiver.problem ? problems[item.waiver.problem] || 'The waiver has a problem (' + item.waiver.problem + '). ' : '';
  return el('p', { class: 'callout' + (problem ? ' bad' : '') }, problem ? el('b', {}, problem) : el('b', {}, 'Waived. '), item.waiver.reason,
    item.waiver.link ? [' ', reference(item.waiver.link)] : null);
}

function output(item) {
  const text = item.health && item.health.output;
  if (!text) return null;
  return el('section', {}, el('h3', { class: 'marks' }, 'What the proxy wrote last'), el('div', { class: 'command' }, el('pre', {}, text)));
}

/* What standard gRPC clients report; those that say the same stand together. */
function clientWords(item) {
  const words = item.client_words;
  if (!words || !Array.isArray(words.clients)) return null;
  const said = new Map();
  for (const client of words.clients) {
    const text = (client.code || 'no code') + (client.text ? ': ' + client.text + (client.continues ? '...' : '') : '');
    said.set(text, [...(said.get(text) || []), client.name + ' ' + client.versions]);
  }
  return el('section', {}, el('h3', { class: 'marks' }, 'What gRPC clients report'),
    el('ul', {}, [...said].map(([text, who]) => el('li', {}, el('code', {}, text), ' ', el('small', {}, who.join(', '))))),
    el('p', {}, el('b', {}, words.title + '. '), words.why, ' ', words.change));
}

function attempts(item) {
  if (!item.attempts || item.attempts.length === 0) return null;
  return el('section', {}, el('h3', { class: 'marks' }, 'Earlier attempts', el('small', {}, 'only the last one counts')),
    el('ol', { class: 'attempts' }, item.attempts.map((attempt) => el('li', {}, el('b', {}, attempt.verdict),
      attempt.note ? ', ' + attempt.note : '', (attempt.reasons || []).map((reason) =>
        el('div', {}, reason.kind + (reason.path ? ' at ' + reason.path : '') + ': expected ' + (reason.expected || '') + '; observed ' + (reason.observed || '')))))));
}

const complaint = (text) => el('p', { class: 'callout bad marks' }, text);

function panel(row) {
  let items = null;
  try {
    items = itemsOf(row);
  } catch (error) {
    return el('div', { class: 'panel' }, complaint('The details cannot be read.'));
  }
  if (!items) return el('div', { class: 'panel' }, complaint('The details of this case are beyond what this page may hold: the results file has them.'));
  const known = items.filter((item) => !(item.page && item.page.lost));
  const lost = together(items, (item) => (known.includes(item) ? null : complaint('The stream has no result for this case: it was lost.')));
  if (known.length === 0) return el('div', { class: 'panel' }, lost);
  const judged = known.filter((item) => item.standing !== 'not-played' || item.client_side);
  return el('div', { class: 'panel' }, intro(known), lost, judged.length ? axes(judged) : null, together(known, output), commands(known, row),
    together(known, clientWords), together(known, attempts), timelines(known));
}
