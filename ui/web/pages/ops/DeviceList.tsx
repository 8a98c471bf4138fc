/** Everything in the picture as a table, for keyboard, screen reader and print. */
import { useState } from 'react';
import { SearchField } from '@/shared/components/SearchField';
import { URGENCY, type MarkState } from '@/shared/components/marks';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT, useText } from '@/shared/i18n';
import { keyOf, useHallData } from '@/shared/console/data';
import { markWord } from './Sidebar';

export function DeviceList({ states, floor, chosen, onChoose }: { states: ReadonlyMap<string, MarkState>; floor: string | null; chosen: string | null; onChoose: (id: string) => void }) {
  const t = useT();
  const text = useText();
  const { devices, kinds, floorById, spaceById } = useHallData();
  const [asked, setAsked] = useState('');
  const [kind, setKind] = useState('');
  const [onlyOpen, setOnlyOpen] = useState(false);
  const word = asked.trim().toLowerCase();
  const rank = (id: string) => {
    const state = states.get(id);
    return state === undefined ? URGENCY.length : URGENCY.indexOf(state);
  };
  const shown = devices
    .filter((device) => (floor === null || device.floor === floor) && (!kind || device.kind === kind) && (!onlyOpen || states.has(device.id)))
    .filter((device) => !word || keyOf(device.id).toLowerCase().includes(word) || Object.values(device.name).some((name) => name?.toLowerCase().includes(word)))
    .sort((a, b) => rank(a.id) - rank(b.id) || a.id.localeCompare(b.id));
  return (
    <section className="device-list">
      <div className="list-tools">
        <h2>{t('list.title')} <span className="note" role="status">{t('list.count', { n: shown.length })}</span></h2>
        <SearchField label={t('list.filter')} placeholder={t('list.filter')} value={asked} onChange={setAsked} />
        <select className="input" aria-label={t('list.kind')} value={kind} onChange={(event) => { setKind(event.target.value); }}>
          <option value="">{t('list.all')}</option>
          {[...kinds.values()].map((item) => <option key={item.kind} value={item.kind}>{text(item.label)}</option>)}
        </select>
        <label className="row nb"><input type="checkbox" checked={onlyOpen} onChange={(event) => { setOnlyOpen(event.target.checked); }} />{t('list.onlyOpen')}</label>
      </div>
      <div className="list-scroll" tabIndex={0} role="region" aria-label={t('list.title')}>
        <table className="table">
          <thead><tr><th scope="col">{t('list.state')}</th><th scope="col">{t('list.name')}</th><th scope="col">{t('list.kind')}</th><th scope="col">{t('list.place')}</th></tr></thead>
          <tbody>
            {shown.map((device) => {
              const state = states.get(device.id);
              return (
                <tr key={device.id} data-chosen={device.id === chosen ? '' : undefined}>
                  <td className="nb">{state === undefined ? <span className="note">{t('list.well')}</span> : <span className="row"><StatusMark state={state} size={18} />{markWord(state, t)}</span>}</td>
                  <td><button type="button" className="link" onClick={() => { onChoose(device.id); }}>{text(device.name)}</button> <span className="note">{keyOf(device.id)}</span></td>
                  <td>{text(kinds.get(device.kind)?.label)}</td>
                  <td>{floorById.get(device.floor)?.number} {text(spaceById.get(device.space ?? '')?.name)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
