// What a row opens to: why, the requests, the report, the event.
import {api, bdi, clock, command, curl, h, say, seconds, set, settings, showCommand, t} from './dom.js';
import {explainWords, fill, verdicts} from './form.js';

// details fills the panel of a row. Blocks that are open stay open. follow is called with the row of a replay.
export function details(panel, d, follow) {
  const opened = new Set([...panel.querySelectorAll('details[open]')].map((e) => e.dataset.name));
  const keep = (name, on, ...children) =>
    h(
      'details',
      {class: 'block', 'data-name': name, open: opened.has(name) || (on && !panel.childElementCount)},
      ...children,
    );
  if (!panel.childElementCount) fill(document.getElementById('try'), objectOf(d));
  const focused = panel.contains(document.activeElement) ? document.activeElement.dataset.action : null;
  set(
    panel,
    h(
      'div',
      {class: 'actions'},
      h('button', {type: 'button', 'data-action': 'replay', onclick: () => replay(d.row.id, follow)}, t('replay')),
      h('button', {type: 'button', class: 'quiet', 'data-action': 'open', onclick: () => open(d.row)}, t('open')),
      h('button', {type: 'button', class: 'quiet', 'data-action': 'command', onclick: () => commands(d)}, t('command')),
    ),
    h('h3', {}, t('why')),
    h(
      'p',
      {class: 'hint'},
      d.row.state === 'untriggered' ? t('notSource', d.row.bucket) : wanted(d.explain.copies.length),
    ),
    verdicts(d.explain),
    keep('requests', false, h('summary', {}, `${t('requests')} (${d.requests.length + d.omitted})`), requests(d)),
    keep(
      'report',
      false,
      h('summary', {}, t('report')),
      d.results.length ? d.results.map(attempt) : h('p', {class: 'empty'}, t('noReport')),
    ),
    keep('event', false, h('summary', {}, t('event')), h('pre', {tabindex: '0'}, JSON.stringify(d.event, null, 2))),
  );
  for (const block of panel.querySelectorAll('.verdicts ~ [data-name=others]')) block.open ||= opened.has('others');
  if (focused) panel.querySelector(`[data-action="${focused}"]`)?.focus();
}

const wanted = (n) => (n ? `${t('copiesOf')}: ${n}` : t('noTaken'));

function requests(d) {
  return [
    d.omitted ? h('p', {class: 'hint'}, t('requestsOmitted', d.omitted)) : null,
    h(
      'div',
      {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': t('requests')},
      h(
        'table',
        {class: 'requests'},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            [t('operation'), t('status'), t('time')].map((name) => h('th', {scope: 'col'}, name)),
          ),
        ),
        h(
          'tbody',
          {},
          d.requests.map((r) =>
            h(
              'tr',
              {class: r.status >= 400 || !r.status ? 'bad' : ''},
              h(
                'td',
                {},
                h('strong', {}, r.operation),
                r.part ? ' ' + t('part', r.part) : '',
                h('br'),
                bdi(r.bucket + '/' + r.key),
              ),
              h('td', {}, r.status ? String(r.status) : t('noReply'), r.code ? [h('br'), r.code] : ''),
              h('td', {class: 'number'}, clock(r.at), h('br'), seconds(r.seconds)),
            ),
          ),
        ),
      ),
    ),
  ];
}

function attempt(r) {
  return [
    h('h4', {}, t('attempt', r.attempt) + ' · ' + seconds(r.seconds)),
    r.error ? h('p', {class: 'error', lang: 'en'}, bdi(r.error)) : null,
    r.report ? h('pre', {tabindex: '0'}, JSON.stringify(r.report, null, 2)) : null,
  ];
}

async function replay(id, follow) {
  const made = await api('replay', {id});
  say(t('replayed', made.id));
  await follow(made.id);
}

function open(row) {
  location.hash = '#buckets/' + encodeURIComponent(row.bucket) + '/' + encodeURIComponent(row.key);
}

// objectOf is the object of a row, as a form describes one.
const objectOf = (d) => ({
  bucket: d.row.bucket,
  key: d.row.key,
  size: d.row.size + 'B',
  content_type: d.event.events[0].oss.object.objectMeta?.mimeType ?? '',
  class: '',
  tags: [],
  meta: [],
});

function commands(d) {
  showCommand(
    [t('try'), command(...explainWords(objectOf(d), settings.rules))],
    [t('replay'), curl('replay', {id: d.row.id})],
  );
}
