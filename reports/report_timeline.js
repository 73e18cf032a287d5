/* Part of the report's script: what passed on each side, in order, and what of it differs from another client's. */

const MAX_FIELDS_SHOWN = 14;
const EVENTS_AT_ONCE = 200;
const MAX_HEX_LINES = 4096;
const MAX_TEXT = 4096; /* characters of a body or a message that are shown as text, without what repeats */
const GAP_US = 50000;
const MAX_COMPARED = 400; /* events of a transcript */

/* ---- an event */

const bytesOf = (hex) => Uint8Array.from((hex || '').match(/../g) || [], (pair) => parseInt(pair, 16));

function hexDump(bytes) {
  const lines = [];
  let last = '';
  let same = 0;
  let at = 0;
  for (; at < bytes.length && lines.length < MAX_HEX_LINES; at += 16) {
    const part = [...bytes.subarray(at, at + 16)];
    if (last === String(part) && at + 16 < bytes.length) {
      same += 1;
      continue;
    }
    if (same > 0) lines.push('\u2026       the same 16 bytes ' + number(same) + (same === 1 ? ' time more' : ' times more'));
    last = String(part);
    same = 0;
    const hex = part.map((b) => b.toString(16).padStart(2, '0'));
    const left = hex.slice(0, 8).join(' ').padEnd(23);
    const right = hex.slice(8).join(' ').padEnd(23);
    const ascii = part.map((b) => (b > 31 && b < 127 ? String.fromCharCode(b) : '.')).join('');
    lines.push(at.toString(16).padStart(6, '0') + '  ' + left + '  ' + right + '  |' + ascii + '|');
  }
  if (at < bytes.length) lines.push('... ' + number(bytes.length - at) + ' more bytes');
  return lines.join('\n');
}

function time(us) {
  return us < 10000000 ? (us / 1000).toFixed(3) + ' ms' : (us / 1000000).toFixed(3) + ' s';
}

function lookup(fields, name) {
  const pair = (fields || []).find((field) => field[0] === name);
  return pair && plain(pair[1]);
}

/* The one thing to know about a header section. */
function gist(event) {
  if (event.gist !== undefined) return event.gist;
  const method = lookup(event.fields, ':method');
  const status = lookup(event.fields, ':status');
  const grpc = lookup(event.fields, 'grpc-status');
  const words = [];
  if (method !== undefined) words.push(method + ' ' + (lookup(event.fields, ':path') || ''));
  if (status !== undefined) words.push('status ' + status);
  if (grpc !== undefined) words.push('grpc-status ' + grpc);
  if (event.kind === 'data') words.push(counted(event.len || 0, 'byte') + (event.pieces > 1 ? ' in ' + number(event.pieces) + ' pieces' : ''));
  if (event.kind === 'raw') words.push(counted(event.len || 0, 'raw byte'));
  if (event.kind === 'rst' || event.kind === 'goaway') words.push((event.code_name || '') + ' (' + event.code + ')');
  if (event.kind === 'fin') words.push('closed in order');
  if (event.kind === 'reset') words.push('TCP reset');
  if (event.note) words.push(event.note);
  return words.join(', ');
}

function fieldsOf(event) {
  if (!event.fields || event.fields.length === 0) return null;
  const alike = event.alike ? el('small', {}, 'and ' + counted(event.alike, 'field') + ' as with ' + event.other) : null;
  const table = el('table', { class: 'fields mono' }, el('tbody', {}, event.fields.map((field) =>
    el('tr', {}, el('th', { scope: 'row' }, wire(field[0])), el('td', {}, wire(field[1]))))));
  if (event.fields.length <= MAX_FIELDS_SHOWN) return [table, alike];
  return [el('details', {}, el('summary', {}, counted(event.fields.length, 'field')), table), alike];
}

function pretty(text) {
  try {
    /* Numbers are left as they were written: only the layout may change. */
    JSON.parse(text);
    return text.length > 60 && !/\d{16}|\d\.\d{8}/.test(text) ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } catch (error) {
    return text;
  }
}

function messagesOf(event) {
  return (event.messages || []).map((message) => {
    const flags = message.flags ? ', flags 0x' + message.flags.toString(16).padStart(2, '0') : '';
    const out = el('div', { class: 'msg' + (message.error || message.flags ? ' bad' : '') },
      el('small', {}, 'gRPC message, length ' + number(message.len) + flags + (message.cut ? ', cut' : '')));
    if (message.json !== undefined) out.append(el('pre', {}, limited(shorter(pretty(message.json)))));
    if (message.error) out.append(el('div', {}, 'not decoded: ' + message.error));
    return out;
  });
}

/* The beginning of a text in pieces: strings, and elements, which say what was left out. */
function limited(pieces) {
  let left = MAX_TEXT;
  const out = pieces.map((piece) => {
    if (typeof piece !== 'string') return left > 0 ? piece : null;
    const shown = piece.slice(0, Math.max(left, 0));
    left -= piece.length;
    return shown;
  });
  if (left < 0) out.push(el('span', { class: 'run' }, '\u2026 ' + counted(-left, 'more character')));
  return out;
}

/* Body bytes that are text are shown as text too. */
function textOf(event) {
  if (event.messages || !event.hex) return null;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const text = decoder.decode(bytesOf(event.hex), { stream: event.hex.length < 2 * event.len });
    if (/[\u0000-\u0008\u000e-\u001f]/.test(text)) return null;
    return el('pre', {}, limited(shorter(text)));
  } catch (error) {
    return null;
  }
}

function bytesDetails(event) {
  if (!event.hex) return event.len ? el('small', {}, 'the bytes were not kept') : null;
  const kept = event.hex.length / 2;
  const details = el('details', { class: 'bytes' },
    el('summary', {}, 'Bytes' + (kept < event.len ? ' (the first ' + number(kept) + ')' : '')));
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) details.append(el('pre', { class: 'hex', tabindex: '0' }, hexDump(bytesOf(event.hex))));
  });
  return details;
}

function eventItem(event) {
  const toProxy = event.from !== 'proxy';
  const side = event.side;
  const rightward = (side === 'client') === toProxy;
  const local = event.kind === 'timeout' || event.kind === 'note';
  const words = (side === 'client' ? 'Client side, ' : 'Backend side, ') + (local ? 'harness' : toProxy ? 'sent' : 'received');
  const tags = [];
  if (event.exchange) tags.push('exchange ' + event.exchange);
  if (event.call) tags.push('call ' + event.call);
  if (event.stream) tags.push('stream ' + event.stream);
  return el('li', { class: 'ev lanes ' + side },
    el('span', { class: 't' }, time(event.t)),
    el('span', { class: 'pipe', 'aria-hidden': 'true' }, el('span', {}, local ? '' : rightward ? '\u2192' : '\u2190')),
    el('div', { class: 'box' },
      el('span', { class: 'vh' }, words + ': '),
      el('span', { class: 'side', 'aria-hidden': 'true' }, side + (local ? '' : toProxy ? ' \u2192 proxy' : ' \u2190 proxy')),
      el('span', { class: 'what' }, event.kind.toUpperCase()), el('span', { class: 'gist' }, gist(event)),
      event.end ? el('span', { class: 'tag end' }, 'end') : null, tags.map((tag) => el('span', { class: 'tag' }, tag)),
      fieldsOf(event), messagesOf(event), textOf(event),
      event.kind === 'data' || event.kind === 'raw' ? bytesDetails(event) : null));
}

/* The events of one side; pieces of a body of which nothing was kept become one. */
function joined(events, more) {
  const out = [];
  for (const event of events || []) {
    const last = out[out.length - 1];
    const plainData = event.kind === 'data' && event.len > 0 && !event.hex && !event.messages && !event.end;
    if (plainData && last && last.pieces && last.from === event.from && last.stream === event.stream) {
      last.len += event.len;
      last.pieces += 1;
    } else {
      out.push({ ...event, ...more, pieces: plainData ? 1 : 0 });
    }
  }
  return out;
}

/* The exchanges of a case. */
const exchangesOf = (item) => [item, ...(item.exchanges || [])];

function mergedEvents(item) {
  const all = exchangesOf(item).flatMap((one, n, many) => {
    const exchange = many.length > 1 ? n + 1 : 0;
    const calls = one.backend_side || [];
    return [...joined(one.client_side && one.client_side.events, { side: 'client', exchange }),
      ...calls.flatMap((call, i) => joined(call.events, { side: 'backend', exchange, call: calls.length > 1 ? i + 1 : 0 }))];
  });
  return all.map((event, i) => [event, i]).sort((a, b) => a[0].t - b[0].t || a[1] - b[1]).map((pair) => pair[0]);
}

/* ---- comparing two exchanges */

/* What an event comes to, without what differs from exchange to exchange anyway. */
const fleeting = /^(x-transcheck-case|grpc-metadata-x-transcheck-case|date|x-request-id)$/i;
const fieldKey = (field) => plain(field[0]).toLowerCase() + ' ' + (fleeting.test(plain(field[0])) ? '' : plain(field[1]));
const eventKey = (event) => JSON.stringify([event.side, event.exchange, event.call, event.from, event.kind, Boolean(event.end), event.len, event.hex, event.code,
  event.messages, event.kind === 'connect' ? '' : event.note, (event.fields || []).map(fieldKey)]);

/* One side of one exchange, and one call of it. */
const laneOf = (event) => [event.side, event.exchange, event.call].join(' ');

/* The indices of the events of `a` that are also in `b`, in the same order: their longest common subsequence. */
function common(a, b) {
  const found = new Set();
  if (a.length > MAX_COMPARED || b.length > MAX_COMPARED) return found;
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      found.add(i);
      i += 1;
      j += 1;
    } else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return found;
}

/* A header section without the fields that the other exchange has in its first one of that kind. */
function withoutAlike(event, others, client) {
  const other = event.fields && others.find((one) => laneOf(one) === laneOf(event) && one.from === event.from && one.kind === event.kind);
  if (!other || !other.fields) return event;
  const keys = new Set(other.fields.map(fieldKey));
  const fields = event.fields.filter((field) => !keys.has(fieldKey(field)));
  return { ...event, fields, alike: event.fields.length - fields.length, other: client, gist: gist(event) };
}

/* The events that are not as in the other exchange; numbers stand for how many are. Each side is compared for itself:
 * which of them is first is a matter of chance. */
function differences(events, others, client) {
  const same = new Set();
  for (const lane of new Set(events.map(laneOf))) {
    const mine = events.map((event, i) => [event, i]).filter(([event]) => laneOf(event) === lane);
    const theirs = others.filter((event) => laneOf(event) === lane);
    common(mine.map(([event]) => eventKey(event)), theirs.map(eventKey)).forEach((i) => same.add(mine[i][1]));
  }
  const out = [];
  events.forEach((event, i) => {
    if (!same.has(i)) out.push(withoutAlike(event, others, client));
    else if (typeof out[out.length - 1] === 'number') out[out.length - 1] += 1;
    else out.push(1);
  });
  return out;
}

function appendEvents(list, events, from, to, everything) {
  for (let i = from; i < to; i++) {
    if (typeof events[i] === 'number') {
      list.append(el('li', { class: 'gap' }, el('span', {}, counted(events[i], 'event') + ' alike')));
      continue;
    }
    const gap = i > 0 ? events[i].t - events[i - 1].t : 0; /* NaN after events that are alike */
    if (gap >= GAP_US) list.append(el('li', { class: 'gap' }, el('span', {}, time(gap) + ' pass')));
    const row = eventItem(events[i]);
    list.append(row);
    if (everything) row.querySelectorAll('details').forEach((details) => { details.open = true; });
  }
}

function cutNotes(item) {
  const notes = [];
  const sides = exchangesOf(item).flatMap((one) => [['the client side', one.client_side], ...(one.backend_side || []).map((call) => ['the backend side', call])]);
  for (const [name, side] of sides) {
    if (side && side.cut) notes.push('bytes of ' + name + ' were cut');
    if (side && side.dropped) notes.push(counted(side.dropped, 'event') + ' of ' + name + ' were not kept');
  }
  const page = item.page || {};
  if (page.shortened) notes.push('this page has only the beginning of some bytes and messages');
  if (page.events) notes.push('this page leaves out ' + counted(page.events, 'event'));
  if (item.calls_not_recorded) notes.push(counted(item.calls_not_recorded, 'further call') + ' of the backend were not recorded');
  return notes.length ? el('p', { class: 'callout warn' }, 'The transcript is not whole: ' + notes.join('; ') + '.',
    item.page ? ' The results file has more.' : '') : null;
}

/* ---- a time line */

/* The head of a time line: what is in it, and the columns. */
function timelineHead(item, several, words, tools) {
  const http = item.client_side && item.client_side.http === 2 ? 'HTTP/2' : 'HTTP/1.1';
  const call = (item.backend_side || []).find((side) => side.protocol && side.protocol !== 'HTTP/2');
  return [el('div', { class: 'tools' }, el('h3', {}, 'Time line ', several ? who(item.client) : null, el('small', {}, words)), tools),
    cutNotes(item),
    el('div', { class: 'lanes lanes-head', 'aria-hidden': 'true' }, el('span', {}), el('span', { class: 'l-client' }, 'Client (' + http + ')'),
      el('span', { class: 'l-proxy' }, 'Proxy'), el('span', { class: 'l-backend' }, 'Backend (' + (call ? call.protocol : 'gRPC') + ')'))];
}

/* All events of an exchange; with `other`, another client's exchange, at first only those that differ. */
function timeline(item, other) {
  const all = mergedEvents(item);
  if (all.length === 0) return null;
  let events = other ? differences(all, mergedEvents(other), other.client) : all;
  const different = events.filter((event) => typeof event !== 'number').length;
  const list = el('ol', { class: 'timeline' });
  let shown = 0;
  let everything = false;
  const more = el('button', { type: 'button', class: 'more-events' }, '');
  const showMore = () => {
    const to = Math.min(events.length, shown + EVENTS_AT_ONCE);
    appendEvents(list, events, shown, to, everything);
    shown = to;
    more.hidden = shown === events.length;
    more.textContent = 'Show ' + number(Math.min(EVENTS_AT_ONCE, events.length - shown)) + ' more of ' + number(events.length) + ' events';
  };
  more.addEventListener('click', showMore);
  showMore();
  const bytes = el('button', { type: 'button', 'aria-pressed': 'false' }, 'Show all bytes');
  bytes.addEventListener('click', () => {
    everything = !everything;
    bytes.setAttribute('aria-pressed', String(everything));
    bytes.textContent = everything ? 'Hide all bytes' : 'Show all bytes';
    list.querySelectorAll('details').forEach((details) => { details.open = everything; });
  });
  const whole = other && different < all.length ? el('button', { type: 'button', class: 'whole' }, 'Show all of it') : null;
  if (whole) {
    whole.addEventListener('click', () => {
      events = all;
      shown = 0;
      list.replaceChildren();
      showMore();
      whole.remove();
    });
  }
  const words = other && different < all.length ? (different ? number(different) + ' of ' : 'all ') + counted(all.length, 'event') + (different ? ' not as with ' : ' as with ') + other.client
    : counted(all.length, 'event') + ', times since the case began';
  return el('section', {}, timelineHead(item, Boolean(other), words, el('div', {}, whole, bytes)), list, more);
}

/* The first that went wrong is shown whole, then what differs with the others. */
function timelines(items) {
  const played = items.filter((item) => mergedEvents(item).length > 0);
  const first = played.find((item) => item.standing === 'failed') || played[0];
  if (!first) return null;
  const sections = [timeline(first), ...played.filter((item) => item !== first).map((item) => timeline(item, first))];
  if (sections.length > 1) sections[0].querySelector('h3').firstChild.after(who(first.client));
  return sections;
}
