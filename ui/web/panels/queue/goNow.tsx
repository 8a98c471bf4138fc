/** How a queue stands: how many wait, and how long somebody who comes now would. */
import type { Queue } from '@/shared/api/types';
import { useT } from '@/shared/i18n';
import { rangeText } from './board';
import './goWords';

export function NowLine({ of }: { of: Pick<Queue, 'open_windows' | 'wait_min'> & { waiting: number | null } }) {
  const t = useT();
  if (of.open_windows.length === 0) return <p className="go-now-closed"><b>{t('goQueue:nobodyServes')}</b></p>;
  return (
    <dl className="go-now">
      <div><dt>{t('goQueue:waitingNow')}</dt><dd><b>{of.waiting ?? 0}</b> {t('goQueue:people')}</dd></div>
      <Range label={t('goQueue:waitIfNow')} range={of.wait_min} />
    </dl>
  );
}

export function Range({ label, range }: { label: string; range: readonly [number, number] | readonly number[] | null }) {
  const t = useT();
  return <div><dt>{label}</dt><dd>{range ? <><b className="nb">{rangeText(range)}</b> {t('goQueue:min')}</> : <b className="go-unknown">{t('goQueue:unknown')}</b>}</dd></div>;
}
