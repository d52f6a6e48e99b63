// The form that describes an object, to upload it or to try it.
import {bdi, h, line, said, set, t} from './dom.js';

const lines = (text) =>
  text
    .split('\n')
    .map((l) => l.trim())
    .filter(Boolean);

// described is the object that a form describes.
export function described(form) {
  const f = form.elements;
  return {
    bucket: f.bucket.value,
    key: f.key.value,
    size: f.size.value.trim(),
    content_type: f.content_type.value.trim(),
    class: f.class.value,
    tags: lines(f.tags.value),
    meta: lines(f.meta.value),
  };
}

// fill has a form describe an object.
export function fill(form, o) {
  for (const [name, value] of Object.entries(o)) form.elements[name].value = [value].flat().join('\n');
}

// explainWords are the command line that explains the object as well.
export function explainWords(o, rules) {
  const words = ['afterput', 'explain', rules, '--bucket', o.bucket, '--key', o.key];
  const add = (flag, value) => {
    if (value) words.push(flag, value);
  };
  add('--size', o.size.replaceAll(' ', ''));
  add('--content-type', o.content_type);
  add('--storage-class', o.class);
  for (const tag of o.tags) add('--tag', tag);
  for (const meta of o.meta) add('--meta', meta);
  return words;
}

const answers = {yes: 'taken', no: 'nottaken', depends: 'depends', unreadable: 'unreadable'};

// verdicts lists what every rule makes of an object, and why; the rules about other buckets are folded.
export function verdicts(explain) {
  const list = h('ul', {class: 'verdicts'});
  if (explain.ignored) list.append(h('li', {}, said(explain.ignored)));
  const item = (v) => verdict(v, explain.copies);
  list.append(...explain.rules.filter((v) => !v.other).map(item));
  for (const c of explain.copies.filter((c) => c.deletes)) list.append(h('li', {class: 'verdict taken'}, copy(c)));
  const others = explain.rules.filter((v) => v.other);
  if (!others.length) return list;
  const title = others.length > 1 ? t('otherBuckets', others.length) : t('otherBucket');
  return [
    list,
    h(
      'details',
      {class: 'block', 'data-name': 'others', open: others.length === explain.rules.length},
      h('summary', {}, title),
      h('ul', {class: 'verdicts'}, others.map(item)),
    ),
  ];
}

function verdict(v, copies) {
  return h(
    'li',
    {class: 'verdict ' + answers[v.answer] + (v.near ? ' near' : '')},
    h('span', {class: 'mark', 'aria-hidden': 'true'}, v.answer === 'yes' ? '✓' : v.answer === 'no' ? '–' : '?'),
    h('span', {class: 'rule-name'}, bdi(v.rule), h('span', {class: 'spoken'}, ' ' + t(answers[v.answer]) + ' ')),
    line(v.line, t(v.answer === 'yes' ? 'lineRule' : 'lineCondition')),
    v.reason && said(v.reason, {class: 'reason'}),
    v.groups &&
      h(
        'span',
        {class: 'reason'},
        v.groups.map((g) => [bdi(`re.${g.Key}=${g.Value}`), ' ']),
      ),
    v.shadowed?.map((s) => h('span', {class: 'reason'}, bdi(t('shadowed', s.destination, s.by)))),
    copies.filter((c) => c.rule === v.rule && !c.deletes).map(copy),
  );
}

function copy(c) {
  return h(
    'details',
    {class: 'copy'},
    h(
      'summary',
      {},
      h('span', {'aria-hidden': 'true'}, c.deletes ? '✕ ' : '→ '),
      bdi(c.destination),
      ' ',
      line(c.line, t('lineCopy')),
      c.error && h('span', {class: 'error', lang: 'en'}, bdi(c.error)),
    ),
    h(
      'table',
      {class: 'values'},
      h(
        'tbody',
        {},
        (c.values ?? []).map((v) =>
          h('tr', {}, h('th', {scope: 'row'}, v.field), h('td', {}, bdi(v.text || '–'), because(v))),
        ),
      ),
    ),
    (c.chain ?? []).map((hop) =>
      h('p', {class: 'reason'}, bdi(t('then', hop.rule, `oss://${hop.bucket}/${hop.key}`)), ' ', line(hop.line)),
    ),
  );
}

// because says where a value comes from.
export function because(v) {
  return h(
    'span',
    {class: 'because'},
    v.line ? line(v.line) : '',
    ' ',
    said(v.from),
    v.note ? ['; ', said(v.note)] : '',
  );
}

// summary says how many copies an object would get.
function summary(explain) {
  const n = explain.copies.length;
  return n === 0 ? t('noTaken') : n === 1 ? t('oneCopy') : t('allCopies', n);
}

// showTried shows what the rules make of an object that was not uploaded.
export function showTried(where, key, explain) {
  set(
    where,
    h(
      'div',
      {class: 'heading'},
      h('strong', {class: 'key'}, bdi(key)),
      h('span', {class: 'grow'}),
      h('button', {type: 'button', class: 'quiet', 'aria-label': t('close'), onclick: () => set(where)}, '✕'),
    ),
    h('p', {class: 'badge ' + (explain.copies.length ? 'copied' : 'none')}, summary(explain)),
    verdicts(explain),
  );
}
