import { useMemo } from 'react';
import { Choice } from '@/shared/aria/Choice';
import { Button } from '@/shared/components/Button';
import { FloorStrip } from '@/shared/components/FloorStrip';
import { Icon } from '@/shared/components/Icon';
import { lookIcon } from '@/shared/components/icons';
import { URGENCY, type MarkState } from '@/shared/components/marks';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT, useText } from '@/shared/i18n';
import { useHallData } from '@/shared/console/data';
import { worst } from '@/shared/console/states';
import type { OpsView } from './link';

const LAYER_ICONS: Record<string, string> = {
  video: 'camera', access: 'door', pa: 'speaker', screens: 'screen', power: 'bolt', environment: 'thermometer', network: 'network', people: 'people', queue: 'terminal', kiosks: 'kiosk', parking: 'parking',
  transport: 'lift',
};
const MAX_MARKS = 2;

export function Sidebar({ view, floor, layers, states, asList, routing, onView, onFloor, onLayers, onList, onRoute }: {
  view: OpsView;
  floor: string | null;
  layers: ReadonlySet<string>;
  states: ReadonlyMap<string, MarkState>;
  asList: boolean;
  routing: boolean;
  onView: (view: OpsView) => void;
  onFloor: (id: string) => void;
  onLayers: (layers: ReadonlySet<string>) => void;
  onList: (on: boolean) => void;
  onRoute: () => void;
}) {
  const t = useT();
  const text = useText();
  const { floors, devices, kinds } = useHallData();

  const floorMarks = useMemo(() => {
    const marks = new Map<string, Set<MarkState>>();
    for (const device of devices) {
      const state = states.get(device.id);
      if (state !== undefined) marks.set(device.floor, (marks.get(device.floor) ?? new Set()).add(state));
    }
    return marks;
  }, [devices, states]);
  const layerRows = useMemo(() => {
    const rows = new Map<string, { n: number; offline: number; states: MarkState[] }>();
    for (const device of devices) {
      const layer = kinds.get(device.kind)?.look.layer ?? 'other';
      const row = rows.get(layer) ?? { n: 0, offline: 0, states: [] };
      rows.set(layer, row);
      const state = states.get(device.id);
      row.n++;
      if (state === 'offline') row.offline++;
      else if (state !== undefined) row.states.push(state);
    }
    return [...rows].sort(([a], [b]) => Object.keys(LAYER_ICONS).indexOf(a) - Object.keys(LAYER_ICONS).indexOf(b));
  }, [devices, kinds, states]);
  const views = (['stacked', 'exploded', 'single', 'plan'] as const).map((id) => ({ id, title: t(`view.${id}`) }));

  return (
    <nav className="ops-nav" aria-label={t('layers')}>
      <h2>{t('floors')}</h2>
      <FloorStrip
        label={t('floors')} chosen={view === 'single' || view === 'plan' ? floor : null} onChoose={onFloor}
        floors={floors.map((item) => ({
          id: item.id, number: item.number, note: text(item.name) === item.number ? null : text(item.name),
          marks: URGENCY.filter((state) => floorMarks.get(item.id)?.has(state)).slice(0, MAX_MARKS).map((state) => <StatusMark key={state} state={state} size={18} label={markWord(state, t)} />),
        }))}
      />
      <h2>{t('view.label')}</h2>
      <Choice label={t('view.label')} options={views} chosen={view} onChoose={onView} />
      {layerRows.length > 0 && (
        <>
          <h2>{t('layers')}</h2>
          <ul className="layers">
            {layerRows.map(([layer, row]) => {
              const mark = worst(row.states);
              return (
                <li key={layer}>
                  <label className="row">
                    <input
                      type="checkbox" checked={layers.has(layer)}
                      onChange={(event) => {
                        const next = new Set(layers);
                        if (event.target.checked) next.add(layer);
                        else next.delete(layer);
                        onLayers(next);
                      }}
                    />
                    <Icon name={lookIcon(LAYER_ICONS[layer])} />
                    <span className="layer-name">{t(`layer.${layer}`, { defaultValue: layer })} <span className="note">{row.n}</span></span>
                    {row.offline > 0 && <span className="row nb note">{row.offline}<StatusMark state="offline" size={18} label={t('mark.offline')} /></span>}
                    {mark !== null && <StatusMark state={mark} size={18} label={markWord(mark, t)} />}
                  </label>
                </li>
              );
            })}
          </ul>
        </>
      )}
      <div className="nav-actions">
        <Button icon="route" aria-pressed={routing} onClick={onRoute}>{t('route')}</Button>
        <Button icon={asList ? 'cube' : 'list'} aria-pressed={asList} onClick={() => { onList(!asList); }}>{asList ? t('asModel') : t('asList')}</Button>
      </div>
    </nav>
  );
}

export function markWord(state: MarkState, t: (key: string) => string): string {
  return t(typeof state === 'number' ? `priority.${String(state)}` : `mark.${state}`);
}
