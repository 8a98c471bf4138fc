/** The row of tools, and below the plan what the chosen one waits for: each step is said in words. */
import { useEffect } from 'react';
import type { Route, Scene } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { useHallData } from '@/shared/console/data';
import { useT, useText } from '@/shared/i18n';
import { TOOLS, given, lacking, type Field, type Pointed, type Tool, type ToolId, type Values } from './tools';

const FACING = [['0', 'east'], ['90', 'north'], ['180', 'west'], ['270', 'south']] as const;

export function ToolBar({ chosen, onChoose }: { chosen: ToolId; onChoose: (tool: ToolId) => void }) {
  const t = useT();
  return (
    <div className="map-tools" role="group" aria-label={t('map.tools')}>
      {TOOLS.map((tool) => (
        <button key={tool.id} type="button" aria-pressed={tool.id === chosen} onClick={() => { onChoose(tool.id); }}>
          <Icon name={tool.icon} size={18} />{t(`map.tool.${tool.id}`)}
        </button>
      ))}
    </div>
  );
}

export function ToolForm({ tool, pointed, values, scene, busy, route, error, onValues, onAgain, onFinish }: {
  tool: Tool;
  pointed: Pointed;
  values: Values;
  scene: Scene;
  busy: boolean;
  route: Route | null;
  error: unknown;
  onValues: (values: Values) => void;
  onAgain: () => void;
  onFinish: () => void;
}) {
  const t = useT();
  const text = useText();
  const done = given(tool, pointed);
  const field = lacking(tool, values);
  const waiting = done < tool.needs ? t(`map.help.${tool.id}`) : field ? t('map.fillIn', { field: t(`map.field.${field.name}`) }) : undefined;
  const ready = tool.takes !== 'nothing' && !waiting;
  useEffect(() => {
    if (!ready) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || event.isComposing || (event.target as Element).closest('button, a, select, textarea, .map-canvas svg')) return;
      event.preventDefault();
      onFinish();
    };
    addEventListener('keydown', pressed);
    return () => { removeEventListener('keydown', pressed); };
  }, [ready, onFinish]);
  return (
    <div className="map-form card">
      <ErrorNotice error={error} />
      <div className="map-form-row">
        <p role="status"><b>{t(`map.tool.${tool.id}`)}</b> {waiting ?? (route ? t('map.routeFound', { m: Math.round(route.distance_m), min: Math.max(1, Math.round(route.duration_s / 60)) }) : t(`map.ready.${tool.id === 'select' ? 'select' : 'any'}`))}{done > 0 && tool.needs > 1 ? ` (${String(done)})` : ''}</p>
        {tool.fields.map((item) => <FieldInput key={`${tool.id}-${item.name}`} field={item} value={values[item.name] ?? ''} scene={scene} onChange={(value) => { onValues({ ...values, [item.name]: value }); }} />)}
        {tool.takes !== 'nothing' && (
          <>
            {done > 0 && <Button onClick={onAgain}>{t('map.again')}</Button>}
            <Button kind="primary" disabled={busy} missing={waiting} onClick={onFinish}>{t(tool.id === 'route' ? 'map.tryRoute' : 'map.placeHere')} <kbd className="kbd" aria-hidden="true">Enter</kbd></Button>
          </>
        )}
      </div>
      {route && <ol className="map-route-steps">{route.steps.map((step, n) => <li key={n}>{text(step.text)}</li>)}</ol>}
    </div>
  );
}

function FieldInput({ field, value, scene, onChange }: { field: Field; value: string; scene: Scene; onChange: (value: string) => void }) {
  const t = useT();
  const text = useText();
  const { kinds } = useHallData();
  const label = t(`map.field.${field.name}`);
  if (field.type !== 'choice') {
    return (
      <label className="field map-field" data-type={field.type}><span className="label">{label}</span>
        <input className="input" type={field.type === 'number' ? 'number' : 'text'} {...(field.type === 'number' && { min: 0, step: 0.1 })} value={value} maxLength={80} onChange={(event) => { onChange(event.target.value); }} />
      </label>
    );
  }
  const choices: (readonly [string, string])[] = field.choicesOf === 'kinds' ? [...kinds.values()].map((kind) => [kind.kind, text(kind.label)] as const)
    : field.choicesOf === 'departments' ? scene.departments.map((item) => [item.id, text(item.name)] as const)
    : field.choicesOf === 'facing' ? FACING.map(([deg, word]) => [deg, t(`map.facing.${word}`)] as const)
    : (field.choices ?? []).map((choice) => [choice, t(`map.choice.${choice}`)] as const);
  return (
    <label className="field map-field"><span className="label">{label}</span>
      <select className="input" value={value} onChange={(event) => { onChange(event.target.value); }}>
        {(field.optional || !value) && <option value="">—</option>}
        {choices.map(([id, word]) => <option key={id} value={id}>{word}</option>)}
      </select>
    </label>
  );
}
