// What happens, as the server streams it: counts, the newest events, and the picture of the rules in force.
import {$, api, bdi, bytes, clock, h, said, set, t} from './dom.js';
import {draw} from './graph.js';
import {details} from './details.js';

const WINDOW = 100; // rows that the page has at once

const rows = new Map(); // by id: what the server says
const items = new Map(); // by id: the elements
let arrows = [],
  version = 0,
  drawing = false,
  counts = [];
let last = 0; // id of the newest event of all
let opened = 0; // id of the row that is open
let older = false; // the list shows older rows
let scrolled = false; // it was scrolled away from its top when a row came
let focus = 0; // id of the row that the picture shows
let totals;

const list = $('rows');

const filtered = () => $('filter').elements.text.value !== '' || $('filter').elements.state.value !== '';

// held reports whether the list is not live.
const held = () => opened > 0 || older || scrolled || filtered();

// away reports whether the top of the list is out of sight by about a row or more: a new row would not be seen.
const away = () => list.scrollTop > 40 || list.getBoundingClientRect().top < 0;

// start follows the stream; the browser connects again by itself.
export function start() {
  const stream = new EventSource('/api/stream');
  stream.onopen = () => connected(true);
  stream.onerror = () => connected(false);
  stream.onmessage = (e) => update(JSON.parse(e.data));
}

function connected(yes) {
  $('connection').className = 'connection ' + (yes ? 'on' : 'off');
  $('connection').textContent = yes ? t('connected') : t('disconnected');
}

async function update(state) {
  last = state.last;
  showTotals(state.totals);
  showTrouble(state.trouble);
  counts = state.arrows ?? [];
  const changed = [];
  for (const row of state.rows) {
    const before = rows.get(row.id);
    rows.set(row.id, row);
    changed.push([before, row]);
  }
  trim();
  if (state.version !== version && !drawing) await redraw(state.version);
  arrows.forEach((a, i) => counts[i] && a.counted(counts[i]));
  showRows(changed.map(([, row]) => row));
  animate(changed);
  speak(changed);
  const newest = state.rows.find((r) => !r.by) ?? state.rows[0]; // rather an upload than what a copy raised
  if (!held() && newest?.id > focus) setFocus(newest.id);
  else if (rows.get(focus) && state.rows.some((r) => r.id === focus)) light();
}

// trim forgets the rows that are not shown any more.
function trim() {
  const ids = [...rows.keys()].sort((a, b) => b - a);
  for (const id of ids.slice(WINDOW)) if (!items.has(id)) rows.delete(id);
}

async function redraw(next) {
  drawing = true;
  try {
    const drawn = await api('graph');
    arrows = draw($('graph'), drawn);
    version = drawn.version;
    explained.clear();
    light();
    document.dispatchEvent(new CustomEvent('rules-in-force'));
  } finally {
    drawing = false;
  }
}

// Counts.

const recent = [];
function showTotals(now) {
  totals = now;
  const time = performance.now();
  recent.push([time, now.events]);
  while (recent.length > 2 && time - recent[0][0] > 2000) recent.shift();
  const [since, events] = recent[0];
  const rate = time > since ? (now.events - events) / Math.max(1, (time - since) / 1000) : 0;
  $('rate').textContent = Math.round(rate);
  $('events-total').textContent = now.events.toLocaleString('en');
  $('copies-total').textContent = now.copies.toLocaleString('en');
  $('failed-total').textContent = now.failed.toLocaleString('en');
  $('waiting-total').textContent = now.waiting.toLocaleString('en');
  $('failed-total').closest('div').classList.toggle('bad', now.failed > 0);
}
setInterval(() => totals && showTotals(totals), 1000);

function showTrouble(on) {
  for (const button of document.querySelectorAll('[data-trouble]')) {
    const times = on[button.dataset.trouble];
    button.setAttribute('aria-pressed', String(times !== undefined));
    button.querySelector('.count').textContent = times === undefined ? '' : t('times', times);
  }
  document.body.classList.toggle('in-trouble', Object.keys(on).length > 0);
}

// The list.

function showRows(changed) {
  const more = changed.some((row) => !items.has(row.id));
  if (more && !held() && items.size) scrolled = away();
  if (!held()) {
    if (more) list.scrollTop = 0;
    for (const row of changed.slice().sort((a, b) => a.id - b.id)) place(row);
    for (const id of [...items.keys()].sort((a, b) => b - a).slice(WINDOW)) remove(id);
  } else {
    for (const row of changed) if (items.has(row.id)) fill(row);
    const newest = Math.max(0, ...items.keys());
    const missed = filtered() ? 0 : last - newest;
    $('resume').textContent = missed > 1 ? t('newer', missed) : missed === 1 ? t('newerOne') : t('live-again');
  }
  $('resume').hidden = !held();
  $('no-rows').hidden = items.size > 0;
  $('no-rows').textContent = filtered() ? t('noneMatches', totals?.events ?? 0) : t('noEvents');
  const oldest = Math.min(...items.keys());
  $('older').hidden = items.size < WINDOW || oldest <= 1;
}

function remove(id) {
  items.get(id).remove();
  items.delete(id);
  rows.delete(id);
}

// place shows a row, the newest at the top.
function place(row) {
  if (!items.has(row.id)) {
    const item = makeItem(row);
    let above = list.firstElementChild; // nearly always there is none
    while (above && above.dataset.id > row.id) above = above.nextElementSibling;
    list.insertBefore(item, above);
    items.set(row.id, item);
  }
  fill(row);
}

function makeItem(row) {
  const button = h('button', {
    type: 'button',
    class: 'summary',
    'aria-expanded': 'false',
    onclick: () => toggle(row.id),
  });
  return h('li', {class: 'row', 'data-id': row.id}, button);
}

// fill shows what a row says now.
function fill(row) {
  const item = items.get(row.id);
  item.dataset.state = row.state;
  const button = item.firstElementChild;
  set(
    button,
    h(
      'span',
      {class: 'line1'},
      h('span', {class: 'key'}, bdi(row.key)),
      h('span', {class: 'badge ' + row.state}, t('state-' + row.state)),
    ),
    h(
      'span',
      {class: 'line2'},
      h('span', {class: 'number'}, '#' + row.id),
      ' ',
      h('time', {}, clock(row.at)),
      ' · ',
      bdi(row.bucket),
      ' · ',
      bytes(row.size),
      row.attempts > 1 && [' · ', t('attempts', row.attempts)],
      row.replay_of ? [' · ', t('replayOf', row.replay_of)] : row.by ? [' · ', t('byCopy', row.by)] : null,
    ),
    row.copies.map(copyLine),
    row.more ? h('span', {class: 'copy-line'}, t('moreCopies', row.more)) : '',
    row.why
      ? h(
          'span',
          {class: 'why-line' + (row.by ? ' soft' : '')},
          row.rule ? [bdi(row.rule), ': '] : null,
          said(row.why),
          row.near ? [' ', h('span', {class: 'hint'}, t('alike', row.near))] : null,
        )
      : '',
  );
}

function copyLine(c) {
  const part = c.size ? c.done / c.size : c.state === 'copied' ? 1 : 0;
  const under = c.state === 'running' && c.size > 0;
  return h(
    'span',
    {class: 'copy-line ' + c.state},
    h('span', {'aria-hidden': 'true'}, c.deletes ? '✕ ' : '→ '),
    bdi(c.bucket + '/' + c.key),
    h('span', {class: 'outcome'}, t('state-' + c.state), under && c.parts ? ` ${Math.floor(part * 100)} %` : ''),
    c.refused > 0 && !c.made_by && h('span', {class: 'refused'}, refusals(c)),
    c.made_by ? h('span', {class: 'made'}, t('madeBy', c.made_by)) : null,
    under && c.parts ? h('progress', {value: part, max: 1, 'aria-label': t('state-running')}) : null,
    c.error && !c.made_by ? h('span', {class: 'error', lang: 'en'}, bdi(c.error, {}, commands)) : null,
  );
}

// commands are what an error names to be typed.
const commands = /afterput [a-z]+ RULES|--[a-z][a-z-]+/g;

// refusals says that requests of a copy were refused: while it is under way, with the last reason.
function refusals(c) {
  const n = c.refused > 1 ? t('refusals', c.refused) : t('refusal');
  return c.state === 'running' ? `${c.code || t('noReply')}, ${n}` : c.state === 'copied' ? t('after', n) : n;
}

// toggle opens a row, or closes it.
async function toggle(id) {
  const item = items.get(id);
  if (opened) closeRow();
  if (item.classList.contains('was-open')) {
    item.classList.remove('was-open');
    catchUp();
    return;
  }
  opened = id;
  item.classList.add('open');
  item.firstElementChild.setAttribute('aria-expanded', 'true');
  const panel = h('div', {class: 'details', id: 'details'});
  item.firstElementChild.setAttribute('aria-controls', 'details');
  item.append(panel);
  setFocus(id);
  showRows([]);
  await refreshDetails();
}

function closeRow() {
  const item = items.get(opened);
  opened = 0;
  for (const other of list.querySelectorAll('.was-open')) other.classList.remove('was-open');
  item.classList.remove('open');
  item.classList.add('was-open');
  item.firstElementChild.setAttribute('aria-expanded', 'false');
  item.querySelector('.details')?.remove();
}

let shownRev = '';
// refreshDetails reads again what is known of the row that is open, while it changes.
async function refreshDetails() {
  const id = opened;
  const panel = items.get(id)?.querySelector('.details');
  if (!panel) return;
  const row = rows.get(id);
  const rev = JSON.stringify(row);
  if (panel.childElementCount && rev === shownRev) return;
  shownRev = rev;
  const d = await api('row?id=' + id);
  if (opened === id) details(panel, d, follow);
}
setInterval(() => {
  if (opened) refreshDetails().catch(() => {});
}, 700);

document.addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && opened && !document.querySelector('dialog[open]')) {
    const button = items.get(opened).firstElementChild;
    button.focus();
    toggle(opened);
  }
});

// The arrow keys lead from row to row.
list.addEventListener('keydown', (e) => {
  const step = {ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling'}[e.key];
  const item = e.target.classList.contains('summary') && e.target.parentElement;
  if (!step || !item) return;
  e.preventDefault();
  item[step]?.firstElementChild.focus();
});

let loads = 0; // an answer to what is no longer asked for is not shown

// load shows a window of rows that the server has.
async function load(before) {
  const n = ++loads;
  const f = $('filter').elements;
  const query = new URLSearchParams({before, text: f.text.value, state: f.state.value});
  const page = await api('rows?' + query);
  if (n !== loads) return;
  opened = 0;
  const focused = list.contains(document.activeElement) && Number(document.activeElement.closest('.row').dataset.id);
  set(list);
  items.clear();
  for (const row of page.rows.slice().reverse()) {
    rows.set(row.id, row);
    place(row);
  }
  list.scrollTop = 0;
  if (focused) items.get(focused)?.firstElementChild.focus({preventScroll: true});
  showRows([]);
  const newest = page.rows.find((r) => !r.by) ?? page.rows[0];
  if (!held() && newest) setFocus(newest.id);
}

// catchUp makes the list live again, if nothing else holds it, with the rows that came in the meantime.
async function catchUp() {
  if (!held()) scrolled = away();
  if (held() || last <= Math.max(0, ...items.keys())) showRows([]);
  else await load(0);
}

async function resume() {
  older = scrolled = false;
  $('filter').reset();
  await load(0);
  reveal();
}

// show is called when the view is opened, with a row to be opened or 0. A list that is live begins at its top, also if
// rows came meanwhile.
export async function show(id) {
  if (!held()) list.scrollTop = 0;
  if (!id || id === opened) return;
  $('filter').reset();
  if (!items.has(id)) {
    older = true;
    await load(id + 1);
  }
  if (!items.has(id)) return;
  await toggle(id);
  items.get(id).scrollIntoView({block: 'nearest'});
}

// reveal scrolls the page so that the newest row is seen.
function reveal() {
  const {top} = list.getBoundingClientRect();
  if (top < 0 || top > innerHeight - 120) $('events-title').parentElement.scrollIntoView({block: 'start'});
}

// follow shows the event of what the person at the page has done, opened if another one is. What others upload waits.
export async function follow(id) {
  if (!id) return;
  const open = opened > 0;
  if (held() || away()) await resume();
  else reveal(); // the stream brings the row
  if (open && items.has(id)) {
    items.get(id).firstElementChild.focus({preventScroll: true});
    await toggle(id);
  }
}

for (const scroller of [list, window]) {
  scroller.addEventListener('scroll', () => {
    if (!scrolled || away()) return;
    scrolled = false;
    catchUp();
  });
}
$('resume').addEventListener('click', resume);
$('older').addEventListener('click', async () => {
  older = true;
  await load(Math.min(...items.keys()));
  list.firstElementChild?.firstElementChild.focus();
});
$('failed-total').addEventListener('click', () => {
  location.hash = '#live';
  $('filter').elements.state.value = 'trouble';
  older = scrolled = false;
  load(0);
});
let typing;
$('filter').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    older = scrolled = false;
    load(0);
  }, 200);
});
$('filter').addEventListener('submit', (e) => e.preventDefault());

// The picture.

const explained = new Map(); // by id: what every rule makes of the row
let asked = 0,
  askLater;

function setFocus(id) {
  focus = id;
  light();
}

// light shows in the picture which rules take the row in focus, and why the others do not.
async function light() {
  const row = rows.get(focus);
  if (!row || row.version !== version) {
    for (const a of arrows) a.light('', '');
    $('focus').textContent = row && focus === opened ? t('otherRules', focus) : '';
    return showProgress();
  }
  set(
    $('focus'),
    ...t('focusOn', '\u0000')
      .split('\u0000')
      .flatMap((part, i) => (i ? [bdi(row.key), part] : [part])),
  );
  const paint = (verdicts) =>
    arrows.forEach((a, i) => {
      const copy = row.copies.find((c) => c.arrow === i);
      const verdict = verdicts?.get(a.rules[0]);
      if (copy) a.light(copy.state === 'failed' && !copy.made_by ? 'broken' : 'lit', '→ ' + copy.key);
      else if (verdict?.answer === 'yes' && !row.key.startsWith(a.prefix)) a.light('dim', t('otherPrefix', a.prefix));
      else a.light('dim', verdict?.reason ?? '', verdict?.near);
    });
  paint(explained.get(row.id));
  showProgress();
  if (explained.has(row.id)) return;
  if (performance.now() - asked < 500) {
    // many rows come and go: only the one that stays is asked about
    clearTimeout(askLater);
    askLater = setTimeout(light, 500);
    return;
  }
  asked = performance.now();
  try {
    const d = await api('row?id=' + row.id);
    explained.set(row.id, new Map(d.explain.rules.map((v) => [v.rule, v])));
    if (explained.size > WINDOW) explained.delete(explained.keys().next().value);
    if (focus === row.id) paint(explained.get(row.id));
  } catch {
    /* the row is no longer kept */
  }
}

function showProgress() {
  const done = new Map();
  for (const row of rows.values()) {
    if (row.version !== version) continue;
    for (const c of row.copies) {
      if (c.state !== 'running' || c.arrow < 0) continue;
      const sum = done.get(c.arrow) ?? [0, 0];
      done.set(c.arrow, [sum[0] + c.done, sum[1] + c.size]);
    }
  }
  arrows.forEach((a, i) => {
    const [part, whole] = done.get(i) ?? [0, 0];
    a.progress(whole ? part / whole : 0);
  });
}

// animate has the copies that advanced travel along their arrows.
function animate(changed) {
  showProgress();
  for (const [before, row] of changed) {
    if (row.version !== version || !row.copies.length) continue;
    for (const [i, c] of row.copies.entries()) {
      const was = before?.copies[i];
      if (
        arrows[c.arrow] &&
        ((c.state === 'running' && c.done !== was?.done) || (c.state === 'copied' && was?.state !== 'copied'))
      )
        arrows[c.arrow].move();
    }
  }
}

// Reading out: what ended, not more often than one can listen to.

let spokenAt = -Infinity;
let toSpeak; // a timer
let unspoken = [];

function speak(changed) {
  for (const [before, row] of changed) {
    const ended = !['waiting', 'running', 'retrying'].includes(row.state) && before?.state !== row.state;
    if (ended) unspoken.push(row);
  }
  if (unspoken.length && !toSpeak) toSpeak = setTimeout(sayEnded, Math.max(0, spokenAt + 3000 - performance.now()));
}

function sayEnded() {
  const [row] = unspoken;
  $('spoken').textContent =
    unspoken.length > 1 ? `${t('events')}: ${unspoken.length}` : `${row.key}: ${t('state-' + row.state)}`;
  unspoken = [];
  spokenAt = performance.now();
  toSpeak = undefined;
}
