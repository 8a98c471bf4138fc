/** Starts a page: words, theme, density, root. */
import './styles/base.css';
import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { AbsenceNotice } from './absence/AbsenceNotice';
import { startI18n } from './i18n';
import { LimitsNotice, type Audience } from './limits/LimitsNotice';
import { applyTheme } from './theme';

/** react-aria writes this one style sheet into a page that has none of its name, which no page may: base.css has it. */
function holdPressableStyle(): void {
  const held = document.createElement('meta');
  held.id = 'react-aria-pressable-style';
  document.head.append(held);
}

/** A field that is added to what all objects share would be in each of them: from here on none can be. */
function closePrototypes(): void {
  for (const shared of [Object.prototype, Array.prototype, Function.prototype]) Object.preventExtensions(shared);
}

export function startPage(words: Parameters<typeof startI18n>[0], content: ReactNode, audience: Audience = 'staff'): void {
  closePrototypes();
  startI18n(words);
  applyTheme();
  holdPressableStyle();
  const root = document.getElementById('root');
  if (!root) throw new Error('the page has no #root');
  createRoot(root).render(<StrictMode><LimitsNotice audience={audience} />{audience === 'staff' && <AbsenceNotice />}{content}</StrictMode>);
}
