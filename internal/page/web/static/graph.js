// The picture of the rules: what lights up, what moves along the arrows, and how often each was taken.
import {bytes, s, settings, t} from './dom.js';

// draw shows a picture that the server drew. Its links lead to lines of the rules.
export function draw(where, drawing) {
  const svg = new DOMParser().parseFromString(drawing.svg, 'image/svg+xml').documentElement;
  where.replaceChildren(document.importNode(svg, true));
  if (settings.language !== 'en') translate(where);
  return [...where.querySelectorAll('.flow')].map((g, i) => new Arrow(g, drawing.arrows[i]));
}

// translate puts the words of the picture, which the server draws in English, into the language of the page.
function translate(where) {
  for (const e of where.querySelectorAll('.prefix-all')) e.textContent = t('allKeys');
  const replace = (selector, form, word) => {
    for (const e of where.querySelectorAll(selector)) e.textContent = e.textContent.replace(form, word);
  };
  replace('.rule', / \(line (\d+)\)$/, (_, n) => t('inLine', n));
  replace('.disabled .detail', /^disabled/, t('disabled'));
  replace('.detail', /(^|, )if /, '$1' + t('if') + ' ');
}

// shortened is as much of a text as a card has room for; Chinese characters take twice the room of others.
function shortened(text) {
  let room = 44;
  const all = [...text];
  const end = all.findIndex((c) => (room -= /[\u2e80-\uffef]/.test(c) ? 1.9 : 1) < 0);
  return end < 0 ? text : all.slice(0, end).join('').trimEnd() + '…';
}

const still = matchMedia('(prefers-reduced-motion: reduce)');
let moving = 0;

// Arrow is a rule's way from one bucket to another.
class Arrow {
  constructor(g, {rules, prefix}) {
    Object.assign(this, {g, rules, prefix, last: 0});
    this.card = g.querySelector('.card');
    this.hint = g.querySelector('.detail');
    this.text = this.hint?.textContent ?? '';
    this.hint?.replaceChildren(shortened(this.text));
    this.paths = [...g.querySelectorAll('path')];
    const box = (name) => Number(this.card.getAttribute(name));
    const [x, y, width, height] = [box('x'), box('y'), box('width'), box('height')];
    this.count = s('text', {class: 'count', x: x + width - 10, y: y + 18, 'text-anchor': 'end'});
    this.bar = s('rect', {class: 'bar', x: x + 3, y: y + height - 4, width: 0, height: 3, rx: 1.5});
    this.width = width - 6;
    this.card.after(this.bar);
    g.querySelector('a').append(this.count);
  }

  // counted shows how many copies were made.
  counted({taken, copied, failed, bytes: size}) {
    this.count.replaceChildren(
      copied ? '✓ ' + copied : '',
      ...(failed ? [s('tspan', {class: 'some-failed', dx: copied ? 7 : 0}, '✕ ' + failed)] : []),
      s('title', {}, bytes(size)),
    );
    this.g.classList.toggle('used', taken > 0);
  }

  // light says whether the object that is shown takes this arrow: lit, broken if the copy failed, dim, or neither, and why; near is whether no other
  // rule came nearer to taking it.
  light(state, why, near = false) {
    this.g.classList.toggle('lit', state === 'lit' || state === 'broken');
    this.g.classList.toggle('broken', state === 'broken');
    this.g.classList.toggle('dim', state === 'dim');
    this.g.classList.toggle('near', near);
    if (!this.hint) return;
    const whole = why || this.text;
    this.hint.replaceChildren(shortened(whole), s('title', {}, whole));
  }

  // progress shows how much of the copies under way is done, 0 to 1.
  progress(part) {
    this.bar.setAttribute('width', Math.round(this.width * part));
  }

  // move has something travel along the arrow, unless much is travelling already.
  move() {
    const now = performance.now();
    if (still.matches || document.hidden || moving > 40 || now - this.last < 120) return;
    this.last = now;
    moving++;
    const dot = s('circle', {class: 'dot', r: 5});
    this.g.append(dot);
    const lengths = this.paths.map((p) => p.getTotalLength());
    const step = (time) => {
      const at = Math.max(0, (time - now) / 1100);
      if (at >= 1 || !dot.isConnected) {
        dot.remove();
        moving--;
        return;
      }
      const half = at < 0.5 ? 0 : 1;
      const p = this.paths[half].getPointAtLength(lengths[half] * (at * 2 - half));
      dot.setAttribute('cx', p.x);
      dot.setAttribute('cy', p.y);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
}
