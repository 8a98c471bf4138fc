/** The reader beside this kiosk reads one ID card while this is shown, and no longer. */
import { useEffect, useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import type { Session } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useT } from '@/shared/i18n';
import { Both } from './Both';

type Asked = components['schemas']['CardAskedOut'];
type State = components['schemas']['CardStateOut']['state'];
const LOOK_EVERY_MS = 700;
const WORDS = { asking: 'signin.cardAsking', waiting: 'signin.cardWaiting', read: 'signin.cardReading', gone: 'signin.cardOver' } as const;

export interface Reading {
  state: State | 'asking';
  /** Seconds left to lay a card down. */
  left: number;
  error: unknown;
  again: () => void;
}

/** Asks at once and looks until a card was read; leaving stops the reader. `on` false: this kiosk has none. */
export function useCardReader(on: boolean, onRead: (session: Session) => void): Reading {
  const [round, setRound] = useState(0);
  const [state, setState] = useState<Reading['state']>('asking');
  const [left, setLeft] = useState(0);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (!on) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const gone = new AbortController();
    const fail = (reason: unknown) => {
      if (gone.signal.aborted) return;
      setError(reason);
      setState('gone');
    };
    const look = (until: number) => {
      api.get<{ state: State }>('/session/card', {}, gone.signal).then((told) => {
        setState(told.state);
        setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1_000)));
        if (told.state === 'waiting') timer = setTimeout(() => { look(until); }, LOOK_EVERY_MS);
        else if (told.state === 'read') api.post<Session>('/session/card/finish').then(onRead, fail);
      }, fail);
    };
    api.post<Asked>('/session/card').then(({ expires }) => { if (!gone.signal.aborted) look(Date.parse(expires)); }, fail);
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- asked once a round
  }, [on, round]);
  useEffect(() => {
    if (!on) return;
    return () => { api.post('/session/card/stop').catch(() => undefined); };
  }, [on]);
  const again = () => {
    setError(null);
    setState('asking');
    setRound((n) => n + 1);
  };
  return { state, left, error, again };
}

export function CardPanel({ reading: { state, left, error } }: { reading: Reading }) {
  const t = useT();
  return (
    <div className="signin-card" role="group" data-state={state} aria-labelledby="signin-card">
      <Icon name="card" />
      <div>
        <h2 id="signin-card"><Both word="signin.card" /></h2>
        <p role="status">{error ? '' : t(WORDS[state], { n: left })}</p>
        <p className="quiet">{t('signin.cardPrivacy')}</p>
      </div>
      {state === 'waiting' && <Icon name="down" />}
      <ErrorNotice error={error} />
    </div>
  );
}
