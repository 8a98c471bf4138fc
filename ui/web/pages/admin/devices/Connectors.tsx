/** The ways in, one by one: state, back-off, circuit, last error, what was counted, and what is not promised. */
import type { components } from '@/shared/api/schema';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { StatusMark } from '@/shared/components/StatusMark';
import { Since } from '@/shared/console/AlarmParts';
import { useT, useText } from '@/shared/i18n';
import { useNow } from '@/shared/live/hooks';
import { useStamp } from './parts';
import { usePolled } from './usePolled';

type Connector = components['schemas']['ConnectorOut'];
const ASK_EVERY_MS = 2_000;
const COUNTED = ['received', 'rejected', 'unacknowledged', 'broker_dropped', 'displaced'] as const;
/** Any of these above zero wants somebody to look. */
const AMISS = new Set<string>(['rejected', 'broker_dropped', 'displaced']);

export function Connectors() {
  const t = useT();
  const { data, error, again } = usePolled<Connector[]>('/connectors', ASK_EVERY_MS);
  return (
    <div className="tab-body">
      <p className="note">{t('devices:connector.lead')}</p>
      <ErrorNotice error={error} onRetry={again} />
      {data?.length === 0 && <p className="card panel-pad note">{t('devices:connector.none')}</p>}
      <div className="connector-cards">{data?.map((connector) => <ConnectorCard key={connector.name} connector={connector} />)}</div>
    </div>
  );
}

function ConnectorCard({ connector }: { connector: Connector }) {
  const t = useT();
  const text = useText();
  const stamp = useStamp();
  const well = connector.state === 'connected';
  const unmapped = Object.entries(connector.unmapped).sort(([, a], [, b]) => b - a);
  return (
    <section className="card panel-pad connector" aria-label={connector.name}>
      <h3 className="row"><b className="mono">{connector.name}</b><span className="note">{connector.protocol}</span></h3>
      <p className="row connector-state">
        {well ? <i className="connection-dot" aria-hidden="true" /> : <StatusMark state="offline" />}
        <b>{t(`devices:connector.state.${connector.state}`, { defaultValue: connector.state })}</b>
        <span className="note"><Since ms={connector.since_ms} /> · {stamp(connector.since_ms, 19)}</span>
      </p>
      <dl className="facts wide">
        <div><dt>{t('devices:connector.backoff')}</dt><dd><BackOff connector={connector} /></dd></div>
        <div><dt>{t('devices:connector.circuit')}</dt><dd>{t(`devices:connector.circuitIs.${connector.circuit}`)}</dd></div>
        <div><dt>{t('devices:connector.lastError')}</dt><dd className="detail"><LastError connector={connector} /></dd></div>
      </dl>
      <dl className="counters">
        {COUNTED.map((name) => <div key={name}><dt>{t(`devices:connector.count.${name}`)}{AMISS.has(name) && connector[name] > 0 && <span className="note second">{t(`devices:connector.countNote.${name}`)}</span>}</dt><dd className="nb" data-zero={connector[name] === 0 ? '' : undefined}>{AMISS.has(name) && connector[name] > 0 && <StatusMark state={3} size={16} />} {connector[name].toLocaleString('en')}</dd></div>)}
      </dl>
      {unmapped.length > 0 && (
        <details open>
          <summary>{t('devices:connector.unmapped', { n: unmapped.length })}</summary>
          <dl className="counters">{unmapped.map(([name, count]) => <div key={name}><dt className="mono">{name}</dt><dd>{count.toLocaleString('en')}</dd></div>)}</dl>
        </details>
      )}
      {connector.limits.length > 0 && (
        <div className="notice"><StatusMark state={3} /><div><strong>{t('devices:connector.limits')}</strong><ul>{connector.limits.map((limit) => <li key={text(limit)}>{text(limit)}</li>)}</ul></div></div>
      )}
    </section>
  );
}

function BackOff({ connector }: { connector: Connector }) {
  const t = useT();
  const now = useNow();
  if (connector.attempts === 0 || connector.state === 'connected') return <>{t('devices:connector.noBackoff')}</>;
  const left = connector.next_try_ms === null ? null : Math.max(0, Math.ceil((connector.next_try_ms - now) / 1_000));
  return <>{t('devices:connector.attempts', { n: connector.attempts })} · {left === null ? t('devices:connector.trying') : t('devices:connector.nextTry', { n: left })}</>;
}

/** What is wrong now; else what was, and when. */
function LastError({ connector }: { connector: Connector }) {
  const t = useT();
  const stamp = useStamp();
  if (connector.failure === null || connector.failure_ms === null) return <>{t('devices:connector.noError')}</>;
  return <>{connector.failure} <span className="note nb">{stamp(connector.failure_ms, 19)}{connector.last_error === null && ` · ${t('devices:connector.over')}`}</span></>;
}
