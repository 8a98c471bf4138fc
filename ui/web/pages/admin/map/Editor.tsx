/** The map editor: the file's report on the left, the plan with its tools in the middle, what is chosen on the right. */
import { useMemo, useState } from 'react';
import type { Route, Scene, XY } from '@/shared/api/types';
import { api } from '@/shared/api/client';
import { Choice } from '@/shared/aria/Choice';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { keyOf } from '@/shared/console/data';
import { useNames } from '@/shared/console/names';
import { useT, useText } from '@/shared/i18n';
import { DiffList, differences } from './DiffList';
import { draftPath, useDraft, useDraftView, type Draft, type MapProblem, type Report } from './draft';
import { EntityCard } from './EntityCard';
import { doorAt, withWidth } from './geometry';
import { PlanCanvas, pointsOf, type Mark } from './PlanCanvas';
import { ProblemCard, ProblemList } from './Problems';
import { Publish } from './Publish';
import { Progress } from './Start';
import { ToolBar, ToolForm } from './ToolForm';
import { EMPTY, TOOLS, firstValues, given, lacking, type Edit, type Pointed, type ToolId, type Values } from './tools';

const LEFT_SHOWN = 100;

export function Editor({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useT();
  const text = useText();
  const work = useDraft(id);
  const view = useDraftView(work.draft);
  const { draft } = work;
  if (!draft) return <><ErrorNotice error={work.error} /><p className="note">{t('loading')}</p></>;
  if (draft.state === 'failed') {
    return (
      <section className="card panel-pad">
        <h3>{draft.file}</h3>
        <div className="notice" role="alert"><div><strong>{text(draft.error?.what)}</strong><p>{text(draft.error?.todo)}</p></div></div>
        <div className="row"><Button icon="back" onClick={onClose}>{t('map.otherFile')}</Button></div>
      </section>
    );
  }
  if (draft.state === 'reading') return <section className="card panel-pad"><h3>{draft.file}</h3><Progress share={draft.progress} label={text(draft.stage) || t('map.reading')} /></section>;
  if (!view.scene || !view.report) return <><ErrorNotice error={view.error} /><p className="note" aria-busy="true">{t('loading')}</p></>;
  return <Desk draft={draft} work={work} scene={view.scene} report={view.report} view={view} onClose={onClose} />;
}

function Desk({ draft, work, scene, report, view, onClose }: { draft: Draft; work: ReturnType<typeof useDraft>; scene: Scene; report: Report; view: ReturnType<typeof useDraftView>; onClose: () => void }) {
  const t = useT();
  const text = useText();
  const floors = useMemo(() => [...scene.floors].sort((a, b) => a.elevation_m - b.elevation_m), [scene]);
  const ground = floors.find((item) => item.ordinal === 0) ?? floors[0];
  const [floor, setFloor] = useState(ground?.id ?? '');
  const [toolId, setToolId] = useState<ToolId>('select');
  const tool = TOOLS.find((item) => item.id === toolId) ?? TOOLS[0];
  const [pointed, setPointed] = useState<Pointed>(EMPTY(floor));
  const [values, setValues] = useState<Values>({});
  const [chosen, setChosen] = useState<string | null>(null);
  const [problemId, setProblemId] = useState<string | null>(null);
  const [hover, setHover] = useState<XY | null>(null);
  const [route, setRoute] = useState<{ found: Route | null; error: unknown }>({ found: null, error: null });
  const [overlaid, setOverlaid] = useState(true);
  const problem = report.problems.find((item) => item.id === problemId) ?? null;
  const must = report.problems.filter((item) => item.severity === 'must').length;
  const fresh = useMemo(() => new Set(overlaid && view.diff ? [...view.diff.added, ...view.diff.moved, ...view.diff.changed].map((item) => item.id) : []), [view.diff, overlaid]);
  if (!tool) return null;
  const shownFloor = floors.some((item) => item.id === floor) ? floor : (ground?.id ?? '');

  const take = (next: ToolId, ready: Partial<Pointed> = {}) => {
    const chosenTool = TOOLS.find((item) => item.id === next);
    setToolId(next);
    setPointed({ ...EMPTY(ready.floor ?? shownFloor), ...ready });
    setValues(chosenTool ? firstValues(chosenTool) : {});
    setRoute({ found: null, error: null });
    work.clearError();
  };
  const goTo = (nextFloor: string | null, entity: string | null) => {
    if (nextFloor && floors.some((item) => item.id === nextFloor)) setFloor(nextFloor);
    setChosen(entity);
  };
  const send = async (edit: Edit) => {
    if (await work.send(edit)) take('select');
  };
  const finish = async () => {
    if (given(tool, pointed) < tool.needs || lacking(tool, values)) return;
    if (tool.id === 'route') {
      const [from, to] = pointed.points.map((point) => `${floors.find((item) => item.id === point.floor)?.number ?? ''}@${point.at.map((value) => value.toFixed(2)).join(',')}`);
      try {
        setRoute({ found: await api.get<Route>(`${draftPath(draft.id)}/route`, { from, to, profile: values.profile }), error: null });
      } catch (error) {
        setRoute({ found: null, error });
      }
    } else if (tool.edit) await send(tool.edit(pointed, values));
  };
  const point = (at: XY, entity: string | null) => {
    if (tool.takes === 'nothing') {
      setChosen(entity);
      setProblemId(report.problems.find((item) => item.entity === entity && entity !== null)?.id ?? null);
    } else if (tool.takes === 'wall') setPointed({ ...EMPTY(shownFloor), line: doorAt(scene, shownFloor, at, Number(values.width) || 1) });
    else if (tool.takes === 'spaces') {
      const space = entity?.includes(':space:') ? entity : null;
      if (!space) return;
      const without = pointed.spaces.filter((item) => item !== space);
      const most = tool.id === 'zone' ? Infinity : tool.needs;
      setPointed({ ...pointed, floor: shownFloor, spaces: without.length < pointed.spaces.length ? without : [...pointed.spaces, space].slice(-most) });
    } else {
      const most = tool.takes === 'point' ? 1 : tool.id === 'room' ? Infinity : tool.id === 'route' ? 2 : 8;
      setPointed({ ...pointed, floor: shownFloor, points: [...pointed.points, { floor: shownFloor, at: [Math.round(at[0] * 100) / 100, Math.round(at[1] * 100) / 100] as XY }].slice(-most) });
    }
  };
  const fix = (found: MapProblem, op: string) => {
    goTo(found.floor, found.entity);
    const space = found.entity?.includes(':space:') ? found.entity : null;
    const tools: Record<string, ToolId> = { draw_opening: 'door', set_walkable: 'walkable', join_spaces: 'join', add_link: 'link', draw_space: 'room' };
    const ready = tools[op];
    if (op === 'set_walkable' && space) void send({ op, space, walkable: false });
    else if (ready) take(ready, { floor: found.floor ?? shownFloor, ...(op === 'join_spaces' && space ? { spaces: [space] } : {}) });
  };
  const changeZone = (id: string) => {
    const zone = scene.zones.find((item) => item.id === id);
    if (!zone) return;
    take('zone', { spaces: zone.spaces, zone: id });
    setValues({ zh: zone.name.zh ?? '', en: zone.name.en ?? '', kind: zone.kind, capacity: '' });
  };
  const marks: Mark[] = report.problems.map((item, n) => ({ item, n })).filter(({ item }) => item.floor === shownFloor && item.at !== null)
    .map(({ item, n }) => ({ id: item.id, at: item.at as XY, text: String(n + 1), tone: item.severity, chosen: item.id === problemId }));
  const door = tool.takes === 'wall' ? (pointed.line ?? (hover && doorAt(scene, shownFloor, hover, Number(values.width) || 1))) : null;
  const drawnDoor = door && (pointed.line ? withWidth(door, Number(values.width) || 1) : door);
  const way = route.found?.geometry ?? [];
  const level = floors.find((item) => item.id === shownFloor);
  const wayHere = level ? way.filter(([, , z]) => z >= level.elevation_m - 0.5 && z < level.elevation_m + Math.max(level.height_m, 2)).map(([x, y]): XY => [x, y]) : [];
  const zone = scene.zones.find((item) => item.id === chosen);
  const tinted = new Set([...(pointed.zone === null ? (zone?.spaces ?? []) : []), ...pointed.spaces, ...(problem?.entity ? [problem.entity] : [])]);
  return (
    <div className="map-editor" onKeyDown={(event) => { if (event.key === 'Escape' && toolId !== 'select') take('select'); }}>
      <section className="map-bar">
        <Steps must={must} />
        <span className="nb">{t('map.draft')} <b>{draft.file || t('map.ofCurrent')}</b> · {t('map.saved')}</span>
        <span className="map-gap" />
        <span className="row nb" role="status">{must > 0 ? <b className="map-must">{t('map.mustN', { n: must })}</b> : <span>{t('map.noMust')}</span>}</span>
        <Button onClick={onClose}>{t('map.leave')}</Button>
        <Publish draft={draft} report={report} diff={view.diff} must={must} onPublished={onClose} />
      </section>
      <aside className="map-left" aria-label={t('map.report')}>
        {draft.stale && (
          <div className="notice panel-pad"><p>{t('map.stale')}</p><Button disabled={work.busy} onClick={() => { void work.rebase(); }}>{t('map.rebase')}</Button></div>
        )}
        <Counts draft={draft} report={report} />
        <ProblemList scene={scene} problems={report.problems} chosen={problemId} onChoose={(item) => { setProblemId(item.id); goTo(item.floor, item.entity); }} />
        {draft.left.length > 0 && <details className="panel-pad"><summary>{t('map.left', { n: draft.left.length, kept: draft.kept })}</summary><ul className="map-warnings">{draft.left.slice(0, LEFT_SHOWN).map((item) => <li key={item.id}><b>{text(item.name) || keyOf(item.id)}</b> {text(item.reason)}</li>)}</ul>{draft.left.length > LEFT_SHOWN && <p className="note">{t('map.moreDifferences', { n: draft.left.length - LEFT_SHOWN })}</p>}</details>}
        {report.warnings.length > 0 && <details className="panel-pad"><summary>{t('map.warnings', { n: report.warnings.length })}</summary><ul className="map-warnings">{report.warnings.map((warning) => <li key={warning}>{warning}</li>)}</ul></details>}
        <p className="map-done">{t('map.editsN', { n: draft.edits.length })}</p>
      </aside>
      <main className="map-middle" aria-label={t('map.plan')}>
        <div className="map-head">
          <Choice label={t('map.floor')} options={floors.map((item) => ({ id: item.id, title: item.number }))} chosen={shownFloor} onChoose={setFloor} />
          <span className="map-gap" />
          <Button icon="rotate_left" disabled={work.busy} missing={draft.edits.length > 0 ? undefined : t('map.nothingToUndo')} onClick={() => { void work.undo(); }}>{t('map.undo')}</Button>
          <Button icon="rotate_right" disabled={work.busy} missing={draft.undone > 0 ? undefined : t('map.nothingToRedo')} onClick={() => { void work.redo(); }}>{t('map.redo')}</Button>
        </div>
        <ToolBar chosen={toolId} onChoose={(next) => { take(next); }} />
        <PlanCanvas
          scene={scene} floor={shownFloor} chosen={chosen} tinted={tinted} fresh={fresh} marks={marks} hint={t(`map.tool.${toolId}`)} label={t('map.planOf', { floor: level?.number ?? '' })} moves={toolId === 'select'}
          onPoint={point} onHover={setHover} onMark={(mark) => { setProblemId(mark); setChosen(report.problems.find((item) => item.id === mark)?.entity ?? null); }} onMove={(entity, at) => { void send({ op: 'move', id: entity, at, floor: shownFloor }); }}
        >
          {(perPx) => (
            <>
              {drawnDoor && <line className="map-pending" data-placed={pointed.line ? '' : undefined} x1={drawnDoor[0][0]} y1={-drawnDoor[0][1]} x2={drawnDoor[1][0]} y2={-drawnDoor[1][1]} />}
              {tool.id === 'room' && pointed.points.length > 1 && <polygon className="map-pending" points={pointsOf(pointed.points.map(({ at }) => at))} />}
              {pointed.points.filter((item) => item.floor === shownFloor).map(({ at }, n) => <circle key={n} className="map-pending" data-placed="" cx={at[0]} cy={-at[1]} r={6 * perPx} />)}
              {wayHere.length > 1 && <polyline className="map-way" points={pointsOf(wayHere)} />}
            </>
          )}
        </PlanCanvas>
        <ToolForm
          tool={tool} pointed={pointed} values={values} scene={scene} busy={work.busy} route={route.found} error={work.error ?? route.error ?? view.error}
          onValues={(next) => { setValues(next); if (pointed.line) setPointed({ ...pointed, line: withWidth(pointed.line, Number(next.width) || 1) }); }}
          onAgain={() => { setPointed(EMPTY(shownFloor)); setRoute({ found: null, error: null }); }} onFinish={() => { void finish(); }}
        />
      </main>
      <aside className="map-right">
        {problem ? <ProblemCard scene={scene} problem={problem} number={report.problems.indexOf(problem) + 1} onFix={(op) => { fix(problem, op); }} /> : null}
        {chosen && <EntityCard key={`${chosen}-${String(draft.revision)}`} scene={scene} id={chosen} busy={work.busy} onEdit={(edit) => { void send(edit); }} onZone={changeZone} />}
        <Zones scene={scene} floor={shownFloor} chosen={chosen} onChoose={setChosen} />
        <section className="panel-pad">
          <h3>{t('map.compared')} <span className="note">{view.diff ? t('map.differencesN', { n: differences(view.diff) }) : ''}</span></h3>
          {view.diff && <DiffList diff={view.diff} onShow={(item) => { goTo(item.floor, item.id); }} />}
          <label className="row"><input type="checkbox" checked={overlaid} onChange={(event) => { setOverlaid(event.target.checked); }} />{t('map.overlay')}</label>
        </section>
        <section className="panel-pad">
          <h3>{t('map.edits')}</h3>
          <Edits draft={draft} />
        </section>
      </aside>
    </div>
  );
}

function Steps({ must }: { must: number }) {
  const t = useT();
  const at = must > 0 ? 1 : 2;
  return (
    <ol className="map-steps">
      {(['import', 'correct', 'publish'] as const).map((step, n) => (
        <li key={step} aria-current={n === at ? 'step' : undefined} data-done={n < at ? '' : undefined}><i aria-hidden="true">{n < at ? '✓' : n + 1}</i>{t(`map.step.${step}`)}</li>
      ))}
    </ol>
  );
}

function Counts({ draft, report }: { draft: Draft; report: Report }) {
  const t = useT();
  const facts = [['spaces', draft.counts?.spaces], ['walkable', report.walkable], ['reached', report.reached], ['openings', draft.counts?.openings]] as const;
  return (
    <section className="panel-pad">
      <h3>{t('map.report')} <span className="note">{draft.format ?? ''}</span></h3>
      <dl className="map-counts">
        {facts.map(([name, value]) => <div key={name} data-low={name === 'reached' && report.reached < report.walkable ? '' : undefined}><dd>{value ?? 0}</dd><dt>{t(`map.count.${name}`)}</dt></div>)}
      </dl>
    </section>
  );
}

/** Zones have no place of their own to point at: they are chosen by name, and their rooms light up. */
function Zones({ scene, floor, chosen, onChoose }: { scene: Scene; floor: string; chosen: string | null; onChoose: (zone: string) => void }) {
  const t = useT();
  const text = useText();
  const here = new Set(scene.spaces.filter((space) => space.floor === floor).map((space) => space.id));
  const zones = scene.zones.filter((zone) => zone.spaces.some((space) => here.has(space)));
  if (zones.length === 0) return null;
  return (
    <details className="panel-pad" open={zones.some((zone) => zone.id === chosen)}>
      <summary>{t('map.zonesN', { n: zones.length })}</summary>
      <div className="chips">{zones.map((zone) => <Button key={zone.id} aria-pressed={zone.id === chosen} onClick={() => { onChoose(zone.id); }}>{text(zone.name) || keyOf(zone.id)}</Button>)}</div>
    </details>
  );
}

function Edits({ draft }: { draft: Draft }) {
  const t = useT();
  const text = useText();
  const nameOf = useNames();
  if (draft.edits.length === 0) return <p className="note">{t('map.noEdits')}</p>;
  return <ol className="map-edits" reversed>{[...draft.edits].reverse().map((edit) => <li key={edit.n}>{text(edit.text)} <span className="note">{nameOf(edit.by)}</span></li>)}</ol>;
}
