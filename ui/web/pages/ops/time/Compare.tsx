/** The right column for two moments: what differs, and where. */
import { useId, useState } from 'react';
import type { KindPoint, Value } from '@/shared/api/types';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { lookIcon } from '@/shared/components/icons';
import { useHallData } from '@/shared/console/data';
import { fieldOf, momentOf, momentWords } from '@/shared/console/moment';
import { valueWords } from '@/shared/console/values';
import { useLang, useT, useText } from '@/shared/i18n';
import { useTravel } from '@/shared/live/hooks';
import { differencesOf, type Moment } from './differences';
import { useSpan } from './useSpan';
import type { Preset } from './scale';

const SHOWN_MAX = 500;
const HOUR_MS = 3_600_000;

export function Compare({ preset, onChoose, onClose }: { preset: Preset; onChoose: (id: string) => void; onClose: () => void }) {
  const t = useT();
  const text = useText();
  const lang = useLang();
  const { devices, kinds, floorById, timezone } = useHallData();
  const { now, at } = useSpan(preset);
  const shown = at ?? now;
  const [a, setA] = useState(() => Math.round(shown - HOUR_MS));
  const [b, setB] = useState(() => Math.round(shown));
  const before = useAnswer<Moment>('/twin', { at: a });
  const after = useAnswer<Moment>('/twin', { at: b });
  // Of what is not known nothing can be said to be different.
  const unknown = before.data?.known === false || after.data?.known === false;
  const found = before.data && after.data && !unknown ? differencesOf(before.data, after.data, devices, kinds) : null;
  const words = (value: Value, point: KindPoint) => (value === null ? t('notReported') : valueWords(value, point, t, lang));
  return (
    <>
      <header className="side-head"><h2>{t('time.compare')}</h2><Button kind="quiet" icon="close" aria-label={t('close')} onClick={onClose} /></header>
      <div className="side-body">
        <div className="panel-pad">
          <MomentField name="A" ms={a} known={before.data?.known} shown={shown} timezone={timezone} onSet={setA} />
          <MomentField name="B" ms={b} known={after.data?.known} shown={shown} timezone={timezone} onSet={setB} />
          <ErrorNotice error={before.error ?? after.error} onRetry={() => { before.again(); after.again(); }} />
        </div>
        <section className="panel-pad" aria-live="polite">
          <h3>{unknown ? t('time.differUnknown') : found ? t('time.differ', { n: found.length }) : (before.error ?? after.error) ? t('none') : t('loading')}</h3>
          <ul className="rows">
            {found?.slice(0, SHOWN_MAX).map(({ device, point, before: was, after: is }) => (
              <li key={`${device.id} ${point.name}`}>
                <button type="button" className="row-button difference" onClick={() => { onChoose(device.id); }}>
                  <Icon name={lookIcon(kinds.get(device.kind)?.look.icon)} />
                  <span>
                    {text(device.name)} <span className="note">{floorById.get(device.floor)?.number} · {text(point.label)}</span>
                    <br /><span className="note">A</span> <b>{words(was, point)}</b> → <span className="note">B</span> <b>{words(is, point)}</b>
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {found && found.length > SHOWN_MAX && <p className="note">{t('time.differMore', { n: found.length - SHOWN_MAX })}</p>}
        </section>
      </div>
    </>
  );
}

function MomentField({ name, ms, known, shown, timezone, onSet }: { name: string; ms: number; known: boolean | undefined; shown: number; timezone: string; onSet: (ms: number) => void }) {
  const t = useT();
  const travel = useTravel();
  const id = useId();
  return (
    <div className="field moment-field">
      <label htmlFor={id}>{t('time.moment', { name })}</label>
      <input
        id={id} className="input" type="datetime-local" step="1" value={fieldOf(ms, timezone)}
        onChange={(event) => {
          const next = momentOf(event.target.value, timezone);
          if (next !== null) onSet(next);
        }}
      />
      <div className="row">
        <Button onClick={() => { onSet(Math.round(shown)); }}>{t('time.take')}</Button>
        <Button onClick={() => { travel.to(ms); }} aria-label={`${t('time.show')} ${name} ${momentWords(ms, timezone)}`}>{t('time.show')}</Button>
      </div>
      {known === false && <p className="note">{t('time.unknown')}</p>}
    </div>
  );
}
