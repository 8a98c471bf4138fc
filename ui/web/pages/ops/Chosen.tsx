/** The right column for one thing: a device with its values and commands, a window, or a room. */
import { useEffect, useMemo, useState } from 'react';
import { deviceLink } from '@/pages/admin/devices/address';
import { api } from '@/shared/api/client';
import type { Alarm, DeviceInfo, SceneDevice, SceneSpace, SceneWindow } from '@/shared/api/types';
import { TabSet } from '@/shared/aria/TabSet';
import { Button } from '@/shared/components/Button';
import { Freshness } from '@/shared/components/Freshness';
import { Icon } from '@/shared/components/Icon';
import { lookIcon } from '@/shared/components/icons';
import type { MarkState } from '@/shared/components/marks';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT, useText } from '@/shared/i18n';
import { useEntity, useReplay } from '@/shared/live/hooks';
import { Acknowledge, ConsequenceAndResponse, Since } from '@/shared/console/AlarmParts';
import { Commands } from '@/shared/console/Commands';
import { keyOf, useHallData } from '@/shared/console/data';
import { isOpen } from '@/shared/console/states';
import { Trend } from '@/shared/console/Trend';
import { Origin, Values } from '@/shared/console/Values';
import type { Preset } from './time/scale';
import { useSpan } from './time/useSpan';

interface Props {
  id: string;
  alarms: readonly Alarm[];
  states: ReadonlyMap<string, MarkState>;
  theme: string;
  preset: Preset;
  onClose: () => void;
  onChoose: (id: string) => void;
}
const MAX_TRENDS = 3;
const TREND_EVERY_MS = 10_000;

export function Chosen(props: Props) {
  const { deviceById, spaceById, scene } = useHallData();
  const device = deviceById.get(props.id);
  if (device) return <DevicePanel device={device} {...props} />;
  const window = scene.windows.find((candidate) => candidate.id === props.id);
  if (window) return <WindowPanel window={window} {...props} />;
  const space = spaceById.get(props.id);
  if (space) return <SpacePanel space={space} {...props} />;
  const poi = scene.pois.find((candidate) => candidate.id === props.id);
  return <PlaceHead title={poi?.name ?? {}} crumbs={[keyOf(props.id)]} onClose={props.onClose} />;
}

function PlaceHead({ title, crumbs, onClose }: { title: SceneDevice['name']; crumbs: (string | undefined)[]; onClose: () => void }) {
  const t = useT();
  const text = useText();
  return (
    <header className="side-head">
      <div>
        <p className="note">{crumbs.filter(Boolean).join(' · ')}</p>
        <h2>{text(title)}</h2>
      </div>
      <Button kind="quiet" icon="close" aria-label={t('close')} onClick={onClose} />
    </header>
  );
}

function DevicePanel({ device, alarms, theme, preset, onClose }: Props & { device: SceneDevice }) {
  const t = useT();
  const text = useText();
  const { kinds, floorById, spaceById } = useHallData();
  const [tab, setTab] = useState('live');
  const { span, at } = useSpan(preset, TREND_EVERY_MS);
  const time = { ...span, at };
  const kind = kinds.get(device.kind);
  const mine = useMemo(() => alarms.filter((alarm) => alarm.source === device.id), [alarms, device.id]);
  const open = mine.filter(isOpen);
  const top = open[0];
  const numeric = (kind?.points ?? []).filter((point) => point.type === 'float' || point.type === 'int').slice(0, MAX_TRENDS);
  const headline = numeric.find((point) => point.name === kind?.look.headline) ?? numeric[0];
  return (
    <>
      <PlaceHead title={device.name} crumbs={[floorById.get(device.floor)?.number, text(spaceById.get(device.space ?? '')?.name), keyOf(device.id)]} onClose={onClose} />
      <p className="side-link"><a href={deviceLink(keyOf(device.id))}><Icon name="list" />{t('devicePage')}</a></p>
      {open.map((alarm) => (
        <p key={alarm.id} className="alarm-line" data-priority={alarm.priority}>
          <StatusMark state={alarm.priority} />
          <span><b>{t(`priority.${String(alarm.priority)}`)}</b>：{text(alarm.label)} <Since ms={alarm.raised_ms} /></span>
        </p>
      ))}
      <div className="side-body">
        <TabSet
          label={text(device.name)} chosen={tab} onChoose={setTab}
          items={[
            {
              id: 'live', title: t(at === null ? 'tab.live' : 'time.then'),
              content: (
                <>
                  <Values device={device} />
                  {headline && <Trend device={device} point={headline} alarms={mine} theme={theme} time={time} />}
                  {top && <div className="panel-pad"><ConsequenceAndResponse alarm={top} /></div>}
                </>
              ),
            },
            { id: 'act', title: t('tab.act'), content: <Commands device={device} /> },
            { id: 'trend', title: t('tab.trend'), content: numeric.length > 0 ? numeric.map((point) => <Trend key={point.name} device={device} point={point} alarms={mine} theme={theme} time={time} />) : <p className="panel-pad note">{t('none')}</p> },
            { id: 'facts', title: t('tab.facts'), content: <Facts device={device} /> },
          ]}
        />
      </div>
      {top && top.acked_ms === null && <footer className="side-foot"><Acknowledge alarm={top} size="large" /></footer>}
    </>
  );
}

const COUNTERS = ['gaps', 'late', 'out_of_range', 'rejected', 'dropped'] as const;

function Facts({ device }: { device: SceneDevice }) {
  const t = useT();
  const text = useText();
  const { kinds, floorById, spaceById } = useHallData();
  const [info, setInfo] = useState<DeviceInfo | null>(null);
  const past = useReplay() !== null;
  useEffect(() => {
    const stop = new AbortController();
    api.get<DeviceInfo>(`/devices/${encodeURIComponent(keyOf(device.id))}`, {}, stop.signal).then(setInfo, () => undefined);
    return () => { stop.abort(); };
  }, [device.id]);
  const rows: [string, string | null | undefined][] = [
    ['id', keyOf(device.id)],
    ['kind', text(kinds.get(device.kind)?.label)],
    ['place', [floorById.get(device.floor)?.number, text(spaceById.get(device.space ?? '')?.name)].filter(Boolean).join(' ')],
    ['firmware', info?.firmware],
    ['power', info?.power_from && keyOf(info.power_from)],
    ['network', info?.network_from && keyOf(info.network_from)],
  ];
  return (
    <dl className="facts panel-pad">
      {rows.filter(([, value]) => value).map(([key, value]) => <div key={key}><dt>{t(`fact.${key}`)}</dt><dd>{value}</dd></div>)}
      {past && <div><dt>{t('fact.counters')}</dt><dd className="note">{t('time.onlyNow')}</dd></div>}
      {!past && info?.last_seen_ms && <div><dt>{t('fact.seen')}</dt><dd><Freshness tsMs={info.last_seen_ms} /></dd></div>}
      {!past && info && <div><dt>{t('fact.counters')}</dt><dd>{COUNTERS.map((name) => `${t(`fact.${name}`)} ${String(info.counters[name] ?? 0)}`).join(' · ')}</dd></div>}
    </dl>
  );
}

function WindowPanel({ window, onClose, onChoose }: Props & { window: SceneWindow }) {
  const t = useT();
  const text = useText();
  const { scene, floorById, deviceById, kinds } = useHallData();
  const points = useEntity(window.id);
  const said = (name: string) => {
    const value = points[name]?.[0];
    if (value === undefined || value === null || value === '') return name === 'called' ? t('window.none') : t('notReported');
    return typeof value === 'boolean' ? t(value ? 'yes' : 'no') : String(value);
  };
  const devices = [window.screen, window.terminal].flatMap((id) => (id ? (deviceById.get(id) ?? []) : []));
  return (
    <>
      <PlaceHead title={window.name} crumbs={[floorById.get(window.floor)?.number, window.number]} onClose={onClose} />
      <div className="side-body">
        <dl className="values">
          {(['called', 'waiting', 'open', 'staffed', 'online'] as const).map((name) => {
            const value = points[name];
            return (
              <div key={name} className="value-row"><dt>{t(`window.${name}`)}{value && <Origin value={value} source={t('source.queue')} />}</dt><dd className="value nb">{said(name)}</dd><dd>{value && <Freshness tsMs={value[2]} />}</dd></div>
            );
          })}
        </dl>
        <dl className="facts panel-pad">
          <div><dt>{t('fact.department')}</dt><dd>{text(scene.departments.find((department) => department.id === window.department)?.name)}</dd></div>
          {window.business && <div><dt>{t('fact.business')}</dt><dd>{text(window.business)}</dd></div>}
        </dl>
        <section className="panel-pad">
          <h3>{t('fact.devices')}</h3>
          <ul className="chips">
            {devices.map((device) => <li key={device.id}><Button icon={lookIcon(kinds.get(device.kind)?.look.icon)} onClick={() => { onChoose(device.id); }}>{text(device.name)}</Button></li>)}
          </ul>
        </section>
      </div>
    </>
  );
}

function SpacePanel({ space, states, onClose, onChoose }: Props & { space: SceneSpace }) {
  const t = useT();
  const text = useText();
  const { devices, floorById, kinds } = useHallData();
  const here = devices.filter((device) => device.space === space.id);
  return (
    <>
      <PlaceHead title={space.name} crumbs={[floorById.get(space.floor)?.number, space.number, t(`access.${space.access}`)]} onClose={onClose} />
      <div className="side-body">
        <section className="panel-pad">
          <h3>{t('fact.devices')} <span className="note">{here.length}</span></h3>
          <ul className="rows">
            {here.map((device) => {
              const state = states.get(device.id);
              return (
                <li key={device.id}>
                  <button type="button" className="row-button" onClick={() => { onChoose(device.id); }}>
                    <Icon name={lookIcon(kinds.get(device.kind)?.look.icon)} />
                    <span>{text(device.name)}</span>
                    {state !== undefined && <StatusMark state={state} size={18} />}
                  </button>
                </li>
              );
            })}
          </ul>
        </section>
      </div>
    </>
  );
}
