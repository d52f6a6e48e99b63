// The three views: #live, #buckets and #rules. #L12 is a line of the rules.
import {$} from './dom.js';
import * as live from './live.js';
import './upload.js';
import * as buckets from './buckets.js';
import * as rules from './rules.js';

function route() {
  const hash = location.hash.slice(1);
  const at = /^L(\d+)$/.exec(hash);
  const name = at ? 'rules' : hash.split('/')[0] || 'live';
  if (!$(name)?.classList.contains('view')) return; // the link to the content
  for (const view of document.querySelectorAll('.view')) view.hidden = view.id !== name;
  for (const link of document.querySelectorAll('[data-view]')) {
    if (link.dataset.view === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (name === 'live') live.show(Number(hash.split('/')[1] ?? 0));
  if (name === 'buckets') buckets.show(hash.split('/').slice(1).map(decodeURIComponent));
  if (name === 'rules') rules.show(at ? Number(at[1]) : 0);
}

addEventListener('hashchange', route);
$('toast').addEventListener('click', () => {
  $('toast').hidden = true;
});
route();
live.start();
