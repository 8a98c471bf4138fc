/** One alarm: what it is, what it leads to, what to do, where it stands, and the device's own commands and values. */
import { useMemo, useState } from 'react';
import { HallStage, type Badge, type Pin, type Tone } from '@/engine';
import { PlanView } from '@/engine/PlanView';
import type { Alarm, SceneDevice } from '@/shared/api/types';
import { lookIcon } from '@/shared/components/icons';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT, useText } from '@/shared/i18n';
import { Acknowledge, ConsequenceAndResponse, Since, useAlarmWords } from '@/shared/console/AlarmParts';
import { Commands } from '@/shared/console/Commands';
import { keyOf, useHallData } from '@/shared/console/data';
import { useDeviceStates } from '@/shared/console/useDeviceStates';
import { Values } from '@/shared/console/Values';
import { useNames } from '@/shared/console/names';
import { useClock } from './clock';

const SPAN_M = 24;

export function AlarmDetail({ alarm }: { alarm: Alarm }) {
  const t = useT();
  const text = useText();
  const clock = useClock();
  const words = useAlarmWords();
  const nameOf = useNames();
  const { deviceById } = useHallData();
  const device = deviceById.get(alarm.source);
  const { title, place } = words(alarm);
  return (
    <article className="detail" data-priority={alarm.priority}>
      <header>
        <StatusMark state={alarm.priority} size={40} label={t(`priority.${String(alarm.priority)}`)} />
        <div>
          <h2>{title}</h2>
          <p className="note">{place} · {t('raised', { time: clock(alarm.raised_ms) })} · <Since ms={alarm.raised_ms} /></p>
        </div>
      </header>
      <div className="row detail-acts">
        <Acknowledge alarm={alarm} size="large" hotkey="A" />
        {alarm.acked_ms !== null && <p className="row"><StatusMark state="ok" />{t('ackedBy', { who: nameOf(alarm.acked_by), time: clock(alarm.acked_ms) })}</p>}
        {alarm.cleared_ms !== null && <p className="note">{t('clearedAt', { time: clock(alarm.cleared_ms) })}</p>}
      </div>
      <section className="card panel-pad"><ConsequenceAndResponse alarm={alarm} /></section>
      <div className="detail-grid">
        <AlarmPlace alarm={alarm} device={device} />
        {device && (
          <section className="card detail-device" aria-label={t('device')}>
            <h3>{text(device.name)} <span className="note">{keyOf(device.id)}</span></h3>
            <Values device={device} />
            <Commands device={device} />
          </section>
        )}
      </div>
    </article>
  );
}

/** The place of the alarm, near enough to know the room. */
function AlarmPlace({ alarm, device }: { alarm: Alarm; device: SceneDevice | undefined }) {
  const t = useT();
  const text = useText();
  const { scene, devices, kinds, floorById } = useHallData();
  const states = useDeviceStates();
  const [flat, setFlat] = useState(false);
  const floor = alarm.floor ?? device?.floor ?? null;
  const badges = useMemo<Badge[]>(() => devices.filter((other) => other.floor === floor).map((other) => {
    const look = kinds.get(other.kind)?.look;
    return { id: other.id, floor: other.floor, at: other.at, icon: lookIcon(look?.icon), layer: look?.layer ?? '', dense: other.kind.endsWith('seat_sensor') || other.kind === 'parking_sensor' };
  }), [devices, kinds, floor]);
  const pins = useMemo<Pin[]>(() => (device ? [{ id: device.id, floor: device.floor, at: device.at, text: text(device.name), state: alarm.priority, chosen: true, blink: false }] : []), [device, alarm.priority, text]);
  const tints = useMemo(() => new Map<string, Tone>(alarm.space ? [[alarm.space, `p${String(alarm.priority)}` as Tone]] : []), [alarm.space, alarm.priority]);
  const drawn = floor === null ? undefined : floorById.get(floor);
  if (!drawn) return null;
  return (
    <figure className="card place">
      <div className="place-stage">
        {flat ? (
          <PlanView floor={drawn} scene={scene} badges={badges} states={states} layers={new Set()} chosen={device?.id ?? null} label={t('map')} onPick={() => undefined} />
        ) : (
          <HallStage
            scene={scene} mode="single" floor={floor} badges={badges} states={states} pins={pins} tints={tints} label={t('stageLabel')} onUnavailable={() => { setFlat(true); }}
            focus={device?.id ?? alarm.space} focusSpanM={SPAN_M}
          />
        )}
      </div>
      <figcaption><b>{drawn.number} {text(scene.spaces.find((space) => space.id === alarm.space)?.name)}</b><a href={`/ops/#v=single&f=${encodeURIComponent(drawn.number)}${device ? `&s=${encodeURIComponent(keyOf(device.id))}` : ''}`}>{t('inOps')}</a></figcaption>
    </figure>
  );
}
