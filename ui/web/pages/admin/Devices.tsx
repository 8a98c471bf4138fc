import { useState } from 'react';
import type { components } from '@/shared/api/schema';
import type { DeviceInfo } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Freshness } from '@/shared/components/Freshness';
import { SearchField } from '@/shared/components/SearchField';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT, useText } from '@/shared/i18n';
import { useHallData } from '@/shared/console/data';
import { useAnswer } from '@/shared/api/useAnswer';

const COUNTERS = ['gaps', 'late', 'out_of_range', 'rejected', 'dropped'] as const;
const SHOWN = 200;

/** Every counter of the hall, then every device with its own. */
export function Devices() {
  const t = useT();
  const text = useText();
  const devices = useAnswer<DeviceInfo[]>('/devices');
  const counters = useAnswer<components['schemas']['CountersOut']>('/counters');
  const [asked, setAsked] = useState('');
  const [onlyLosing, setOnlyLosing] = useState(false);
  const word = asked.trim().toLowerCase();
  const losses = (device: DeviceInfo) => COUNTERS.reduce((sum, name) => sum + (device.counters[name] ?? 0), 0);
  const shown = (devices.data ?? [])
    .filter((device) => !word || device.key.toLowerCase().includes(word) || Object.values(device.name).some((name) => name.toLowerCase().includes(word)))
    .filter((device) => !onlyLosing || losses(device) > 0)
    .sort((a, b) => losses(b) - losses(a) || a.key.localeCompare(b.key));
  return (
    <>
      <p className="note">{t('devices.lead')}</p>
      <ErrorNotice error={devices.error ?? counters.error} onRetry={() => { devices.again(); counters.again(); }} />
      {counters.data && (
        <div className="counter-groups">
          {byPart(counters.data.totals).map(([part, values]) => <CounterTable key={part} title={part} values={values} />)}
          {Object.entries(counters.data.connectors).map(([name, values]) => <CounterTable key={name} title={`${t('devices.connectors')}: ${name}`} values={values as Record<string, unknown>} />)}
          <section className="card panel-pad">
            <h3>{t('devices.strangers')}</h3>
            {counters.data.strangers.length === 0 ? <p className="note">{t('devices.noStrangers')}</p> : <ul className="mono">{counters.data.strangers.map((name) => <li key={String(name)}>{String(name)}</li>)}</ul>}
          </section>
        </div>
      )}
      <div className="admin-tools">
        <SearchField label={t('filter')} placeholder={t('filter')} value={asked} onChange={setAsked} />
        <label className="row nb"><input type="checkbox" checked={onlyLosing} onChange={(event) => { setOnlyLosing(event.target.checked); }} />{t('devices.onlyLosing')}</label>
        <span className="note" role="status">{t('devices.count', { n: shown.length })}</span>
        <Button icon="refresh" onClick={() => { devices.again(); counters.again(); }}>{t('refresh')}</Button>
      </div>
      <table className="table card">
        <thead><tr><th scope="col">{t('devices.name')}</th><th scope="col">{t('devices.online')}</th><th scope="col">{t('devices.seen')}</th>{COUNTERS.map((name) => <th key={name} scope="col" className="figure">{t(`devices.${name}`)}</th>)}</tr></thead>
        <tbody>
          {shown.slice(0, SHOWN).map((device) => (
            <tr key={device.id}>
              <th scope="row">{text(device.name)} <span className="note mono">{device.key}</span></th>
              <td>{device.online === false ? <span className="row"><StatusMark state="offline" size={18} />{t('mark.offline')}</span> : device.online ? t('yes') : <span className="note">{t('none')}</span>}</td>
              <td>{device.last_seen_ms ? <Freshness tsMs={device.last_seen_ms} /> : <span className="note">{t('none')}</span>}</td>
              {COUNTERS.map((name) => <td key={name} className="figure" data-some={(device.counters[name] ?? 0) > 0 ? '' : undefined}>{device.counters[name] ?? 0}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length > SHOWN && <p className="note">{t('devices.more', { n: shown.length - SHOWN })}</p>}
    </>
  );
}

/** `recorder.rows`, `recorder.retries` stand together under `recorder`. */
function byPart(totals: Record<string, unknown>): [string, Record<string, unknown>][] {
  const parts = new Map<string, Record<string, unknown>>();
  for (const [name, value] of Object.entries(totals)) {
    const dot = name.indexOf('.');
    const part = dot < 0 ? name : name.slice(0, dot);
    parts.set(part, { ...parts.get(part), [name.slice(dot + 1)]: value });
  }
  return [...parts];
}

export function CounterTable({ title, values }: { title: string; values: Record<string, unknown> }) {
  const { timezone } = useHallData();
  const words = (name: string, value: unknown) => {
    if (value === null || value === '') return '—';
    if (typeof value !== 'number') return String(value);
    return name === 'since_ms' ? new Date(value).toLocaleString('sv-SE', { timeZone: timezone }) : value.toLocaleString('en');
  };
  return (
    <section className="card panel-pad">
      <h3>{title}</h3>
      <dl className="counters">
        {Object.entries(values).map(([name, value]) => <div key={name}><dt className="mono">{name}</dt><dd className="nb" data-zero={value === 0 ? '' : undefined}>{words(name, value)}</dd></div>)}
      </dl>
    </section>
  );
}
