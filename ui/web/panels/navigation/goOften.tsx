/** What many look for: the nearest first, from where they stand and by the way they walk. */
import { useEffect, useState } from 'react';
import { hashOf, phone, useGo } from '@/pages/go/go';
import { floorOf, useHall } from '@/pages/go/goHall';
import { api } from '@/shared/api/client';
import type { Nearest } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useT, useText } from '@/shared/i18n';
import './goWords';

/** The hall's word for each kind. */
const KINDS = { toilet: 'toilet', baby: 'mother_baby', water: 'drinking_water', print: 'copy_print', atm: 'atm', lift: 'lift' } as const;
const MOST = 6;
/** Nobody walks by the metre. */
const STEP_M = 5;
type Kind = keyof typeof KINDS;
const isKind = (word: string): word is Kind => word in KINDS;

export function Often({ from }: { from: string }) {
  const t = useT();
  const { elder } = useGo();
  const profile = phone.profile() ?? (elder ? 'elder' : 'walk');
  const [kind, setKind] = useState<Kind | null>(null);
  const [tries, setTries] = useState(0);
  const [told, setTold] = useState<{ kind: Kind; found?: Nearest; error?: unknown } | null>(null);
  useEffect(() => {
    if (kind === null) return undefined;
    let over = false;
    api.post<Nearest>('/routes/nearest', { from, category: KINDS[kind], profile }).then(
      (found) => { if (!over) setTold({ kind, found }); },
      (error: unknown) => { if (!over) setTold({ kind, error }); },
    );
    return () => { over = true; };
  }, [kind, from, profile, tries]);
  const here = told?.kind === kind ? told : null;
  return (
    <>
      <div className="go-often" role="group" aria-label={t('goWay:oftenLabel')}>
        {Object.keys(KINDS).filter(isKind).map((one) => (
          <Button key={one} aria-pressed={kind === one} onClick={() => { setKind(kind === one ? null : one); }}>{t(`goWay:often.${one}`)}</Button>
        ))}
      </div>
      <p className="sr-only" role="status">{here?.found ? t('goWay:found', { n: Math.min(MOST, here.found.places.length) }) : ''}</p>
      <ErrorNotice error={here?.error} onRetry={() => { setTries(tries + 1); }} />
      {here?.found && <Ranked places={here.found.places} from={from} />}
    </>
  );
}

function Ranked({ places, from }: { places: Nearest['places']; from: string }) {
  const t = useT();
  const text = useText();
  const { data: hall } = useHall();
  return (
    <ul className="card go-rows" data-testid="nearest">
      {places.slice(0, MOST).map(({ place, seconds, metres }) => (
        <li key={place.id}>
          <a className="go-place" href={hashOf('route', '', { to: place.id, from })}>
            <Icon name="pin" />
            <span><b>{text(place.name)}</b><span className="note">{t('goWay:away', { m: Math.ceil(metres / STEP_M) * STEP_M, n: Math.max(1, Math.round(seconds / 60)) })}</span></span>
            <span className="note">{floorOf(hall, place.floor)?.number}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
