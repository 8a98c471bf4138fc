import type { components } from '@/shared/api/schema';
import type { BuildingInfo } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT, useText } from '@/shared/i18n';
import { CounterTable } from './CounterTable';
import { useAnswer } from '@/shared/api/useAnswer';

export function Building() {
  const t = useT();
  const text = useText();
  const building = useAnswer<BuildingInfo>('/building');
  const health = useAnswer<components['schemas']['HealthOut']>('/health');
  const info = building.data;
  const facts = info ? ([['name', text(info.name)], ['site', info.site], ['version', info.version], ['format', info.format], ['timezone', info.timezone]] as const) : [];
  return (
    <>
      <ErrorNotice error={building.error ?? health.error} />
      <div className="counter-groups">
        {info && (
          <section className="card panel-pad">
            <h3>{text(info.name)}</h3>
            <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{t(`building.${name}`)}</dt><dd>{value}</dd></div>)}</dl>
          </section>
        )}
        {info && <CounterTable title={t('building.counts')} values={info.counts} />}
        {health.data && (
          <section className="card panel-pad">
            <h3>{t('building.parts')}</h3>
            <ul className="rows">
              {Object.entries(health.data.parts).map(([name, part]) => (
                <li key={name} className="part"><StatusMark state={part.ok ? 'ok' : 2} label={t(part.ok ? 'building.ok' : 'building.bad')} /><b className="mono">{name}</b><span className="note">{part.detail}</span></li>
              ))}
            </ul>
            <p><a href="/api/v1/openapi.json">{t('building.docs')}</a></p>
          </section>
        )}
        <section className="card panel-pad">
          <h3>{t('building.warnings')}</h3>
          {(info?.warnings ?? []).length === 0 ? <p className="note">{t('building.noWarnings')}</p> : <ul>{(info?.warnings ?? []).map((warning) => <li key={warning}>{warning}</li>)}</ul>}
        </section>
      </div>
    </>
  );
}
