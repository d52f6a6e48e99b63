// What all parts of the page share: elements, texts, requests to the server, numbers.

const json = (id) => JSON.parse(document.getElementById(id).textContent);
const words = json('words');
export const settings = json('settings');
export const $ = (id) => document.getElementById(id);

// t is a text of the page; each {} is filled in.
export function t(name, ...args) {
  return (words[name] ?? name).replace(/\{\}/g, () => args.shift());
}

// h makes an element. Its texts are text nodes: nothing that comes from a key becomes markup.
export function h(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') e.addEventListener(name.slice(2), value);
    else if (value === true) e.setAttribute(name, '');
    else if (value !== false && value != null) e.setAttribute(name, value);
  }
  return set(e, children);
}

// set replaces what is in an element. Lists may be nested; null and false are left out.
export function set(e, ...children) {
  e.replaceChildren(...children.flat(Infinity).filter((c) => c != null && c !== false));
  return e;
}

// s makes an element of a picture.
export function s(tag, attributes, ...children) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

// bdi is a text from outside, whose direction does not change what is around it. Characters that are not seen are
// shown; what code finds is set as code.
export function bdi(text, attributes = {}, code = null) {
  const hidden = /[\u0000-\u001f\u007f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
  if (code) {
    const found = text.match(code) ?? [];
    return h(
      'bdi',
      attributes,
      text.split(code).map((part, i) => [bdi(part), found[i] && h('code', {}, found[i])]),
    );
  }
  const e = h('bdi', attributes);
  let from = 0;
  for (const m of text.matchAll(hidden)) {
    e.append(
      text.slice(from, m.index),
      h('span', {class: 'code-point'}, 'U+' + m[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')),
    );
    from = m.index + m[0].length;
  }
  e.append(text.slice(from));
  return e;
}

export class Refused extends Error {}

// api sends a request and returns its answer; an error is shown, and thrown.
export async function api(path, body, show = say) {
  const plain = body === undefined || body instanceof Blob;
  const answer = await fetch(
    '/api/' + path,
    body === undefined
      ? {}
      : {method: 'POST', headers: plain ? {} : {'Content-Type': 'application/json'}, body: plain ? body : JSON.stringify(body)},
  );
  const value = await answer.json();
  if (!answer.ok) {
    show(value.error);
    throw new Refused(value.error);
  }
  return value;
}

let hideToast;
// say shows a message for a while, and has it read out.
export function say(message) {
  $('toast').textContent = message;
  $('toast').hidden = false;
  clearTimeout(hideToast);
  hideToast = setTimeout(() => {
    $('toast').hidden = true;
  }, 6000);
}

export function bytes(n) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let u = 0;
  while (n >= 1024 && u < units.length - 1) {
    n /= 1024;
    u++;
  }
  return (u && n < 10 ? n.toFixed(1) : Math.round(n)) + ' ' + units[u];
}

export function seconds(n) {
  if (n < 0.0001) return '<0.1 ms';
  return n < 0.0995 ? (n * 1000).toFixed(n < 0.00995 ? 1 : 0) + ' ms' : n.toFixed(n < 10 ? 2 : 0) + ' s';
}

export const clock = (time) => new Date(time).toLocaleTimeString('en-GB');

// date is a time with its day, in the language of the page.
export const date = (time) =>
  new Date(time).toLocaleString(settings.language === 'zh' ? 'zh-CN' : 'en-GB', {dateStyle: 'medium', timeStyle: 'medium'});

// said is a text of the loader or the planner, whose language may be another one than that of the page.
export const said = (text, attributes = {}) =>
  h('span', {lang: settings.language !== 'en' && !/\p{Script=Han}/u.test(text) ? 'en' : null, ...attributes}, bdi(text));

// line is a link to a line of the rules; title says what is there.
export function line(n, title) {
  return h('a', {href: '#L' + n, class: 'line-link', title}, t('line', n));
}

const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";

// command is a line of a shell: words that need it are quoted.
export const command = (...all) => all.map((w) => (/^[\w@%+=:,.\/-]+$/.test(w) ? w : quoted(w))).join(' ');

// curl is the command that sends the same request as api.
export function curl(path, body) {
  const url = settings.base + '/api/' + path + (path.includes('?') ? '&' : '?') + 'token=' + settings.token;
  return command(
    'curl',
    '-sS',
    ...(typeof body === 'string' ? ['--data-binary', body] : ['-d', JSON.stringify(body)]),
    url,
  );
}

// showCommand shows commands, each with what it does, that can be copied.
export function showCommand(...commands) {
  set(
    $('command-list'),
    commands.map(([title, text]) => [
      h(
        'div',
        {class: 'heading'},
        h('h3', {}, title),
        h('span', {class: 'grow'}),
        h('button', {type: 'button', class: 'quiet', onclick: (e) => copyText(e.target, text)}, t('copyText')),
      ),
      h('pre', {tabindex: '0'}, text),
    ]),
  );
  $('command').showModal();
}

async function copyText(button, text) {
  await navigator.clipboard.writeText(text);
  button.textContent = t('copiedText');
  setTimeout(() => {
    button.textContent = t('copyText');
  }, 1500);
}
