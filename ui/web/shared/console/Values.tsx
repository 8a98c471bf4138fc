/** Live values of one device, each with its age; old ones are hatched. */
import type { KindPoint, SceneDevice } from '@/shared/api/types';
import { Freshness, isStale } from '@/shared/components/Freshness';
import { StatusMark } from '@/shared/components/StatusMark';
import { useLang, useT, useText } from '@/shared/i18n';
import { useEntity, useNow } from '@/shared/live/hooks';
import { useHallData } from './data';
import { valueWords } from './values';

export function Values({ device }: { device: Pick<SceneDevice, 'id' | 'kind'> }) {
  const { kinds } = useHallData();
  const t = useT();
  const text = useText();
  const points = useEntity(device.id);
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
      {(kinds.get(device.kind)?.points ?? []).map((point) => <ValueRow key={point.name} point={point} label={text(point.label)} value={points[point.name]} />)}
    </dl>
  );
}

function ValueRow({ point, label, value }: { point: KindPoint; label: string; value: ReturnType<typeof useEntity>[string] | undefined }) {
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
      <dt>{stale && <StatusMark state="stale" size={16} />} {label}{quality !== 'good' && <span className="note"> {t(`quality.${quality}`)}</span>}</dt>
      <dd className="value nb">{valueWords(told, point, t, lang)}</dd>
      <dd><Freshness tsMs={ts} ttlS={point.ttl_s} /></dd>
    </div>
  );
}
