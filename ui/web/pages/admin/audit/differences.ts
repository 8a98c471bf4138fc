/** What a line changed, field by field: readable where JSON side by side is not. */
export interface Difference {
  name: string;
  before: string | null;
  after: string | null;
}

/** Only fields that are not the same on both sides; what is no object is one field without a name. */
export function differences(before: unknown, after: unknown): Difference[] {
  if (!isObject(before) && !isObject(after)) {
    const [old, fresh] = [shown(before), shown(after)];
    return old === fresh ? [] : [{ name: '', before: old, after: fresh }];
  }
  const [old, fresh] = [fields(before), fields(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])];
  return names
    .map((name) => ({ name, before: shown(old[name]), after: shown(fresh[name]) }))
    .filter((found) => found.before !== found.after);
}

function isObject(side: unknown): side is Record<string, unknown> {
  return typeof side === 'object' && side !== null && !Array.isArray(side);
}

function fields(side: unknown): Record<string, unknown> {
  if (isObject(side)) return side;
  return side === null || side === undefined ? {} : { '': side };
}

/** Null: there is none. */
function shown(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
