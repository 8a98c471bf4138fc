/** The map's colours, read from the page's tokens, so that the model follows theme and contrast. */

export type RGB = readonly [number, number, number];

const NAMES = [
  'map-outside', 'map-floor', 'map-room', 'map-staff', 'map-wall', 'map-wall-top', 'map-counter', 'map-void', 'map-link', 'map-label',
  'surface', 'ink', 'ink-3', 'line', 'line-strong', 'brand', 'brand-soft', 'mine', 'on-mine', 'mine-soft',
  'p1', 'p2', 'p3', 'p4', 'on-p1', 'on-p2', 'on-p3', 'on-p4', 'p2-ink', 'p1-soft', 'p2-soft', 'p3-soft', 'p4-soft', 'p-edge', 'offline', 'stale',
] as const;
export type ColourName = (typeof NAMES)[number];

export interface Palette {
  css: Record<ColourName, string>;
  rgb: Record<ColourName, RGB>;
  dark: boolean;
}

/** `#RRGGBB` or `#RGB` (as minified) to 0..1. Tokens that are drawn in 3D are written so. */
export function parseHex(hex: string): RGB {
  const digits = hex.trim().slice(1);
  const long = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
  const number = Number.parseInt(long, 16);
  return [((number >> 16) & 255) / 255, ((number >> 8) & 255) / 255, (number & 255) / 255];
}

export function mix(a: RGB, b: RGB, part: number): RGB {
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part, a[2] + (b[2] - a[2]) * part];
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const css = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Palette['css'];
  const rgb = Object.fromEntries(NAMES.map((name) => [name, css[name].startsWith('#') ? parseHex(css[name]) : ([0, 0, 0] as RGB)])) as Palette['rgb'];
  const floor = rgb['map-floor'];
  return { css, rgb, dark: floor[0] + floor[1] + floor[2] < 1.5 };
}
