// Text from processes is hostile: it goes into the page through el() and textContent alone, never as HTML, and visible()
// shows what would change how other text looks.

// Controls, format characters, halves of characters, what is private or unassigned, line ends: the rule of Printable.cs.
const invisible = /[\p{C}\p{Zl}\p{Zp}]/gu;

const controls = ('NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI '
  + 'DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US').split(' ');

/** Control characters by their names, ⟨ESC⟩ (few fonts have ␛); marks that reorder or hide text by their numbers. */
export function visible(text) {
  return text.replace(invisible, (c) => {
    const code = c.codePointAt(0);
    if (code < 0x20) return `⟨${controls[code]}⟩`;
    if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

/** At most so many characters, without halving one. */
export function cut(text, length) {
  if (text.length <= length) return text;
  const end = /[\ud800-\udbff]/.test(text[length - 2]) ? length - 2 : length - 1;
  return `${text.slice(0, end)}…`;
}

/** For a place in the page: visible and not too long for it. */
export const show = (text, length = 300) => visible(cut(text, length));

/** An argument as one would type it in a shell. */
export const quote = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const harmless = (value) => (typeof value === 'string' ? visible(value) : value);

/** An element. Properties that are no property of it become attributes; children are nodes or text, which is made visible. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'title') node.title = visible(value);
    else if (key in node && key !== 'list') node[key] = value;
    else node.setAttribute(key, value === true ? '' : value);
  }
  for (const child of children.flat(Infinity)) if (child !== null && child !== undefined && child !== false) node.append(harmless(child));
  return node;
}

const digits = (value) => (value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2));

export function time(ns) {
  if (ns === null || ns === undefined) return '–';
  if (ns < 0) return `−${time(-ns)}`;
  if (ns === 0) return '0';
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 999_500) return `${digits(ns / 1e3)} µs`;
  if (ns < 999_500_000) return `${digits(ns / 1e6)} ms`;
  if (ns < 60e9) return `${digits(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  const pad = (n) => String(n).padStart(2, '0');
  return seconds < 3600
    ? `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`
    : `${Math.floor(seconds / 3600)} h ${pad(Math.floor(seconds / 60) % 60)} min`;
}

/** Powers of 1024, as on the terminal (Units.cs). */
export function bytes(value) {
  if (value === null || value === undefined) return '–';
  let unit = 0;
  while (value >= 999.5 && unit < 6) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : digits(value)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'][unit]}`;
}

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
export const count = (value) => (value === null || value === undefined ? '–' : grouped.format(value).replaceAll(',', '\u202f'));
export const percent = (part, whole) => (whole > 0 ? `${(100 * part / whole).toFixed(part / whole >= 0.0995 ? 0 : 1)} %` : '–');
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
