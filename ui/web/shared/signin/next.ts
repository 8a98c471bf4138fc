import { ownPage } from '@/shared/api/ownPage';
import type { Actor } from '@/shared/api/types';

const ADMINISTRATORS = ['admin', 'security_admin', 'audit_admin'];
const WITHOUT_CONSOLE = ['citizen', 'enterprise', 'staff', 'editor'];

/** Only pages of this very hall: an address given from outside is not followed. */
export function safeNext(next: string | null, actor: Pick<Actor, 'roles'>): string {
  const own = ownPage(next);
  if (own !== null) return own;
  if (actor.roles.includes('clerk')) return '/desk/';
  if (actor.roles.includes('security')) return '/alert/';
  if (actor.roles.some((role) => WITHOUT_CONSOLE.includes(role))) return '/go/';
  return actor.roles.some((role) => ADMINISTRATORS.includes(role)) ? '/admin/' : '/ops/';
}

/** Where one wanted to go; whoever has still to show or add a second factor does that first. */
export function goOn(actor: Pick<Actor, 'roles' | 'must_show_factor'>): void {
  const next = safeNext(new URLSearchParams(location.search).get('next') ?? sessionStorage.getItem(KEPT), actor);
  sessionStorage.removeItem(KEPT);
  location.replace(actor.must_show_factor && !next.startsWith('/me/') ? `/me/?next=${encodeURIComponent(next)}` : next);
}

const KEPT = 'hall.next';

/** Where one comes back to from the identity provider, through the login page. */
export function comeBackTo(page: string): void {
  sessionStorage.setItem(KEPT, page);
}

/** What an identity provider sent along, taken out of the address; where one wanted to go is kept meanwhile. */
export function takeAnswer(): { code: string; state: string } | null {
  const told = new URLSearchParams(location.search);
  const [code, state, next] = [told.get('code'), told.get('state'), told.get('next')];
  if (next) sessionStorage.setItem(KEPT, next);
  if (!code || !state) return null;
  history.replaceState(null, '', location.pathname);
  return { code, state };
}
