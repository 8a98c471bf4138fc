/** Theme (light, dark, contrast), density and elder mode: attributes of <html>, remembered per browser. */
export type Theme = 'light' | 'dark' | 'contrast';
const THEME = 'hall.theme';
const MODE = 'hall.mode';

const isTheme = (text: string | null): text is Theme => text === 'light' || text === 'dark' || text === 'contrast';

/** The page's own theme stands in its HTML; a choice (?theme= or an earlier one) goes before it. */
export function applyTheme(): void {
  const asked = new URLSearchParams(location.search);
  const root = document.documentElement;
  const theme = asked.get('theme') ?? localStorage.getItem(`${THEME}.${location.pathname}`);
  if (isTheme(theme)) root.dataset.theme = theme;
  const mode = asked.get('mode') ?? localStorage.getItem(MODE);
  if (mode === 'elder') root.dataset.mode = 'elder';
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(`${THEME}.${location.pathname}`, theme);
  document.documentElement.dataset.theme = theme;
}
export function getTheme(): Theme {
  const theme = document.documentElement.dataset.theme ?? null;
  return isTheme(theme) ? theme : 'light';
}

export function setElder(on: boolean): void {
  if (on) document.documentElement.dataset.mode = 'elder';
  else delete document.documentElement.dataset.mode;
  localStorage.setItem(MODE, on ? 'elder' : 'normal');
}
export function isElder(): boolean {
  return document.documentElement.dataset.mode === 'elder';
}
