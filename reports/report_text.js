/* First part of the report's script: the texts that the report's maker wrote into the page, and elements made of them.
 * Everything from the wire is put in as text nodes; no markup is ever made from strings. */

const doc = document;
const byId = (id) => doc.getElementById(id);

/* ---- the texts of the rows, in which what repeats is a reference: &FROM,LENGTH; in base 36, to a place in the base
 * followed by the text so far (reports/fold.h) */

function unfold(base, folded) {
  let out = base;
  let plain = 0;
  for (const match of folded.matchAll(/&([0-9a-z]+),([0-9a-z]+);/g)) {
    out += folded.slice(plain, match.index);
    plain = match.index + match[0].length;
    const from = parseInt(match[1], 36);
    for (let left = parseInt(match[2], 36); left > 0;) {
      const piece = out.slice(from, from + left); /* as much of it as there is: the rest repeats that */
      if (!piece) throw new Error('a reference to nothing');
      out += piece;
      left -= piece.length;
    }
  }
  return out.slice(base.length) + folded.slice(plain);
}

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

/* Texts in which a few characters stand many times over are shown with a count of them. */
function shorter(text) {
  const out = [];
  let from = 0;
  for (const match of text.matchAll(/(.{1,16}?)\1{63,}/gsu)) {
    const kept = match[1].repeat(8);
    const length = [...match[1]].length;
    out.push(text.slice(from, match.index) + kept, el('span', { class: 'run' }, '\u2026 the same ' +
      (length === 1 ? 'character ' : number(length) + ' characters ') + number((match[0].length - kept.length) / match[1].length) + ' times more \u2026'));
    from = match.index + match[0].length;
  }
  out.push(text.slice(from));
  return out;
}

const number = (n) => Number(n).toLocaleString('en');
const counted = (n, one, many) => number(n) + ' ' + (n === 1 ? one : many || one + 's');

/* ---- what the results of a row have in common is shown once; the rest is marked with its client */

const who = (client) => el('span', { class: 'who' }, client);

/* `make` makes an element, or several, of each result; those that say the same become one. Marks go to where the element
 * has the class "marks". */
function together(items, make) {
  const found = new Map();
  for (const item of items) {
    for (const element of [make(item)].flat().filter(Boolean)) {
      const key = element.outerHTML;
      if (!found.has(key)) found.set(key, { element, clients: [] });
      found.get(key).clients.push(item.client);
    }
  }
  return [...found.values()].map(({ element, clients }) => {
    if (clients.length < items.length) (element.querySelector('.marks') || element).prepend(...clients.map(who), ' ');
    return element;
  });
}
