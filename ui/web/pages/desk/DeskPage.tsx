/** A clerk's page: first the window, then its visitor. The window is remembered per browser; `?window=A07` goes before it. */
import { useEffect, useState } from 'react';
import { DeskProvider } from '@/panels/queue/deskState';
import { ApiError, api, toLogin } from '@/shared/api/client';
import type { BuildingInfo } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useActor } from '@/shared/console/session';
import { useT } from '@/shared/i18n';
import { LiveProvider } from '@/shared/live/hooks';
import { Chooser } from './Chooser';
import { Desk } from './Desk';

const KEY = 'hall.desk.window';

function firstWindow(): string | null {
  return new URLSearchParams(location.search).get('window') ?? localStorage.getItem(KEY);
}

function remember(number: string | null): void {
  if (number === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, number);
  history.replaceState(null, '', number === null ? location.pathname : `?window=${encodeURIComponent(number)}`);
}

export function DeskPage() {
  const actor = useActor();
  const t = useT();
  const [number, setNumber] = useState(firstWindow);
  const [hall, setHall] = useState<{ building: BuildingInfo; names: Record<string, string> } | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    Promise.all([api.get<BuildingInfo>('/building'), api.get<Record<string, string>>('/accounts/names')]).then(
      ([building, names]) => { setHall({ building, names }); },
      (reason: unknown) => {
        if (reason instanceof ApiError && reason.status === 401) toLogin();
        else setError(reason);
      },
    );
  }, []);
  const choose = (next: string | null) => {
    remember(next);
    setNumber(next);
  };

  if (!actor.permissions.includes('queue.call')) return <main className="desk-gate"><p className="card">{t('choose.noRight')}</p></main>;
  if (error) return <main className="desk-gate"><ErrorNotice error={error} onRetry={() => { location.reload(); }} /></main>;
  if (!hall) return <main className="desk-gate" aria-busy="true">{t('loading')}</main>;
  if (number === null) return <Chooser names={hall.names} onChoose={choose} />;
  const leave = () => { choose(null); };
  return (
    <LiveProvider view={`desk:${number}`} transport="socket" onRefused={toLogin}>
      <DeskProvider
        key={number} number={number} me={actor.id} site={hall.building.site} timezone={hall.building.timezone} names={hall.names}
        waiting={(reason) => (
          <main className="desk-gate" aria-busy={!reason}>
            {reason ? <div className="desk-gate-error"><ErrorNotice error={reason} /><Button onClick={leave}>{t('changeWindow')}</Button></div> : t('loading')}
          </main>
        )}
      >
        <Desk onLeave={leave} />
      </DeskProvider>
    </LiveProvider>
  );
}
