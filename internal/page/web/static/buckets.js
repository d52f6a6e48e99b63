// The buckets, their objects, and one object beside its copies.
import {$, Refused, api, bdi, bytes, date, h, line, said, set, t} from './dom.js';
import {because} from './form.js';

let bucket = '',
  after = '',
  key;
let shows = 0; // an answer to what is no longer asked for is not shown

const link = (...parts) => '#buckets/' + parts.map(encodeURIComponent).join('/');

// show shows a bucket and an object, if they are named.
export async function show([name, object]) {
  const n = ++shows;
  try {
    const all = await api('buckets');
    if (n !== shows) return;
    if (name === undefined && !bucket) name = all[0]?.name;
    set(
      $('bucket-list'),
      ...all.map((b) =>
        h(
          'li',
          {},
          h(
            'a',
            {href: link(b.name), 'aria-current': b.name === (name ?? bucket) ? 'true' : null},
            h(
              'span',
              {class: 'line1'},
              h('span', {class: 'key'}, bdi(b.name)),
              b.source && h('span', {class: 'badge'}, t('source')),
            ),
            h(
              'span',
              {class: 'line2'},
              [b.region, b.acl, b.class, b.versioning && t('versioned')].filter(Boolean).join(' · '),
            ),
          ),
        ),
      ),
    );
    if (name !== undefined && name !== bucket) {
      bucket = name;
      $('prefix-form').reset();
    }
    key = object;
    await list();
    if (n !== shows) return;
    if (object === undefined) set($('object'), h('p', {class: 'empty'}, t('chooseObject')));
    else {
      await open(object);
      const {top} = $('object-title').getBoundingClientRect();
      if (top < 0 || top > innerHeight - 120) $('object-title').scrollIntoView({block: 'start'});
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

async function list(from = '') {
  const query = new URLSearchParams({bucket, prefix: $('prefix-form').elements.prefix.value, after: from});
  const n = shows;
  const page = await api('objects?' + query);
  if (n !== shows) return;
  const items = [
    ...page.uploads.map((u) =>
      h(
        'li',
        {class: 'upload'},
        h('span', {class: 'key'}, bdi(u.key)),
        h('span', {class: 'line2'}, t('underWay', u.parts, bytes(u.size))),
      ),
    ),
    ...page.objects.map((o) =>
      h(
        'li',
        {},
        h(
          'a',
          {href: link(bucket, o.key), 'aria-current': o.key === key ? 'true' : null},
          h('span', {class: 'key'}, bdi(o.key)),
          h(
            'span',
            {class: 'line2'},
            o.marker ? t('marker') : bytes(o.size),
            ' · ',
            date(o.modified),
          ),
        ),
      ),
    ),
  ];
  set($('object-list'), ...items);
  $('no-objects').hidden = items.length > 0;
  $('more-objects').hidden = !page.more;
  after = page.objects.at(-1)?.key ?? '';
  set($('objects-title'), t('objects') + ' · ', bdi(bucket));
}

let typing;
$('prefix-form').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => list(), 200);
});
$('prefix-form').addEventListener('submit', (e) => e.preventDefault());
$('more-objects').addEventListener('click', () => list(after));
$('refresh').addEventListener('click', () => show([bucket, key]));

async function open(name) {
  const n = shows;
  const o = await api('object?' + new URLSearchParams({bucket, key: name}));
  if (n !== shows) return;
  set(
    $('object'),
    h('p', {class: 'full-name'}, bdi(`oss://${bucket}/${name}`)),
    o.why && !o.compared.length && whyNoCopy(o.why),
    ...o.compared.map(compared),
    h('h3', {}, t('versions')),
    ...o.versions.map((v, i) =>
      h(
        'details',
        {class: 'block', open: i === 0 && !o.compared.length},
        h(
          'summary',
          {},
          v.version_id === 'null' ? t('unversioned') : v.version_id,
          ' ',
          i === 0 && h('span', {class: 'badge'}, v.marker ? t('marker') : t('current')),
          ' ',
          h('span', {class: 'hint'}, bytes(v.size), ' · ', date(v.modified)),
        ),
        h(
          'table',
          {class: 'values'},
          h(
            'tbody',
            {},
            Object.entries(v.properties ?? {}).map(([name, value]) =>
              h('tr', {}, h('th', {scope: 'row'}, bdi(name)), h('td', {}, bdi(value))),
            ),
          ),
        ),
      ),
    ),
  );
}

// whyNoCopy says why no rule takes the object, with a link to its event.
const whyNoCopy = (why) =>
  h(
    'p',
    {class: 'why-line'},
    t('noTaken'),
    ' ',
    bdi(why.rule),
    ': ',
    said(why.reason),
    why.line ? line(why.line) : null,
    why.row ? [' ', h('a', {href: '#live/' + why.row}, t('toEvent', why.row))] : null,
  );

// compared sets a source beside its copy: what differs, and which line of the rules made it so.
function compared(c) {
  const differ = c.rows.filter((r) => r.source !== r.copy);
  const row = (r) =>
    h(
      'tr',
      {class: r.source !== r.copy ? 'differs' : ''},
      h('th', {scope: 'row'}, bdi(r.name)),
      h('td', {}, bdi(r.source || '–')),
      h('td', {}, bdi(r.copy || '–'), r.because && h('span', {class: 'because-under'}, because(r.because))),
      h('td', {}, r.because ? because(r.because) : ''),
    );
  const table = (rows) =>
    h(
      'div',
      {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': c.rule},
      h(
        'table',
        {class: 'compared'},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ['property', 'thesource', 'thecopy', 'because'].map((name) => h('th', {scope: 'col'}, t(name))),
          ),
        ),
        h('tbody', {}, rows.map(row)),
      ),
    );
  return h(
    'section',
    {class: 'comparison'},
    h('h3', {}, bdi(c.rule), ' ', h('a', {class: 'line-link', href: '#L' + c.line}, t('line', c.line))),
    h('p', {class: 'full-name'}, goTo(c.source), h('br'), '→ ', goTo(c.copy)),
    c.there ? table(differ) : h('p', {class: 'empty'}, t('notThere')),
    c.there &&
      h(
        'details',
        {class: 'block'},
        h('summary', {}, t('same', c.rows.length - differ.length)),
        table(c.rows.filter((r) => r.source === r.copy)),
      ),
  );
}

function goTo(name) {
  const [, b, k] = /^oss:\/\/([^/]*)\/([^]*)$/.exec(name);
  return h('a', {href: link(b, k)}, bdi(name));
}
