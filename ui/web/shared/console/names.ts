/** Who stands behind the ids in alarms, commands and the audit. Names are asked for, never kept: an erased person has none. */
import { useEffect, useState } from 'react';
import { api } from '@/shared/api/client';

let asked: Promise<Record<string, string>> | null = null;

/** A function from an id to a name; the id's last part where nobody is known by it. */
export function useNames(): (id: string | null | undefined) => string {
  const [names, setNames] = useState<Record<string, string>>({});
  useEffect(() => {
    asked ??= api.get<Record<string, string>>('/accounts/names');
    asked.then(setNames, () => { asked = null; });
  }, []);
  return (id) => (id ? (names[id] ?? id.slice(id.indexOf(':') + 1)) : '');
}
