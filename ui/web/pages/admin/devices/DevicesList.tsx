/** Every device: found, narrowed, sorted, picked, and one of them looked at more closely beside the list. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { DeviceInfo } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useCommandName } from '@/shared/console/Commands';
import { useHallData } from '@/shared/console/data';
import { useMay } from '@/shared/console/session';
import { useLang, useT } from '@/shared/i18n';
import { useCommands } from '@/shared/live/hooks';
import type { Change, DevicesAddress } from './address';
import { BulkBar } from './BulkBar';
import { download } from './csv';
import { DevicePanel } from './DevicePanel';
import { DeviceTable, rowId } from './DeviceTable';
import { EnrolDialog } from './EnrolDialog';
import { exportRows } from './exportRows';
import { ListTools } from './ListTools';
import { useCommandWords, useStamp } from './parts';
import { cut, inOrder, makeRow, narrow, type Row } from './rows';
import { useLive } from './useLive';
import { usePolled } from './usePolled';

const ASK_EVERY_MS = 5_000;
const NONE: readonly DeviceInfo[] = [];

export function DevicesList({ address, onChange, theme }: { address: DevicesAddress; onChange: Change; theme: string }) {
  const t = useT();
  const lang = useLang();
  const { kinds, floorById, spaceById } = useHallData();
  const words = { t, stamp: useStamp(), commandName: useCommandName(), commandWords: useCommandWords() };
  const mayEnrol = useMay('device.enrol');
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [enrolling, setEnrolling] = useState(false);
  const { data, error, again } = usePolled<DeviceInfo[]>('/devices', ASK_EVERY_MS, { q: address.q, values: 'false' });
  const devices = useNewestCommands(data ?? NONE);
  const live = useLive(devices);
  const rows = useMemo(
    () => devices.map((device) => makeRow(device, live.get(device.id) ?? { state: 'unknown', alarm: null, drift: false }, { kinds, floorById, spaceById }, lang)),
    [devices, live, kinds, floorById, spaceById, lang],
  );
  const shown = useMemo(() => inOrder(narrow(rows, address), address.sort, address.down), [rows, address]);
  const { rows: here, page, pages } = cut(shown, address);
  const linked = useRef(address.device);
  const ready = data !== null;
  useEffect(() => {
    if (ready && linked.current) document.getElementById(rowId(linked.current))?.scrollIntoView({ block: 'center' });
  }, [ready]);
  const pick = useCallback((keys: readonly string[], on: boolean) => {
    setPicked((before) => {
      const next = new Set(before);
      for (const key of keys) {
        if (on) next.add(key);
        else next.delete(key);
      }
      return next;
    });
  }, []);
  const pickedRows = rows.filter((row) => picked.has(row.device.key));
  const save = (what: readonly Row[]) => { download(`devices-${words.stamp(Date.now(), 10)}.csv`, exportRows(what, words)); };
  const copy = () => { void navigator.clipboard.writeText(location.href).then(() => { toast(t('devices:copied'), 'ok'); }); };
  return (
    <div className="devices" data-panel={address.device ? '' : undefined}>
      <div className="devices-main">
        <ErrorNotice error={error} onRetry={again} />
        <ListTools address={address} onChange={onChange} found={data === null ? null : shown.length}>
          <Button icon="link" aria-label={t('devices:copyLink')} title={t('devices:copyLink')} onClick={copy}><span className="roomy">{t('devices:copyLink')}</span></Button>
          <Button icon="download" aria-label={t('devices:export')} title={t('devices:export')} onClick={() => { save(shown); }}><span className="roomy">{t('devices:export')}</span></Button>
          {mayEnrol && <Button kind="primary" icon="plus" onClick={() => { setEnrolling(true); }}>{t('devices:enrol')}</Button>}
        </ListTools>
        {data !== null && shown.length === 0 ? <p className="card panel-pad note">{t('devices:nothing')}</p> : (
          <div className="card device-scroll"><DeviceTable rows={here} address={{ ...address, page }} picked={picked} onChange={onChange} onPick={pick} /></div>
        )}
        {pages > 1 && <Pager page={page} pages={pages} onPage={(next) => { onChange({ page: next }); }} />}
        {picked.size > 0 && <BulkBar rows={pickedRows} hidden={picked.size - pickedRows.length} shown={shown} onPick={pick} onClear={() => { setPicked(new Set()); }} onExport={() => { save(pickedRows); }} onDone={again} />}
      </div>
      {address.device && (
        <DevicePanel
          key={address.device} id={address.device} pane={address.pane} theme={theme} onChange={onChange} onChanged={again}
          onClose={() => {
            onChange({ device: '' });
            (document.getElementById(rowId(address.device)) ?? document.querySelector<HTMLElement>('.device-tools input'))?.focus();
          }}
        />
      )}
      {enrolling && <EnrolDialog onClose={() => { setEnrolling(false); again(); }} />}
    </div>
  );
}

/** The feed tells of commands sooner than the list is asked for again. */
function useNewestCommands(devices: readonly DeviceInfo[]): readonly DeviceInfo[] {
  const commands = useCommands();
  return useMemo(() => {
    const newest = new Map([...commands].reverse().map((command) => [command.device, command]));
    return devices.map((device) => {
      const heard = newest.get(device.id);
      return heard && heard.created_ms >= (device.last_command?.created_ms ?? 0) ? { ...device, last_command: heard } : device;
    });
  }, [devices, commands]);
}

function Pager({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) {
  const t = useT();
  const last = page >= pages ? t('devices:lastPage') : undefined;
  const first = page <= 1 ? t('devices:firstPage') : undefined;
  return (
    <nav className="pager" aria-label={t('devices:pages')}>
      <Button icon="left" missing={first} onClick={() => { onPage(page - 1); }}>{t('devices:before')}</Button>
      <span className="nb">{t('devices:pageOf', { page, pages })}</span>
      <Button icon="right" missing={last} onClick={() => { onPage(page + 1); }}>{t('devices:after')}</Button>
    </nav>
  );
}
