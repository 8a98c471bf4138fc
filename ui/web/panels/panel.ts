/** A panel: what one service shows on one page. Found by the build: panels/NAME/{go,kiosk,desk,wall,admin,ops}.tsx. */
import type { ComponentType } from 'react';
import type { Text } from '@/shared/api/types';

export interface Panel {
  /** Where the page puts it; each page names its slots. */
  slot: string;
  title: Text;
  /** Smaller comes first within a slot. */
  order?: number;
  /** Shown only to people who hold this permission. */
  permission?: string;
  Component: ComponentType;
}

/** The panels of a page, from `import.meta.glob('.../panels/*\/PAGE.tsx', { eager: true })`. */
export function collectPanels(modules: Record<string, unknown>): Panel[] {
  const panels = Object.entries(modules).flatMap(([path, module]) => {
    const found = (module as { panel?: Panel; panels?: Panel[] }).panels ?? (module as { panel?: Panel }).panel;
    if (!found) throw new Error(`${path} exports no panel`);
    return found;
  });
  return panels.sort((a, b) => (a.order ?? 100) - (b.order ?? 100));
}
