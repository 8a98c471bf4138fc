import type { Actor } from '@/shared/api/types';

/** Only pages of this very hall: an address given from outside is not followed. */
export function safeNext(next: string | null, actor: Pick<Actor, 'roles'>): string {
  if (next?.startsWith('/') && !next.startsWith('//') && !next.includes('\\')) return next;
  if (actor.roles.includes('clerk')) return '/desk/';
  if (actor.roles.includes('security')) return '/alert/';
  return actor.roles.includes('admin') ? '/admin/' : '/ops/';
}
