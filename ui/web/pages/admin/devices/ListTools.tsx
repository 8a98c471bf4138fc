/** Search, filters and order of the list. */
import { useEffect, useEffectEvent, useState, type ReactNode } from 'react';
import { Button } from '@/shared/components/Button';
import { SearchField } from '@/shared/components/SearchField';
import { useHallData } from '@/shared/console/data';
import { useT, useText } from '@/shared/i18n';
import { STATES, USUAL, type Change, type Connection, type DevicesAddress } from './address';
import { FIELDS } from './rows';

const REST_MS = 200;

export function ListTools({ address, onChange, found, children }: { address: DevicesAddress; onChange: Change; found: number | null; children: ReactNode }) {
  const t = useT();
  const text = useText();
  const { kinds, floors } = useHallData();
  const narrowed = Boolean(address.q || address.kind || address.floor || address.state || address.losing || address.drifting || address.bare);
  const order = t(address.down ? 'devices:down' : 'devices:up');
  return (
    <div className="device-tools card">
      <div className="admin-tools">
        <Typed asked={address.q} onAsk={(q) => { onChange({ q }); }} />
        <select className="input" aria-label={t('devices:field.kind')} value={address.kind} onChange={(event) => { onChange({ kind: event.target.value }); }}>
          <option value="">{t('devices:allKinds')}</option>
          {[...kinds.values()].map((kind) => <option key={kind.kind} value={kind.kind}>{text(kind.label)}</option>)}
        </select>
        <select className="input" aria-label={t('floor')} value={address.floor} onChange={(event) => { onChange({ floor: event.target.value }); }}>
          <option value="">{t('devices:allFloors')}</option>
          {floors.map((floor) => <option key={floor.id} value={floor.number}>{floor.number} {text(floor.name)}</option>)}
        </select>
        <select className="input" aria-label={t('devices:field.state')} value={address.state} onChange={(event) => { onChange({ state: event.target.value as Connection | '' }); }}>
          <option value="">{t('devices:allStates')}</option>
          {STATES.map((state) => <option key={state} value={state}>{t(`devices:state.${state}`)}</option>)}
        </select>
      </div>
      <div className="admin-tools">
        <span className="found" role="status">{found === null ? t('loading') : t('devices:count', { n: found })}</span>
        <label className="row nb"><span className="roomy">{t('devices:sortBy')}</span>
          <select className="input" aria-label={t('devices:sortBy')} value={address.sort} onChange={(event) => { onChange({ sort: event.target.value }); }}>
            {Object.keys(FIELDS).map((field) => <option key={field} value={field}>{t(`devices:field.${field}`)}</option>)}
          </select>
        </label>
        <Button icon={address.down ? 'down' : 'up'} aria-label={order} title={order} onClick={() => { onChange({ down: !address.down }); }}><span className="roomy">{order}</span></Button>
        <label className="row nb"><input type="checkbox" checked={address.losing} onChange={(event) => { onChange({ losing: event.target.checked }); }} />{t('devices:onlyLosing')}</label>
        <label className="row nb"><input type="checkbox" checked={address.drifting} onChange={(event) => { onChange({ drifting: event.target.checked }); }} />{t('devices:onlyDrifting')}</label>
        <label className="row nb"><input type="checkbox" checked={address.bare} onChange={(event) => { onChange({ bare: event.target.checked }); }} />{t('devices:onlyBare')}</label>
        {narrowed && <Button kind="quiet" icon="close" aria-label={t('devices:showAll')} title={t('devices:showAll')} onClick={() => { onChange({ ...USUAL, sort: address.sort, down: address.down, device: address.device, pane: address.pane }); }}><span className="roomy">{t('devices:showAll')}</span></Button>}
        <div className="row device-acts">{children}</div>
      </div>
    </div>
  );
}

/** The address follows what is typed after a short rest, and what is typed follows the address. */
function Typed({ asked, onAsk }: { asked: string; onAsk: (q: string) => void }) {
  const t = useT();
  const [typed, setTyped] = useState(asked);
  const [given, setGiven] = useState(asked);
  if (given !== asked) {
    setGiven(asked);
    if (asked !== typed.trim()) setTyped(asked);
  }
  const ask = useEffectEvent(() => { if (typed.trim() !== asked) onAsk(typed.trim()); });
  useEffect(() => {
    const timer = setTimeout(() => { ask(); }, REST_MS);
    return () => { clearTimeout(timer); };
  }, [typed]);
  return <SearchField label={t('devices:search')} placeholder={t('devices:searchHint')} hotkey="/" value={typed} onChange={setTyped} onSubmit={() => { onAsk(typed.trim()); }} />;
}
