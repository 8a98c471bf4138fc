/** What can be done with the picked devices together. */
import { useState } from 'react';
import { Button } from '@/shared/components/Button';
import { useMay } from '@/shared/console/session';
import { useT } from '@/shared/i18n';
import { BulkDialog, type BulkAct } from './BulkDialog';
import type { Row } from './rows';

export function BulkBar({ rows, hidden, shown, onPick, onClear, onExport, onDone }: {
  rows: readonly Row[];
  /** Picked, and not found by what is searched for now. */
  hidden: number;
  shown: readonly Row[];
  onPick: (keys: readonly string[], on: boolean) => void;
  onClear: () => void;
  onExport: () => void;
  onDone: () => void;
}) {
  const t = useT();
  const mayCommand = useMay('device.command');
  const mayEnrol = useMay('device.enrol');
  const [act, setAct] = useState<BulkAct | null>(null);
  const kinds = new Set(rows.map((row) => row.device.kind));
  const harmless = rows[0]?.kind?.commands.filter((command) => command.danger === 'none') ?? [];
  const noOrder = !mayCommand ? t('command.noRight') : kinds.size > 1 ? t('devices:bulk.oneKind') : harmless.length === 0 ? t('devices:bulk.noHarmless') : undefined;
  const noneToRevoke = rows.some((row) => row.device.enrolled) ? undefined : t('devices:noCredential');
  return (
    <section className="bulk-bar card" aria-label={t('devices:bulk.label')}>
      <b role="status">{t('devices:bulk.picked', { n: rows.length })}{hidden > 0 && <span className="note"> {t('devices:bulk.hidden', { n: hidden })}</span>}</b>
      {rows.length < shown.length && <Button kind="quiet" onClick={() => { onPick(shown.map((row) => row.device.key), true); }}>{t('devices:bulk.all', { n: shown.length })}</Button>}
      <span className="grow" />
      <Button icon="refresh" missing={mayCommand ? undefined : t('command.noRight')} onClick={() => { setAct('rebirth'); }}>{t('command.rebirth')}</Button>
      <Button icon="power" missing={noOrder} onClick={() => { setAct('order'); }}>{t('devices:bulk.order')}</Button>
      <Button icon="download" onClick={onExport}>{t('devices:export')}</Button>
      <Button kind="danger" icon="lock" missing={mayEnrol ? noneToRevoke : t('devices:noRight')} onClick={() => { setAct('revoke'); }}>{t('devices:act.revoke')}</Button>
      <Button kind="quiet" icon="close" aria-label={t('devices:bulk.clear')} title={t('devices:bulk.clear')} onClick={onClear} />
      {act && <BulkDialog act={act} rows={rows} onClose={() => { setAct(null); onDone(); }} />}
    </section>
  );
}
