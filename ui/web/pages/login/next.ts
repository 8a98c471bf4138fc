import type { Actor } from '@/shared/api/types';

const ADMINISTRATORS = ['admin', 'security_admin', 'audit_admin'];
const WITHOUT_CONSOLE = ['citizen', 'enterprise', 'staff', 'editor'];

/** Only pages of this very hall: an address given from outside is not followed. */
export function safeNext(next: string | null, actor: Pick<Actor, 'roles'>): string {
  if (next?.startsWith('/') && !next.startsWith('//') && !next.includes('\\')) return next;
  if (actor.roles.includes('clerk')) return '/desk/';
  if (actor.roles.includes('security')) return '/alert/';
  if (actor.roles.some((role) => WITHOUT_CONSOLE.includes(role))) return '/go/';
  return actor.roles.some((role) => ADMINISTRATORS.includes(role)) ? '/admin/' : '/ops/';
}
