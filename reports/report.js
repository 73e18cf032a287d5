'use strict';
/* The page works on what the report's maker wrote into it: rows of a table, and for each row an inert JSON text that is
 * read when the row is opened. Everything from the wire is put in as text nodes; no markup is ever made from strings. */
(() => {
  const doc = document;
  const byId = (id) => doc.getElementById(id);
  const form = byId('filters');
  const body = byId('rows');
  const rows = [...body.querySelectorAll('tr.row')];
  const multiple = ['verdicts', 'levels', 'clients'];
  const single = ['topics', 'runs', 'sort', 'q'];
  const MAX_FIELDS_SHOWN = 14;
  const EVENTS_AT_ONCE = 200;
  const MAX_HEX_LINES = 4096;
  const GAP_US = 50000;

  /* ---- making elements */

  /* Characters that cannot be seen, or that change how their neighbours are shown. */
  const deceptive = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

  function visible(text) {
    const out = doc.createDocumentFragment();
    const source = String(text);
    let from = 0;
    for (const match of source.matchAll(deceptive)) {
      out.append(source.slice(from, match.index));
      const code = match[0].codePointAt(0).toString(16);
      out.append(el('span', { class: 'esc' }, code.length <= 2 ? '\\x' + code.padStart(2, '0') : '\\u{' + code + '}'));
      from = match.index + match[0].length;
    }
    out.append(source.slice(from));
    return out;
  }

  function el(name, attributes, ...children) {
    const element = doc.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === 'on') {
        for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
      } else if (value === true) {
        element.setAttribute(key, '');
      } else if (value !== false && value !== undefined && value !== null) {
        element.setAttribute(key, value);
      }
    }
    for (const child of children.flat(Infinity)) {
      if (child instanceof Node) element.append(child);
      else if (child !== null && child !== undefined && child !== '') element.append(visible(child));
    }
    return element;
  }

  /* A string, or {"hex": "..."} for bytes that are not UTF-8. */
  function wire(value) {
    if (typeof value === 'string') return visible(value);
    return el('span', { class: 'esc' }, 'hex ' + (value && value.hex ? value.hex : ''));
  }

  function plain(value) {
    return typeof value === 'string' ? value : 'hex ' + (value ? value.hex : '');
  }

  const number = (n) => Number(n).toLocaleString('en');
  const counted = (n, one, many) => number(n) + ' ' + (n === 1 ? one : many || one + 's');

  function announce(text) {
    byId('announce').textContent = text;
  }

  /* ---- references: short names that the suite uses, and where they are */

  const invariants = {
    'INV-1': 'a failed call never looks like a complete success',
    'INV-2': 'the proxy survives',
    'INV-3': 'nothing hangs',
    'INV-4': 'no more backend calls than the case allows',
    'INV-5': 'the response is well-formed',
  };
  const grpcDocs = 'https://github.com/grpc/grpc/blob/master/doc/';
  const googleapis = 'https://github.com/googleapis/googleapis/blob/master/google/';
  const trackers = {
    envoy: 'envoyproxy/envoy', 'grpc-gateway': 'grpc-ecosystem/grpc-gateway', grpc: 'grpc/grpc', 'grpc-go': 'grpc/grpc-go',
    vanguard: 'connectrpc/vanguard-go', 'vanguard-go': 'connectrpc/vanguard-go', armeria: 'line/armeria', apisix: 'apache/apisix',
    aspnetcore: 'dotnet/aspnetcore', 'esp-v2': 'GoogleCloudPlatform/esp-v2', protobuf: 'protocolbuffers/protobuf',
    'grpc-httpjson-transcoding': 'grpc-ecosystem/grpc-httpjson-transcoding', nghttp2: 'nghttp2/nghttp2', kong: 'Kong/kong',
  };
  const references = [
    [/^([a-z0-9-]+)#(\d+)$/i, (m) => trackers[m[1].toLowerCase()] && 'https://github.com/' + trackers[m[1].toLowerCase()] + '/issues/' + m[2]],
    [/^RFC\s?(\d+),?\s+(?:section|§)\s?([0-9.]*\d)/i, (m) => 'https://www.rfc-editor.org/rfc/rfc' + m[1] + '#section-' + m[2]],
    [/^RFC\s?(\d+)/i, (m) => 'https://www.rfc-editor.org/rfc/rfc' + m[1]],
    [/^(CVE-\d{4}-\d{4,})$/i, (m) => 'https://nvd.nist.gov/vuln/detail/' + m[1]],
    [/^AIP-(\d+)/i, (m) => 'https://google.aip.dev/' + m[1]],
    [/^PROTOCOL-HTTP2/i, () => grpcDocs + 'PROTOCOL-HTTP2.md'],
    [/^PROTOCOL-WEB/i, () => grpcDocs + 'PROTOCOL-WEB.md'],
    [/^statuscodes(\.md)?/i, () => grpcDocs + 'statuscodes.md'],
    [/^http-grpc-status-mapping(\.md)?/i, () => grpcDocs + 'http-grpc-status-mapping.md'],
    [/^compression\.md/i, () => grpcDocs + 'compression.md'],
    [/^http\.proto/i, () => googleapis + 'api/http.proto'],
    [/^httpbody\.proto/i, () => googleapis + 'api/httpbody.proto'],
    [/^code\.proto/i, () => googleapis + 'rpc/code.proto'],
    [/^status\.proto/i, () => googleapis + 'rpc/status.proto'],
    [/^transcoder\.proto/i, () => 'https://github.com/envoyproxy/envoy/blob/main/api/envoy/extensions/filters/http/grpc_json_transcoder/v3/transcoder.proto'],
    [/^ProtoJSON/i, () => 'https://protobuf.dev/programming-guides/json/'],
    [/^(https:\/\/[^\s]+)$/, (m) => m[1]],
  ];

  function reference(text) {
    if (invariants[text]) return el('span', {}, el('b', {}, text), ': ' + invariants[text]);
    for (const [pattern, link] of references) {
      const match = pattern.exec(text);
      const href = match && link(match);
      if (href) return el('a', { href, rel: 'noopener noreferrer', target: '_blank' }, text);
    }
    return el('span', {}, text);
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
    return calls.map((call, i) => el('div', {}, calls.length > 1 ? 'call ' + (i + 1) + (call.late ? ', late: ' : ': ') : '', el('code', {}, wire(call.path)),
      ', ' + counted(call.body_len || 0, 'byte'), call.half_closed ? ', half-closed' : ', not half-closed'));
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
    return 'status ' + client.status + ' over HTTP/' + (client.http === 1 ? '1.1' : client.http || '?') + ', body of ' + counted(client.body_len || 0, 'byte');
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
      el('th', { scope: 'row' }, el('span', { class: 'mark', 'aria-hidden': 'true' }, reason ? '\u2717 ' : judged ? '\u2713 ' : '\u2013 '), name,
        el('span', { class: 'vh' }, reason ? ' (broken)' : judged ? ' (holds)' : ''), reason ? [el('span', { class: 'kind' }, reason.kind), reason.path ? el('code', { class: 'at' }, reason.path) : null, reason.waived ? el('span', { class: 'more' }, 'waived') : null] : null,
        el('small', {}, about)),
      el('td', { class: reason ? 'expected' : 'as-it-should', 'data-label': 'Expected' }, expected),
      el('td', { class: 'observed', 'data-label': 'Observed' }, reason ? el('div', {}, reason.observed || '') : observed(item, axis)));
  }

  function axes(item) {
    const list = [];
    for (const axis of Object.keys(axisNames)) {
      const reasons = (item.reasons || []).filter((reason) => reason.axis === axis);
      if (reasons.length) reasons.forEach((reason) => list.push(axisRow(item, axis, reason)));
      else list.push(axisRow(item, axis, null));
    }
    if (item.reasons_omitted) list.push(el('tr', {}, el('td', { colspan: '3' }, 'and ' + number(item.reasons_omitted) + ' more')));
    list.sort((a, b) => b.classList.contains('broken') - a.classList.contains('broken'));
    return el('section', {}, el('h3', {}, 'Expected and observed'),
      el('table', { class: 'axes' },
        el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Axis'), el('th', { scope: 'col' }, 'Expected'), el('th', { scope: 'col' }, 'Observed'))),
        el('tbody', {}, list)));
  }

  /* ---- the time line */

  const bytesOf = (hex) => Uint8Array.from((hex || '').match(/../g) || [], (pair) => parseInt(pair, 16));

  function hexDump(bytes) {
    const lines = [];
    for (let at = 0; at < bytes.length && lines.length < MAX_HEX_LINES; at += 16) {
      const part = [...bytes.subarray(at, at + 16)];
      const hex = part.map((b) => b.toString(16).padStart(2, '0'));
      const left = hex.slice(0, 8).join(' ').padEnd(23);
      const right = hex.slice(8).join(' ').padEnd(23);
      const ascii = part.map((b) => (b > 31 && b < 127 ? String.fromCharCode(b) : '.')).join('');
      lines.push(at.toString(16).padStart(6, '0') + '  ' + left + '  ' + right + '  |' + ascii + '|');
    }
    if (lines.length * 16 < bytes.length) lines.push('... ' + number(bytes.length - lines.length * 16) + ' more bytes');
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
    const method = lookup(event.fields, ':method');
    const status = lookup(event.fields, ':status');
    const grpc = lookup(event.fields, 'grpc-status');
    const words = [];
    if (method !== undefined) words.push(method + ' ' + (lookup(event.fields, ':path') || ''));
    if (status !== undefined) words.push('status ' + status);
    if (grpc !== undefined) words.push('grpc-status ' + grpc);
    if (event.kind === 'data') words.push(counted(event.len || 0, 'byte'));
    if (event.kind === 'raw') words.push(counted(event.len || 0, 'raw byte'));
    if (event.kind === 'rst' || event.kind === 'goaway') words.push((event.code_name || '') + ' (' + event.code + ')');
    if (event.kind === 'fin') words.push('closed in order');
    if (event.kind === 'reset') words.push('TCP reset');
    if (event.note) words.push(event.note);
    return words.join(', ');
  }

  function fieldsOf(event) {
    if (!event.fields || event.fields.length === 0) return null;
    const table = el('table', { class: 'fields mono' }, el('tbody', {}, event.fields.map((field) =>
      el('tr', {}, el('th', { scope: 'row' }, wire(field[0])), el('td', {}, wire(field[1]))))));
    if (event.fields.length <= MAX_FIELDS_SHOWN) return table;
    return el('details', {}, el('summary', {}, counted(event.fields.length, 'field')), table);
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
      if (message.json !== undefined) out.append(el('pre', {}, pretty(message.json)));
      if (message.error) out.append(el('div', {}, 'not decoded: ' + message.error));
      return out;
    });
  }

  /* Body bytes that are text are shown as text too. */
  function textOf(event, bytes) {
    if (event.messages || bytes.length === 0 || bytes.length > 4096) return null;
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      if (/[\u0000-\u0008\u000e-\u001f]/.test(text)) return null;
      return el('pre', {}, text);
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
        fieldsOf(event), messagesOf(event), event.hex ? textOf(event, event.hex.length <= 8192 ? bytesOf(event.hex) : []) : null,
        event.kind === 'data' || event.kind === 'raw' ? bytesDetails(event) : null));
  }

  /* The exchanges of a case: several where they were played at once. */
  const exchangesOf = (item) => [item, ...(item.exchanges || [])];

  function mergedEvents(item) {
    const all = [];
    const many = exchangesOf(item);
    many.forEach((one, n) => {
      const calls = one.backend_side || [];
      const exchange = many.length > 1 ? n + 1 : 0;
      for (const event of (one.client_side && one.client_side.events) || []) all.push({ ...event, side: 'client', exchange });
      calls.forEach((call, i) => {
        for (const event of call.events || []) all.push({ ...event, side: 'backend', exchange, call: calls.length > 1 ? i + 1 : 0 });
      });
    });
    return all.map((event, i) => [event, i]).sort((a, b) => a[0].t - b[0].t || a[1] - b[1]).map((pair) => pair[0]);
  }

  function appendEvents(list, events, from, to, everything) {
    for (let i = from; i < to; i++) {
      const gap = i > 0 ? events[i].t - events[i - 1].t : 0;
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
    if (item.calls_not_recorded) notes.push(counted(item.calls_not_recorded, 'further call') + ' of the backend were not recorded');
    return notes.length ? el('p', { class: 'callout warn' }, 'The transcript is not whole: ' + notes.join('; ') + '.') : null;
  }

  function timeline(item) {
    const events = mergedEvents(item);
    if (events.length === 0) return null;
    const list = el('ol', { class: 'timeline' });
    let shown = Math.min(events.length, EVENTS_AT_ONCE);
    let everything = false;
    appendEvents(list, events, 0, shown);
    const more = el('button', { type: 'button', class: 'more-events' }, '');
    const label = () => {
      more.hidden = shown === events.length;
      more.textContent = 'Show ' + number(Math.min(EVENTS_AT_ONCE, events.length - shown)) + ' more of ' + number(events.length) + ' events';
    };
    more.addEventListener('click', () => {
      const to = Math.min(events.length, shown + EVENTS_AT_ONCE);
      appendEvents(list, events, shown, to, everything);
      shown = to;
      label();
    });
    label();
    const bytes = el('button', { type: 'button', 'aria-pressed': 'false' }, 'Show all bytes');
    bytes.addEventListener('click', () => {
      everything = !everything;
      bytes.setAttribute('aria-pressed', String(everything));
      bytes.textContent = everything ? 'Hide all bytes' : 'Show all bytes';
      list.querySelectorAll('details').forEach((details) => { details.open = everything; });
    });
    const http = item.client_side && item.client_side.http === 2 ? 'HTTP/2' : 'HTTP/1.1';
    return el('section', {},
      el('div', { class: 'tools' }, el('h3', {}, 'Time line', el('small', {}, counted(events.length, 'event') + ', times since the case began')), bytes),
      cutNotes(item),
      el('div', { class: 'lanes lanes-head', 'aria-hidden': 'true' }, el('span', {}), el('span', { class: 'l-client' }, 'Client (' + http + ')'),
        el('span', { class: 'l-proxy' }, 'Proxy'), el('span', { class: 'l-backend' }, 'Backend (gRPC)')),
      list, more);
  }

  /* ---- the other sections of the details */

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch (error) {
      const area = el('textarea', { class: 'vh', 'aria-hidden': 'true', tabindex: '-1' });
      area.value = text;
      doc.body.append(area);
      area.select();
      doc.execCommand('copy');
      area.remove();
      button.focus();
    }
    button.textContent = 'Copied';
    announce('Copied');
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  }

  function commandRow(label, text) {
    if (!text) return null;
    const button = el('button', { type: 'button', class: 'copy', 'aria-label': 'Copy: ' + label }, 'Copy');
    button.addEventListener('click', () => copy(text, button));
    return el('div', { class: 'command' }, el('span', { class: 'label' }, label), el('pre', { tabindex: '0' }, el('code', {}, text)), button);
  }

  function commands(item, row) {
    const list = item.commands || {};
    if (!list.run && !list.curl && !list.backend) return null;
    const link = location.href.split('#')[0] + '#' + caseHash(row);
    return el('section', {}, el('h3', {}, 'Repeat it'),
      commandRow('This case', list.run), commandRow('By hand: backend', list.backend), commandRow('By hand: request', list.curl),
      commandRow('Link to this', link));
  }

  function intro(item) {
    const meta = [];
    if ((item.cites || []).length) meta.push(el('li', {}, 'Reference ', item.cites.map((cite, i) => [i ? '; ' : '', reference(cite)])));
    meta.push(el('li', {}, 'Level ', el('b', {}, item.level)));
    if ((item.behaviours || []).length) meta.push(el('li', {}, 'Behaviour ', item.behaviours.join(', ')));
    meta.push(el('li', {}, 'Version ' + item.version));
    if (item.request) meta.push(el('li', {}, 'Request ', el('code', {}, wire(item.request.method), ' ', wire(item.request.path))));
    if (item.repeated) meta.push(el('li', {}, 'Played ' + counted(item.repeated, 'time')));
    return el('section', {}, item.why ? el('p', { class: 'why' }, item.why) : null, el('ul', { class: 'meta' }, meta),
      item.note ? el('p', { class: 'callout' + (unjudged.includes(item.standing) ? ' warn' : '') }, item.note) : null, waiver(item));
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
    return el('section', {}, el('h3', {}, 'What the proxy wrote last'), el('div', { class: 'command' }, el('pre', {}, text)));
  }

  function attempts(item) {
    if (!item.attempts || item.attempts.length === 0) return null;
    return el('section', {}, el('h3', {}, 'Earlier attempts', el('small', {}, 'only the last one counts')),
      el('ol', { class: 'attempts' }, item.attempts.map((attempt) => el('li', {}, el('b', {}, attempt.verdict),
        attempt.note ? ', ' + attempt.note : '', (attempt.reasons || []).map((reason) =>
          el('div', {}, reason.kind + (reason.path ? ' at ' + reason.path : '') + ': expected ' + (reason.expected || '') + '; observed ' + (reason.observed || '')))))));
  }

  function panel(row) {
    const source = byId('d' + row.id.slice(1));
    if (!source) return el('div', { class: 'panel' }, el('p', { class: 'callout bad' }, 'The stream has no result for this case: it was lost.'));
    let item;
    try {
      item = JSON.parse(source.textContent);
    } catch (error) {
      return el('div', { class: 'panel' }, el('p', { class: 'callout bad' }, 'The details cannot be read.'));
    }
    item.standing = row.dataset.standing;
    const judged = item.standing !== 'not-played';
    return el('div', { class: 'panel' }, intro(item), judged || item.client_side ? axes(item) : null, output(item), commands(item, row), attempts(item), timeline(item));
  }

  /* ---- rows */

  const buttonOf = (row) => row.querySelector('.open');
  const isOpen = (row) => buttonOf(row).getAttribute('aria-expanded') === 'true';

  function openRow(row) {
    if (isOpen(row)) return;
    const cell = el('td', { role: 'cell', colspan: String(row.children.length) }, panel(row));
    row.after(el('tr', { class: 'detail', role: 'row', id: 'x' + row.id.slice(1) }, cell));
    buttonOf(row).setAttribute('aria-expanded', 'true');
    buttonOf(row).setAttribute('aria-controls', 'x' + row.id.slice(1));
  }

  function closeRow(row) {
    if (!isOpen(row)) return;
    row.nextElementSibling.remove();
    buttonOf(row).setAttribute('aria-expanded', 'false');
    buttonOf(row).removeAttribute('aria-controls');
  }

  function caseHash(row) {
    const params = new URLSearchParams();
    params.set('case', row.dataset.id);
    params.set('client', row.dataset.client);
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

  function matches(row, state, words) {
    const data = row.dataset;
    if (state.verdicts.length && !state.verdicts.includes(data.verdict)) return false;
    if (state.levels.length && !state.levels.includes(data.level)) return false;
    if (state.clients.length && !state.clients.includes(data.client)) return false;
    if (state.topics && state.topics !== data.topic) return false;
    if (state.runs && state.runs !== data.run) return false;
    return words.length === 0 || words.every((word) => searchText(row).includes(word));
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
    const failed = rows.filter((row) => !row.hidden && row.dataset.standing === 'failed').length;
    byId('count').textContent = (shown === rows.length ? 'All ' + counted(shown, 'result') : number(shown) + ' of ' + counted(rows.length, 'result')) +
      ', ' + number(failed) + ' failed';
    byId('nothing').hidden = shown > 0;
    byId('table').hidden = shown === 0;
    byId('reset').disabled = !(words.length || state.topics || state.runs || multiple.some((name) => state[name].length));
  }

  function findCase(params) {
    const id = params.get('case');
    if (!id) return null;
    const client = params.get('client');
    return rows.find((row) => row.dataset.id === id && (!client || row.dataset.client === client) &&
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
    const shown = rows.filter((row) => !row.hidden && (!wanted || wanted(row)));
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
  byId('reset').addEventListener('click', () => {
    writeForm(new URLSearchParams());
    changed();
    byId('q').focus();
  });
  window.addEventListener('hashchange', () => readHash(true));
  readHash(Boolean(location.hash));
})();
