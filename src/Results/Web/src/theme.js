// Colours of the style sheet, for what is drawn on a canvas; and who wants to know when the scheme changes.
const dark = matchMedia('(prefers-color-scheme: dark)');

export function theme() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    dark: dark.matches,
    text: get('text'), soft: get('soft'), line: get('line'), back: get('back'), raised: get('raised'), accent: get('accent'),
    fail: get('fail'), fork: get('fork'), select: get('select'), mark: get('mark'), font: get('sans'),
  };
}

export const onTheme = (listener) => dark.addEventListener('change', listener);

/** Black or white, whichever is legible on a colour #rrggbb. */
export function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return r * 0.299 + g * 0.587 + b * 0.114 > 120 ? '#101418' : '#ffffff';
}
