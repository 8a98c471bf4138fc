import { useMemo, type RefObject } from 'react';
import { HallStage, type Badge, type CameraState, type HallHandle, type Hit, type Pin, type Tone } from '@/engine';
import { PlanView } from '@/engine/PlanView';
import type { Route } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { lookIcon, type IconName } from '@/shared/components/icons';
import type { MarkState } from '@/shared/components/marks';
import { useT, useText } from '@/shared/i18n';
import { useHallData } from '@/shared/console/data';
import type { OpsView } from './link';

const DENSE = new Set(['seat_sensor', 'parking_sensor']);
const TURN_DEG = 30;
const ZOOM = 1.4;

export function Stage({ view, floor, states, layers, pins, tints, route, theme, hall, focus, onPick, onReady, onCamera, onPlan }: {
  view: OpsView;
  floor: string | null;
  states: ReadonlyMap<string, MarkState>;
  layers: ReadonlySet<string>;
  pins: readonly Pin[];
  tints: ReadonlyMap<string, Tone>;
  route: Route | null;
  theme: string;
  hall: RefObject<HallHandle | null>;
  focus: string | null;
  onPick: (hit: Hit | null) => void;
  onReady: (hall: HallHandle | null) => void;
  onCamera: (camera: CameraState) => void;
  onPlan: () => void;
}) {
  const t = useT();
  const text = useText();
  const { scene, devices, kinds, floorById } = useHallData();
  const badges = useMemo<Badge[]>(() => devices.map((device) => {
    const look = kinds.get(device.kind)?.look;
    return { id: device.id, floor: device.floor, at: device.at, icon: lookIcon(look?.icon), layer: look?.layer ?? 'other', dense: DENSE.has(device.kind) };
  }), [devices, kinds]);
  const plan = floor === null ? undefined : floorById.get(floor);

  if (view === 'plan' && plan) {
    return <PlanView floor={plan} scene={scene} badges={badges} states={states} layers={layers} chosen={pins.find((pin) => pin.chosen)?.id ?? null} label={t('planLabel', { floor: `${plan.number} ${text(plan.name)}` })} onPick={onPick} />;
  }
  const tools: { icon: IconName; name: string; act: (made: HallHandle) => void }[] = [
    { icon: 'plus', name: 'in', act: (made) => { made.zoom(ZOOM); } },
    { icon: 'minus', name: 'out', act: (made) => { made.zoom(1 / ZOOM); } },
    { icon: 'rotate_left', name: 'left', act: (made) => { made.turn(-TURN_DEG); } },
    { icon: 'rotate_right', name: 'right', act: (made) => { made.turn(TURN_DEG); } },
    { icon: 'plan', name: 'top', act: (made) => { made.fromAbove(); } },
    { icon: 'home', name: 'home', act: (made) => { made.home(); } },
  ];
  return (
    <>
      <HallStage
        scene={scene} mode={view === 'plan' ? 'single' : view} floor={floor} badges={badges} states={states} layers={layers} pins={pins} tints={tints} route={route} theme={theme} focus={focus} label={t('stageLabel')}
        onPick={onPick} onReady={onReady} onCamera={onCamera} onUnavailable={onPlan}
      />
      <div className="map-tools" role="group" aria-label={t('tool.label')}>
        {tools.map((tool) => <Button key={tool.name} icon={tool.icon} aria-label={t(`tool.${tool.name}`)} title={t(`tool.${tool.name}`)} onClick={() => { if (hall.current) tool.act(hall.current); }} />)}
      </div>
    </>
  );
}
