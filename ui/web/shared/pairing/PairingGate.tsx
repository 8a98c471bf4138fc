/** Kiosks, walls and window screens are paired browsers: a one-time code makes this browser one of them. */
import { createContext, useContext, useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/shared/api/client';
import type { BuildingInfo, Paired } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import './pairing.css';

export type PairedRole = 'kiosk' | 'wall' | 'window';
const PairedContext = createContext<Paired | null>(null);

/** In a demo a browser becomes what its page asks for; elsewhere staff hand out a code. */
async function findPairing(role: PairedRole, place: string | null, reader: string | null): Promise<Paired | null> {
  const mine = await api.get<Paired>('/pairings/me');
  if (mine.role === role && (place === null || mine.place === place) && (reader === null || mine.reader)) return mine;
  const { demo } = await api.get<BuildingInfo>('/building');
  return demo ? await api.post<Paired>('/pairings/demo', { role, place, reader, name: `${role} ${place ?? ''}`.trim() }) : null;
}

export function PairingGate({ role, place = null, reader = null, children }: {
  role: PairedRole;
  place?: string | null;
  /** In a demo: the ID card reader beside this kiosk. Elsewhere staff name it with the code. */
  reader?: string | null;
  children: ReactNode;
}) {
  const [paired, setPaired] = useState<Paired | null | undefined>(undefined);
  const [error, setError] = useState<unknown>(null);
  const t = useT();
  useEffect(() => {
    findPairing(role, place, reader).then(setPaired, (reason: unknown) => { setError(reason); });
  }, [role, place, reader]);
  if (error) return <main className="pairing"><ErrorNotice error={error} onRetry={() => { location.reload(); }} /></main>;
  if (paired === undefined) return <main className="pairing note" aria-busy="true">{t('loading')}</main>;
  if (paired === null) return <PairingForm onPaired={setPaired} />;
  return <PairedContext value={paired}>{children}</PairedContext>;
}

export function usePaired(): Paired {
  const paired = useContext(PairedContext);
  if (!paired) throw new Error('outside of a PairingGate');
  return paired;
}

function PairingForm({ onPaired }: { onPaired: (paired: Paired) => void }) {
  const t = useT();
  const [code, setCode] = useState('');
  const [error, setError] = useState<unknown>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    api.post<Paired>('/pairings/claim', { code }).then(onPaired, (reason: unknown) => { setError(reason); });
  };
  return (
    <main className="pairing">
      <form className="card pairing-card" onSubmit={submit}>
        <h1>{t('pairing.title')}</h1>
        <p>{t('pairing.how')}</p>
        <div className="field">
          <label htmlFor="code">{t('pairing.code')}</label>
          <input
            id="code" className="input pairing-code" autoComplete="off" autoCapitalize="characters" required maxLength={16} value={code}
            onChange={(event) => { setCode(event.target.value); }}
          />
        </div>
        <ErrorNotice error={error} />
        <Button type="submit" kind="primary" size="large">{t('pairing.go')}</Button>
      </form>
    </main>
  );
}
