/** One device beside the list, entered by who opened it with the keyboard: its live values and trends, its commands, who lets it in, and all it says of itself. */
import { useEffect, useMemo, useRef } from 'react';
import { formatLink } from '@/pages/ops/link';
import type { DeviceInfo } from '@/shared/api/types';
import { TabSet } from '@/shared/aria/TabSet';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { lookIcon } from '@/shared/components/icons';
import { StatusMark } from '@/shared/components/StatusMark';
import { Since } from '@/shared/console/AlarmParts';
import { Commands } from '@/shared/console/Commands';
import { keyOf, useHallData } from '@/shared/console/data';
import { isOpen } from '@/shared/console/states';
import { Trend } from '@/shared/console/Trend';
import { Values } from '@/shared/console/Values';
import { useT, useText } from '@/shared/i18n';
import { useAlarms } from '@/shared/live/hooks';
import { Access } from './Access';
import { type Change, type Pane } from './address';
import { ConnectionMark, LastWord, useAdmissionWords } from './parts';
import { Rebirth } from './Rebirth';
import { LOSSES, conventionOf, lossOf } from './rows';
import { useLive } from './useLive';
import { usePolled } from './usePolled';

const ASK_EVERY_MS = 5_000;
const MAX_TRENDS = 4;

interface Props {
  id: string;
  pane: Pane;
  theme: string;
  onChange: Change;
  onChanged: () => void;
  onClose: () => void;
}

export function DevicePanel({ id, onClose, onChanged, ...rest }: Props) {
  const t = useT();
  const { data, error, again } = usePolled<DeviceInfo>(`/devices/${encodeURIComponent(id)}`, ASK_EVERY_MS);
  const ref = useRef<HTMLElement>(null);
  useEffect(() => { if (document.activeElement?.matches('.device-table .link:focus-visible')) ref.current?.focus(); }, []);
  return (
    <aside ref={ref} className="card device-panel" tabIndex={-1} aria-label={id} onKeyDown={(event) => { if (event.key === 'Escape' && !event.defaultPrevented) onClose(); }}>
      {data ? <About device={data} onClose={onClose} onChanged={() => { again(); onChanged(); }} {...rest} /> : (
        <div className="panel-pad">
          <Button kind="quiet" icon="close" aria-label={t('close')} onClick={onClose} />
          {error ? <ErrorNotice error={error} onRetry={again} /> : <p className="note" aria-busy="true">{t('loading')}</p>}
        </div>
      )}
    </aside>
  );
}

function About({ device, pane, theme, onChange, onChanged, onClose }: Omit<Props, 'id'> & { device: DeviceInfo }) {
  const t = useT();
  const text = useText();
  const { kinds, floorById, spaceById } = useHallData();
  const alarms = useAlarms();
  const one = useMemo(() => [device], [device]);
  const live = useLive(one).get(device.id);
  const kind = kinds.get(device.kind);
  const mine = useMemo(() => alarms.filter((alarm) => alarm.source === device.id), [alarms, device.id]);
  const floor = floorById.get(device.floor ?? '');
  const numeric = (kind?.points ?? []).filter((point) => (point.type === 'float' || point.type === 'int') && point.name in device.values);
  const trends = [...numeric].sort((a, b) => Number(b.name === kind?.look.headline) - Number(a.name === kind?.look.headline)).slice(0, MAX_TRENDS);
  return (
    <>
      <header className="panel-head">
        <Icon name={lookIcon(kind?.look.icon)} />
        <div>
          <h3>{text(device.name)}</h3>
          <p className="note">{[text(kind?.label) || device.kind, floor?.number, text(spaceById.get(device.space ?? '')?.name)].filter(Boolean).join(' · ')} · <span className="mono">{device.key}</span></p>
        </div>
        <Button kind="quiet" icon="close" aria-label={t('close')} onClick={onClose} />
      </header>
      <div className="panel-state">
        {live && <ConnectionMark state={live.state} />}
        <LastWord device={device} lead={t('devices:lastWord')} />
        <span className="grow" />
        {floor ? <a className="btn" href={`/ops/${formatLink({ view: 'single', floor: floor.number, chosen: device.key, layers: null, camera: null })}`}><Icon name="cube" />{t('devices:in3d')}</a> : <span className="note">{t('devices:not3d')}</span>}
      </div>
      {live && live.state !== 'online' && <p className="note state-note">{t(`devices:stateNote.${live.state}`, { context: device.via.length > 0 ? 'via' : '', via: device.via.join(' ') })}</p>}
      {mine.filter(isOpen).map((alarm) => (
        <p key={alarm.id} className="alarm-line" data-priority={alarm.priority}><StatusMark state={alarm.priority} /><span><b>{t(`priority.${String(alarm.priority)}`)}</b>：{text(alarm.label)} <Since ms={alarm.raised_ms} /></span></p>
      ))}
      <TabSet
        label={text(device.name)} chosen={pane} onChoose={(next) => { onChange({ pane: next as Pane }); }}
        items={[
          { id: 'live', title: t('devices:pane.live'), content: <><Values device={device} />{trends.map((point) => <Trend key={point.name} device={device} point={point} alarms={mine} theme={theme} />)}</> },
          { id: 'act', title: t('devices:pane.act'), content: <><Rebirth device={device} /><Commands device={device} /></> },
          { id: 'access', title: t('devices:pane.access'), content: <Access device={device} onChanged={onChanged} onOpen={(key) => { onChange({ device: key }); }} /> },
          { id: 'facts', title: t('devices:pane.facts'), content: <Facts device={device} /> },
        ]}
      />
    </>
  );
}

function Facts({ device }: { device: DeviceInfo }) {
  const t = useT();
  const admission = useAdmissionWords();
  const rows: [string, string | null][] = [
    ['model', device.model], ['firmware', device.firmware], ['serial', device.serial], ['power', device.power_from && keyOf(device.power_from)], ['network', device.network_from && keyOf(device.network_from)],
    ['credential', admission.credential(device)], ['via', device.via.join(' ') || null], ['convention', t(`devices:convention.${conventionOf(device)}`, { defaultValue: conventionOf(device) })], ['address', device.addresses.map((one) => one.address).join(' ') || null],
  ];
  const others = Object.keys(device.counters).filter((name) => !LOSSES.some((loss) => loss === name));
  return (
    <>
      <dl className="facts panel-pad">{rows.map(([name, value]) => <div key={name}><dt>{t(`devices:field.${name}`)}</dt><dd>{value ?? <span className="note">{t('none')}</span>}</dd></div>)}</dl>
      <Counted device={device} title={t('devices:lossesSince')} names={LOSSES} />
      <Counted device={device} title={t('devices:othersSince')} names={others} />
    </>
  );
}

/** Zero said as well; what is not zero says what it means. */
function Counted({ device, title, names }: { device: DeviceInfo; title: string; names: readonly string[] }) {
  const t = useT();
  return (
    <section className="panel-pad">
      <h4>{title}</h4>
      <dl className="counters">
        {names.map((name) => {
          const count = lossOf(device, name);
          const note = count > 0 ? t(`devices:lossNote.${name}`, { defaultValue: '' }) : '';
          return <div key={name}><dt>{t(`devices:loss.${name}`, { defaultValue: name })}{note && <span className="note second">{note}</span>}</dt><dd className="nb" data-zero={count === 0 ? '' : undefined}>{count.toLocaleString('en')}</dd></div>;
        })}
      </dl>
    </section>
  );
}
