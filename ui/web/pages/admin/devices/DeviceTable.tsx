/** One page of the list: two lines a device, every column to sort by, arrows from row to row. */
import { useEffect, useRef, type KeyboardEvent, type MouseEvent } from 'react';
import { Freshness } from '@/shared/components/Freshness';
import { Icon } from '@/shared/components/Icon';
import { lookIcon } from '@/shared/components/icons';
import { StatusMark } from '@/shared/components/StatusMark';
import { useCommandName } from '@/shared/console/Commands';
import { useT } from '@/shared/i18n';
import type { Change, DevicesAddress } from './address';
import { ConnectionMark, LastWord, useAdmissionWords, useCommandWords, useLossWords } from './parts';
import type { Row } from './rows';

/** Columns, and what each can be sorted by. */
const COLUMNS: { id: string; sorts: string[] }[] = [
  { id: 'device', sorts: ['name', 'key'] },
  { id: 'place', sorts: ['kind', 'place'] },
  { id: 'state', sorts: ['state', 'seen'] },
  { id: 'lost', sorts: ['lost'] },
  { id: 'made', sorts: ['firmware', 'model'] },
  { id: 'access', sorts: ['credential', 'via'] },
  { id: 'command', sorts: ['command'] },
];
/** Where big or late comes first when it is first asked for. */
const DOWN_FIRST = new Set(['lost', 'seen', 'credential', 'command']);

interface Props {
  rows: readonly Row[];
  address: DevicesAddress;
  picked: ReadonlySet<string>;
  onChange: Change;
  onPick: (keys: readonly string[], on: boolean) => void;
}

export function DeviceTable({ rows, address, picked, onChange, onPick }: Props) {
  const t = useT();
  const keys = rows.map((row) => row.device.key);
  const here = keys.filter((key) => picked.has(key)).length;
  const sortBy = (field: string) => { onChange({ sort: field, down: address.sort === field ? !address.down : DOWN_FIRST.has(field) }); };
  return (
    <table className="table device-table">
      <caption className="sr-only">{t('devices:caption')}</caption>
      <colgroup><col className="col-pick" />{COLUMNS.map((column) => <col key={column.id} className={`col-${column.id}`} />)}</colgroup>
      <thead>
        <tr>
          <td><PickAll all={here === keys.length && here > 0} some={here > 0} label={t('devices:pickPage')} onPick={(on) => { onPick(keys, on); }} /></td>
          {COLUMNS.map((column) => (
            <th key={column.id} scope="col" className={`col-${column.id}`} aria-sort={column.sorts.includes(address.sort) ? (address.down ? 'descending' : 'ascending') : undefined}>
              {column.sorts.map((field) => (
                <button key={field} type="button" className="sort" aria-pressed={address.sort === field} onClick={() => { sortBy(field); }}>
                  {t(`devices:field.${field}`)}
                  {address.sort === field && <Icon name={address.down ? 'down' : 'up'} size={14} />}
                </button>
              ))}
            </th>
          ))}
        </tr>
      </thead>
      <tbody onKeyDown={walk}>
        {rows.map((row) => (
          <DeviceRow key={row.device.id} row={row} chosen={row.device.key === address.device} picked={picked.has(row.device.key)} onOpen={() => { onChange({ device: row.device.key }); }} onPick={(on) => { onPick([row.device.key], on); }} />
        ))}
      </tbody>
    </table>
  );
}

function DeviceRow({ row, chosen, picked, onOpen, onPick }: { row: Row; chosen: boolean; picked: boolean; onOpen: () => void; onPick: (on: boolean) => void }) {
  const t = useT();
  const lossWords = useLossWords();
  const commandName = useCommandName();
  const commandWords = useCommandWords();
  const admission = useAdmissionWords();
  const { device } = row;
  const command = device.last_command;
  const clicked = (event: MouseEvent<HTMLElement>) => { if (!(event.target as HTMLElement).closest('input, button, a, label')) onOpen(); };
  return (
    <tr data-chosen={chosen ? '' : undefined} onClick={clicked}>
      <td><label className="pick"><input type="checkbox" checked={picked} aria-label={t('devices:pick', { name: device.key })} onChange={(event) => { onPick(event.target.checked); }} /></label></td>
      <th scope="row">
        <button type="button" id={rowId(device.key)} className="link" aria-current={chosen ? 'true' : undefined} onClick={onOpen}>{row.name}</button>
        <span className="note mono second">{device.key}</span>
      </th>
      <td className="col-place"><span className="row first"><Icon name={lookIcon(row.kind?.look.icon)} size={16} />{row.kindName}</span><span className="note second">{[row.floor, row.room].filter(Boolean).join(' ') || t('devices:nowhere')}</span></td>
      <td className="col-state">
        <span className="row first"><ConnectionMark state={row.state} />{row.alarm !== null && <StatusMark state={row.alarm} size={18} label={t(`priority.${String(row.alarm)}`)} />}{row.drift && <StatusMark state="drift" size={18} label={t('mark.drift')} />}</span>
        <span className="second"><LastWord device={device} /></span>
      </td>
      <td className="col-lost"><span className="first figure" data-some={row.lost > 0 ? '' : undefined}>{row.lost}</span><span className="note second" title={lossWords(device)}>{lossWords(device)}</span></td>
      <td className="col-made"><span className="first">{device.firmware ?? <span className="note">{t('none')}</span>}</span><span className="note second" title={[device.model, device.serial].filter(Boolean).join(' · ')}>{[device.model, device.serial].filter(Boolean).join(' · ')}</span></td>
      <td className="col-access"><span className="first">{admission.credential(device)}</span><span className="note second">{admission.path(device)}</span></td>
      <td className="col-command">
        {command && <><span className="first">{commandName(device.kind, command.name)} <Freshness tsMs={command.ended_ms ?? command.created_ms} /></span><span className="note second" title={commandWords(command)}>{commandWords(command)}</span></>}
      </td>
    </tr>
  );
}

export function rowId(key: string): string {
  return `device-${key}`;
}

function PickAll({ all, some, label, onPick }: { all: boolean; some: boolean; label: string; onPick: (on: boolean) => void }) {
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => { if (ref.current) ref.current.indeterminate = some && !all; }, [some, all]);
  return <label className="pick"><input ref={ref} type="checkbox" checked={all} aria-label={label} onChange={(event) => { onPick(event.target.checked); }} /></label>;
}

const STEPS: Record<string, (at: number, last: number) => number> = {
  ArrowDown: (at, last) => Math.min(last, at + 1),
  ArrowUp: (at) => Math.max(0, at - 1),
  Home: () => 0,
  End: (_, last) => last,
};

/** Arrows go from name to name, from box to box. */
function walk(event: KeyboardEvent<HTMLTableSectionElement>): void {
  const step = STEPS[event.key];
  const from = event.target as HTMLElement;
  const what = from.matches('.link') ? '.link' : from.matches('.pick input') ? '.pick input' : null;
  if (!step || what === null) return;
  event.preventDefault();
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>(what)];
  all[step(all.indexOf(from), all.length - 1)]?.focus();
}
