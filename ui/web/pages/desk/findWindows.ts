/** Which windows a clerk means by a few letters: pure. */
import type { DeskWindow } from '@/shared/api/types';

type Named = Pick<DeskWindow, 'number' | 'department' | 'department_name'>;

/** The exact number first (7 is A07 and B07 as well), then numbers, then departments that contain the word. */
export function findWindows<W extends Named>(windows: readonly W[], word: string): W[] {
  const wanted = word.trim().toLowerCase();
  if (!wanted) return [...windows];
  const rank = ({ number, department, department_name }: W): number => {
    const own = number.toLowerCase();
    if (own === wanted || own.replace(/([a-z])0+/, '$1') === wanted) return 0;
    if (/^\d+$/.test(wanted) && Number(own.replace(/\D/g, '')) === Number(wanted)) return 1;
    if (own.includes(wanted)) return 2;
    return [department, ...Object.values(department_name)].some((name) => name.toLowerCase().includes(wanted)) ? 3 : 4;
  };
  return windows.map((window) => ({ window, at: rank(window) })).filter(({ at }) => at < 4).sort((a, b) => a.at - b.at).map(({ window }) => window);
}
