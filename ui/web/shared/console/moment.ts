/** Moments in the hall's own time zone, wherever the reader sits: in words, and as a date field writes them. */

function parts(ms: number, timezone: string): Record<string, string> {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
  });
  return Object.fromEntries(format.formatToParts(ms).map((part) => [part.type, part.value]));
}

/** `2026-11-22 10:42:00` */
export function momentWords(ms: number, timezone: string): string {
  const { year, month, day, hour, minute, second } = parts(ms, timezone);
  return `${String(year)}-${String(month)}-${String(day)} ${String(hour)}:${String(minute)}:${String(second)}`;
}

/** As `<input type="datetime-local" step="1">` has it. */
export function fieldOf(ms: number, timezone: string): string {
  return momentWords(ms, timezone).replace(' ', 'T');
}

/** null: no whole moment yet. A time that a change of the clocks leaves out is taken as the one after it. */
export function momentOf(field: string, timezone: string): number | null {
  const asUtc = Date.parse(`${field}Z`);
  if (Number.isNaN(asUtc)) return null;
  const first = asUtc - offsetMs(asUtc, timezone);
  return asUtc - offsetMs(first, timezone);
}

/** How far the hall's clocks are ahead of UTC then. */
export function offsetMs(ms: number, timezone: string): number {
  return Date.parse(`${fieldOf(ms, timezone)}Z`) - Math.floor(ms / 1_000) * 1_000;
}
