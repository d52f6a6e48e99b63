// The editor of the rules: what the loader says of each line, the picture, and objects to try.
import {$, Refused, api, bdi, command, h, said, say, set, settings, showCommand, t} from './dom.js';
import {described, explainWords, showTried} from './form.js';
import {draw} from './graph.js';

const text = $('text');
let sum,
  saved = '',
  notes = [],
  valid = true,
  at = 0; // the line that was opened

// show opens the editor, at a line if one is given.
export async function show(line) {
  if (sum === undefined) await read();
  if (line) goTo(line);
}

async function read() {
  const file = await api('rules');
  ({sum} = file);
  saved = text.value = file.text;
  await check();
}

// goTo selects a line.
function goTo(line, column = 1) {
  at = line;
  paint();
  const lines = text.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
  text.focus();
  text.setSelectionRange(start + column - 1, start + (lines[line - 1] ?? '').length);
  const height = parseFloat(getComputedStyle(text).lineHeight);
  $('editor').scrollTop = Math.max(0, (line - 4) * height);
  showUnder();
}

let typing;
text.addEventListener('input', () => {
  paint();
  clearTimeout(typing);
  typing = setTimeout(check, 150);
});
for (const kind of ['keyup', 'click', 'focus']) text.addEventListener(kind, showUnder);
text.addEventListener('keydown', (e) => {
  if (e.key === 's' && (e.ctrlKey || e.metaKey)) {
    e.preventDefault();
    save();
  }
});

let checks = 0;
// check asks the loader. An answer about an older text is not shown.
async function check() {
  const n = ++checks;
  const answer = await api('check', {text: text.value, sum: ''});
  if (n === checks) use(answer);
}

function use(answer) {
  ({notes, valid} = answer);
  if (answer.drawing) draw($('drawn'), answer.drawing);
  $('drawn').classList.toggle('stale', !valid);
  if (answer.sources) offer(answer.sources);
  paint();
  list();
}

// offer has the form to try name the sources of the rules that are edited.
function offer(sources) {
  const select = $('try').elements.bucket;
  const chosen = select.value;
  set(select, ...sources.map((s) => h('option', {}, s)));
  if (sources.includes(chosen)) select.value = chosen;
}

const worst = (of) => ['problem', 'warning', 'note'].find((level) => of.some((n) => n.level === level));

// paint shows the text with what is wrong under and behind each line.
function paint() {
  const lines = text.value.split('\n');
  set(
    $('backdrop'),
    ...lines.flatMap((l, i) => {
      const of = notes.filter((n) => n.line === i + 1);
      const shown = of.length ? marked(l, of) : highlighted(l);
      return [...(i + 1 === at ? [h('span', {class: 'at'}, shown)] : shown), '\n'];
    }),
  );
  set(
    $('gutter'),
    ...lines.map((_, i) => h('span', {class: [worst(notes.filter((n) => n.line === i + 1)), i + 1 === at && 'at'].filter(Boolean).join(' ')}, String(i + 1))),
  );
  const changed = text.value !== saved;
  $('save').disabled = !valid || !changed;
  document.body.classList.toggle('unsaved', changed);
  showUnder();
}

function marked(l, of) {
  const level = worst(of);
  const from = Math.min(l.length, Math.max(0, of[0].column - 1));
  const word = /^[^\s:,\]}]+/.exec(l.slice(from))?.[0].length ?? l.length - from;
  const to = Math.max(from + word, Math.min(l.length, from + 1));
  return [
    h('span', {}, l.slice(0, from)),
    h('mark', {class: level}, l.slice(from, to)),
    h('span', {}, l.slice(to)),
    h('span', {class: 'pill ' + level, 'data-line': of[0].line}, of[0].title || of[0].message),
  ];
}

// highlighted colours comments and names of fields.
function highlighted(l) {
  const m = /^(\s*(?:- )?)([\w-]+)(:.*)$/.exec(l);
  const hash = l.search(/(^|\s)#/);
  if (hash >= 0 && (!m || hash === 0 || /^\s*#/.test(l)))
    return [l.slice(0, hash), h('span', {class: 'comment'}, l.slice(hash))];
  if (!m) return [l];
  const comment = m[3].search(/\s#/);
  return [
    m[1],
    h('span', {class: 'field-name'}, m[2]),
    comment < 0 ? m[3] : m[3].slice(0, comment),
    ...(comment < 0 ? [] : [h('span', {class: 'comment'}, m[3].slice(comment))]),
  ];
}

// showUnder shows the whole messages of the caret's line, under it.
function showUnder() {
  const line = text.value.slice(0, text.selectionStart).split('\n').length;
  const of = notes.filter((n) => n.line === line);
  $('under').hidden = !of.length || document.activeElement !== text;
  set($('under'), ...of.map(message));
  for (const pill of $('backdrop').querySelectorAll('.pill'))
    pill.classList.toggle('covered', !$('under').hidden && Number(pill.dataset.line) === line);
  $('under').style.top = `calc(${line} * var(--line) + 6px)`;
}
text.addEventListener('blur', () => setTimeout(showUnder));

const message = (n) =>
  h(
    'span',
    {class: 'message ' + n.level},
    h('strong', {}, t(n.level)),
    ' ',
    n.title && [n.title, ' '],
    said(n.message),
    n.code ? h('span', {class: 'hint'}, ` (${n.code})`) : '',
  );

function list() {
  const count = (level) => notes.filter((n) => n.level === level).length;
  set(
    $('notes'),
    ...notes.map((n) =>
      h(
        'li',
        {},
        h(
          'button',
          {type: 'button', onclick: () => goTo(n.line, n.column)},
          h('span', {class: 'line-link'}, t('line', n.line)),
          ' ',
          message(n),
        ),
      ),
    ),
  );
  const [problems, warnings] = [count('problem'), count('warning')];
  $('verdict').className = 'badge ' + (problems ? 'failed' : warnings ? 'retrying' : 'copied');
  $('verdict').textContent = problems ? t('problems', problems) : warnings ? t('warnings', warnings) : t('noProblems');
}

async function save() {
  try {
    const answer = await api('save', {text: text.value, sum});
    if (answer.valid) {
      ({sum} = answer);
      saved = text.value;
      say(t('saved'));
    }
    use(answer);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}
$('save').addEventListener('click', save);
$('reload').addEventListener('click', read);
addEventListener('beforeunload', (e) => {
  if (sum !== undefined && text.value !== saved) e.preventDefault();
});

$('try').addEventListener('submit', async (e) => {
  e.preventDefault();
  const o = described($('try'));
  showTried($('try-answer'), o.key, await api('try', {...o, text: text.value}));
});
$('try-command').addEventListener('click', () =>
  showCommand([t('try'), command(...explainWords(described($('try')), settings.rules))]),
);
