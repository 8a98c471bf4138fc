/** Nothing chosen: what waits, what is not heard of, and what the services have to say. */
import { collectPanels } from '@/panels/panel';
import type { Alarm } from '@/shared/api/types';
import type { MarkState } from '@/shared/components/marks';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT, useText } from '@/shared/i18n';
import { useReplay } from '@/shared/live/hooks';
import { isUnacknowledged, Since, useAlarmWords } from '@/shared/console/AlarmParts';
import { useHallData } from '@/shared/console/data';
import { useActor } from '@/shared/console/session';

const panels = collectPanels(import.meta.glob('../../panels/*/ops.tsx', { eager: true })).filter((panel) => panel.slot === 'overview');

export function Overview({ alarms, states, onChoose }: { alarms: readonly Alarm[]; states: ReadonlyMap<string, MarkState>; onChoose: (id: string) => void }) {
  const t = useT();
  const text = useText();
  const words = useAlarmWords();
  const { devices } = useHallData();
  const replay = useReplay();
  const { permissions } = useActor();
  const count = (state: MarkState) => [...states.values()].filter((other) => other === state).length;
  const [offline, unknown, stale, drift] = [count('offline'), count('unknown'), count('stale'), count('drift')];
  return (
    <div className="side-body">
      <section className="panel-pad">
        <h2>{t('open')}</h2>
        {alarms.length === 0 && <p className="note">{t(replay?.known === false ? 'time.unknown' : 'allWell')}</p>}
        <ul className="rows">
          {alarms.map((alarm) => (
            <li key={alarm.id}>
              <button type="button" className="row-button alarm-row" data-priority={alarm.priority} data-unacked={isUnacknowledged(alarm) ? '' : undefined} onClick={() => { onChoose(alarm.source); }}>
                <StatusMark state={alarm.priority} label={t(`priority.${String(alarm.priority)}`)} />
                <span><b>{words(alarm).title}</b><br /><span className="note">{words(alarm).place} · {alarm.cleared_ms === null ? <Since ms={alarm.raised_ms} /> : t('alarm.cleared')}</span></span>
              </button>
            </li>
          ))}
        </ul>
      </section>
      <section className="panel-pad">
        <h2>{t(replay ? 'time.then' : 'now')}</h2>
        <dl className="values flush">
          <div className="value-row"><dt>{t('online')}</dt><dd className="value nb">{t('onlineOf', { n: devices.length - offline - unknown, all: devices.length })}</dd><dd /></div>
          {offline > 0 && <div className="value-row"><dt><StatusMark state="offline" size={16} /> {t('offlineCount', { n: offline })}</dt><dd /><dd /></div>}
          {unknown > 0 && <div className="value-row"><dt><StatusMark state="unknown" size={16} /> {t('unknownCount', { n: unknown })}</dt><dd /><dd /></div>}
          {stale > 0 && <div className="value-row"><dt><StatusMark state="stale" size={16} /> {t('staleCount', { n: stale })}</dt><dd /><dd /></div>}
          {drift > 0 && <div className="value-row"><dt><StatusMark state="drift" size={16} /> {t('driftCount', { n: drift })}</dt><dd /><dd /></div>}
        </dl>
      </section>
      {panels.filter((panel) => !panel.permission || permissions.includes(panel.permission)).map((panel) => (
        <section key={text(panel.title)} className="panel-pad"><h2>{text(panel.title)}</h2><panel.Component /></section>
      ))}
      <p className="panel-pad note">{t('noChoice')}</p>
    </div>
  );
}
