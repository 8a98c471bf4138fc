/** What is chosen on the plan: its names, and what can be done with it. */
import { useState } from 'react';
import type { Scene, Text } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { keyOf } from '@/shared/console/data';
import { useT, useText, type Translate } from '@/shared/i18n';
import { ROOM_KINDS, nameOf, type Edit } from './tools';

interface Entity {
  id: string;
  type: 'space' | 'opening' | 'link' | 'window' | 'device' | 'poi' | 'zone';
  name: Text;
  number?: string | null;
  kind?: string;
  walkable?: boolean;
}

export function findEntity(scene: Scene, id: string): Entity | null {
  const lists = [
    ['space', scene.spaces], ['opening', scene.openings], ['link', scene.links], ['window', scene.windows], ['device', scene.devices ?? []], ['poi', scene.pois], ['zone', scene.zones],
  ] as const;
  for (const [type, items] of lists) {
    const found = (items as readonly Omit<Entity, 'type'>[]).find((item) => item.id === id);
    if (found) return { ...found, type };
  }
  return null;
}

/** A file may bring kinds of its own: shown as it writes them. */
function kindWord(kind: string, t: Translate): string {
  const key = `map.choice.${kind}`;
  const word = t(key);
  return word === key ? kind.replaceAll('_', ' ') : word;
}

export function EntityCard({ scene, id, busy, onEdit, onZone }: { scene: Scene; id: string; busy: boolean; onEdit: (edit: Edit) => void; onZone: (zone: string) => void }) {
  const t = useT();
  const text = useText();
  const entity = findEntity(scene, id);
  const [zh, setZh] = useState(entity?.name.zh ?? '');
  const [en, setEn] = useState(entity?.name.en ?? '');
  const [number, setNumber] = useState(entity?.number ?? '');
  if (!entity) return null;
  const numbered = entity.type === 'space' || entity.type === 'window';
  const changed = zh !== (entity.name.zh ?? '') || en !== (entity.name.en ?? '') || (numbered && number !== (entity.number ?? ''));
  const rename = () => { onEdit({ op: 'rename', id, name: nameOf({ zh, en }), ...(numbered && number ? { number } : {}) }); };
  return (
    <section className="panel-pad map-entity">
      <span className="note">{t(`map.kind.${entity.type}`)} · <span className="mono">{keyOf(id)}</span></span>
      <h3>{text(entity.name) || keyOf(id)}</h3>
      <form className="map-names" onSubmit={(event) => { event.preventDefault(); if (changed) rename(); }}>
        <label className="field"><span className="label">{t('map.field.zh')}</span><input className="input" value={zh} maxLength={80} onChange={(event) => { setZh(event.target.value); }} /></label>
        <label className="field"><span className="label">{t('map.field.en')}</span><input className="input" value={en} maxLength={80} onChange={(event) => { setEn(event.target.value); }} /></label>
        {numbered && <label className="field"><span className="label">{t('map.field.number')}</span><input className="input" value={number} maxLength={20} onChange={(event) => { setNumber(event.target.value); }} /></label>}
        <Button type="submit" disabled={busy} missing={changed && (zh.trim() || en.trim()) ? undefined : t('map.nothingChanged')}>{t('map.rename')}</Button>
      </form>
      <div className="map-acts">
        {entity.type === 'space' && (
          <>
            <Button disabled={busy} icon={entity.walkable ? 'close' : 'walk'} onClick={() => { onEdit({ op: 'set_walkable', space: id, walkable: !entity.walkable }); }}>{t(entity.walkable ? 'map.fix.set_walkable' : 'map.makeWalkable')}</Button>
            <label className="field"><span className="label">{t('map.field.kind')}</span>
              <select className="input" value={entity.kind} disabled={busy} onChange={(event) => { onEdit({ op: 'set_kind', space: id, kind: event.target.value }); }}>
                {[...new Set([entity.kind ?? 'room', ...ROOM_KINDS])].map((kind) => <option key={kind} value={kind}>{kindWord(kind, t)}</option>)}
              </select>
            </label>
          </>
        )}
        {entity.type === 'zone' && <Button disabled={busy} icon="layers" onClick={() => { onZone(id); }}>{t('map.changeZone')}</Button>}
        {(entity.type === 'device' || entity.type === 'window' || entity.type === 'poi') && <p className="note">{t('map.dragNote')}</p>}
        {entity.type === 'device' ? <Button kind="danger" disabled={busy} icon="trash" onClick={() => { onEdit({ op: 'retire', id }); }}>{t('map.retire')}</Button>
          : <Button kind="danger" disabled={busy} icon="trash" onClick={() => { onEdit({ op: 'remove', id }); }}>{t('map.remove')}</Button>}
      </div>
    </section>
  );
}
