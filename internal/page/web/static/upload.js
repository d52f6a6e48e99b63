// Uploads, and trouble.
import {$, Refused, api, command, curl, h, say, set, settings, showCommand, t} from './dom.js';
import {described, explainWords, fill, showTried} from './form.js';
import {follow} from './live.js';

const form = $('upload');
let files = [];

function choose(list) {
  files = [...list];
  $('no-file').hidden = files.length === 0;
  $('file-name').textContent =
    files.length === 0 ? t('drop') : files.length === 1 ? files[0].name : t('files', files.length);
  $('drop').classList.toggle('chosen', files.length > 0);
  form.elements.size.disabled = files.length > 0;
}

$('file').addEventListener('change', () => choose($('file').files));
$('no-file').addEventListener('click', () => {
  $('file').value = '';
  choose([]);
  $('file').focus();
});
for (const kind of ['dragenter', 'dragover']) {
  document.addEventListener(kind, (e) => {
    e.preventDefault();
    $('drop').classList.add('over');
  });
}
document.addEventListener('dragleave', (e) => {
  if (!e.relatedTarget) $('drop').classList.remove('over');
});
document.addEventListener('drop', (e) => {
  e.preventDefault();
  $('drop').classList.remove('over');
  if (e.dataTransfer.files.length) choose(e.dataTransfer.files);
});

// keyOf is the key of a file: what the form says, or with a folder there the file's name in it.
function keyOf(file) {
  const key = form.elements.key.value;
  return key === '' || key.endsWith('/') || files.length > 1 ? key + file.name : key;
}

function queryOf(o, file) {
  const query = new URLSearchParams({
    bucket: o.bucket,
    key: keyOf(file),
    content_type: o.content_type || file.type,
    class: o.class,
  });
  for (const tag of o.tags) query.append('tag', tag);
  for (const meta of o.meta) query.append('meta', meta);
  return query;
}

// answer says what became of what was asked for, where it was asked for; field is marked until it is changed.
function answer(text, field) {
  set($('upload-answer'), h('span', {class: field === undefined ? '' : 'error'}, text));
  for (const e of form.elements) e.removeAttribute('aria-invalid');
  field?.setAttribute('aria-invalid', 'true');
  field?.focus();
}
const refuse = (text) => answer(text, null);
form.addEventListener('input', (e) => e.target.removeAttribute('aria-invalid'));

// missing reports that the form has no key.
function missing(o) {
  if (o.key || files.length) return false;
  answer(t('keyMissing'), form.elements.key);
  return true;
}

form.addEventListener('submit', async (e) => {
  e.preventDefault();
  const o = described(form);
  if (missing(o)) return;
  $('send').disabled = true;
  try {
    let made;
    for (const file of files) made = await api('upload?' + queryOf(o, file), file, refuse);
    if (!files.length) made = await api('describe', o, refuse);
    answer(
      t('uploaded', files.length > 1 ? t('files', files.length) : files.length ? keyOf(files[0]) : o.key),
    );
    await follow(made.id);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  } finally {
    $('send').disabled = false;
  }
});

function object() {
  const o = described(form);
  if (files.length)
    Object.assign(o, {key: keyOf(files[0]), size: files[0].size + 'B', content_type: o.content_type || files[0].type});
  return o;
}

$('try-upload').addEventListener('click', async () => {
  const o = object();
  if (missing(o)) return;
  try {
    showTried($('upload-answer'), o.key, await api('try', o, refuse));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
});

$('upload-command').addEventListener('click', () => {
  const o = object();
  const explain = [t('try'), command(...explainWords(o, settings.rules))];
  if (!files.length) return showCommand([t('upload'), curl('describe', o)], explain);
  const ossutil = command(
    'ossutil',
    'cp',
    files[0].name,
    `oss://${o.bucket}/${o.key}`,
    '--endpoint',
    settings.endpoint,
    '--region',
    settings.region,
    '--access-key-id',
    settings.id,
    '--access-key-secret',
    settings.secret,
    '--addressing-style',
    'path',
  );
  showCommand(
    [t('upload') + ' · ossutil', ossutil],
    [t('upload') + ' · curl', curl('upload?' + queryOf(described(form), files[0]), '@' + files[0].name)],
    explain,
  );
});

for (const button of document.querySelectorAll('[data-trouble]')) {
  button.addEventListener('click', async () => {
    const on = button.getAttribute('aria-pressed') !== 'true';
    await api('trouble', {name: button.dataset.trouble, on});
    if (!on && document.querySelector('.row[data-state=given-up]')) say(t('replayHint'));
  });
}
$('kill').addEventListener('click', async () => say((await api('kill', {})).killed ? t('killed') : t('notBusy')));
$('trouble-command').addEventListener('click', () =>
  showCommand(
    ...[...document.querySelectorAll('[data-trouble]')].map((b) => [
      b.querySelector('.name').textContent,
      curl('trouble', {name: b.dataset.trouble, on: b.getAttribute('aria-pressed') !== 'true'}),
    ]),
    [t('kill'), curl('kill', {})],
  ),
);

// Another language keeps the place, and what the form has.
document.querySelector('.language').addEventListener('click', (e) => {
  e.target.hash = location.hash;
  sessionStorage.setItem('upload', JSON.stringify(described(form)));
});
const kept = sessionStorage.getItem('upload');
sessionStorage.removeItem('upload');
if (kept) fill(form, JSON.parse(kept));
