/** Live values of one device, each with its source, time, quality and age; old ones are hatched, and beside them what is wanted. */
import { Fragment } from 'react';
import type { KindPoint, PointValue, SceneDevice } from '@/shared/api/types';
import { Freshness, isStale } from '@/shared/components/Freshness';
import { StatusMark } from '@/shared/components/StatusMark';
import { useLang, useT, useText } from '@/shared/i18n';
import { useDesired, useEntity, useNow } from '@/shared/live/hooks';
import { useHallData } from './data';
import { useMoment } from './useMoment';
import { valueWords } from './values';
import { WantedRow } from './Wanted';

export function Values({ device }: { device: Pick<SceneDevice, 'id' | 'kind'> }) {
  const { kinds } = useHallData();
  const t = useT();
  const text = useText();
  const points = useEntity(device.id);
  const wanted = useDesired(device.id);
  const online = points.online;
  return (
    <dl className="values">
      {online?.[0] === false && (
        <div className="value-row">
          <dt><StatusMark state={online[1] === 'bad' ? 'unknown' : 'offline'} /> {t(online[1] === 'bad' ? 'mark.unknown' : 'offline')}</dt>
          <dd />
          <dd><Freshness tsMs={online[2]} /></dd>
        </div>
      )}
      {(kinds.get(device.kind)?.points ?? []).map((point) => {
        const wish = wanted[point.name];
        return (
          <Fragment key={point.name}>
            <ValueRow point={point} label={text(point.label)} value={points[point.name]} />
            {wish && <WantedRow wanted={wish} point={point} label={text(point.label)} />}
          </Fragment>
        );
      })}
    </dl>
  );
}

function ValueRow({ point, label, value }: { point: KindPoint; label: string; value: PointValue | undefined }) {
  const t = useT();
  const lang = useLang();
  const now = useNow();
  if (!value) {
    return <div className="value-row" data-none><dt>{label}</dt><dd className="note">{t('notReported')}</dd><dd /></div>;
  }
  const [told, quality, ts] = value;
  const stale = isStale(ts, point.ttl_s, now);
  return (
    <div className={`value-row ${stale ? 'is-stale' : ''}`} data-quality={quality}>
      <dt>{stale && <StatusMark state="stale" size={16} />} {label}<Origin value={value} source={t('source.device')} /></dt>
      <dd className="value nb">{valueWords(told, point, t, lang)}</dd>
      <dd><Freshness tsMs={ts} ttlS={point.ttl_s} /></dd>
    </div>
  );
}

/** Who said so and when, by their own clock, and how far it is to be trusted. What a kind declares only the device itself reports. */
export function Origin({ value: [, quality, ts], source }: { value: PointValue; source: string }) {
  const t = useT();
  const at = useMoment();
  return <span className="note origin">{[source, at(ts), t(`quality.${quality}`, { defaultValue: quality })].join(' · ')}</span>;
}
