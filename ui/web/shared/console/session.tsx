/** Staff pages: who is signed in, and what they may do. Strangers go to the login and come back. */
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { api, toLogin } from '@/shared/api/client';
import type { Actor, Session } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { useReplay } from '@/shared/live/hooks';

const ActorContext = createContext<Actor | null>(null);

/** `half`: opens too for whoever has still to show or add a second factor; other pages send them there. */
export function SessionGate({ half, children }: { half?: boolean; children: ReactNode }) {
  const [actor, setActor] = useState<Actor | null>(null);
  const [error, setError] = useState<unknown>(null);
  const t = useT();
  useEffect(() => {
    api.get<Session>('/session').then(
      (session) => {
        if (session.actor?.must_show_factor && !half) location.replace(`/me/?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
        else if (session.actor?.must_change_password && !session.actor.must_show_factor) toLogin();
        else if (session.actor) setActor(session.actor);
        else toLogin();
      },
      (reason: unknown) => { setError(reason); },
    );
  }, [half]);
  if (error) return <main className="gate"><ErrorNotice error={error} onRetry={() => { location.reload(); }} /></main>;
  if (!actor) return <main className="gate note" aria-busy="true">{t('loading')}</main>;
  return <ActorContext value={actor}>{children}</ActorContext>;
}

export function useActor(): Actor {
  const actor = useContext(ActorContext);
  if (!actor) throw new Error('outside of a SessionGate');
  return actor;
}

export function useMay(permission: string): boolean {
  return useActor().permissions.includes(permission);
}

/** Why something cannot be done: what is past is over, or one has no right to it (`without`: the word for that). */
export function useHindrance(permission: string, without: string): string | undefined {
  const t = useT();
  const may = useMay(permission);
  const past = useReplay() !== null;
  if (past) return t('replay.over');
  return may ? undefined : t(without);
}

/** The page is left in any case, and what it showed with it: where the hall is not reached the login ends by idling. */
export async function signOut(): Promise<void> {
  await api.delete('/session').catch(() => undefined);
  sessionStorage.clear();
  toLogin();
}
