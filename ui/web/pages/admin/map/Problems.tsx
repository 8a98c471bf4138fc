/** What the import report found: each problem with its place, and what mends it. */
import { Button } from '@/shared/components/Button';
import type { IconName } from '@/shared/components/icons';
import { useT, useText } from '@/shared/i18n';
import type { Scene } from '@/shared/api/types';
import { keyOf } from '@/shared/console/data';
import type { MapProblem } from './draft';
import { findEntity } from './EntityCard';

const SHOWN = 200;
const FIX_ICONS: Record<string, IconName> = { draw_opening: 'door', set_walkable: 'close', join_spaces: 'pair', add_link: 'stairs', rename: 'edit', move: 'pin', retire: 'trash', remove: 'trash', draw_space: 'plan' };

/** What it is about: its name and number. */
function useSubject(): (problem: MapProblem, scene: Scene) => string {
  const text = useText();
  return ({ entity }, scene) => {
    const found = entity === null ? null : findEntity(scene, entity);
    const name = text(found?.name);
    return [name, found?.number && found.number !== name ? found.number : ''].filter(Boolean).join(' ') || (entity === null ? '' : keyOf(entity));
  };
}

export function ProblemList({ scene, problems, chosen, onChoose }: { scene: Scene; problems: readonly MapProblem[]; chosen: string | null; onChoose: (problem: MapProblem) => void }) {
  const t = useT();
  const text = useText();
  const subject = useSubject();
  return (
    <section className="map-problems">
      <h3 className="panel-pad">{t('map.problems', { n: problems.length })}</h3>
      {problems.length === 0 && <p className="panel-pad note">{t('map.noProblems')}</p>}
      <ol>
        {problems.slice(0, SHOWN).map((problem, n) => (
          <li key={problem.id}>
            <button type="button" aria-current={problem.id === chosen ? 'true' : undefined} onClick={() => { onChoose(problem); }}>
              <i data-tone={problem.severity} aria-hidden="true">{n + 1}</i>
              <span><b>{subject(problem, scene)}</b><span className="map-problem-text">{text(problem.text)}</span></span>
              <small data-tone={problem.severity}>{t(`map.severity.${problem.severity}`)}</small>
            </button>
          </li>
        ))}
      </ol>
      {problems.length > SHOWN && <p className="panel-pad note">{t('map.moreProblems', { n: problems.length - SHOWN })}</p>}
    </section>
  );
}

export function ProblemCard({ scene, problem, number, onFix }: { scene: Scene; problem: MapProblem; number: number; onFix: (op: string) => void }) {
  const t = useT();
  const text = useText();
  const subject = useSubject();
  const mended = problem.fixes.filter((op) => ['draw_opening', 'set_walkable', 'join_spaces', 'add_link', 'draw_space'].includes(op));
  return (
    <section className="panel-pad map-problem" aria-live="polite">
      <span className="note">{t('map.problemN', { n: number })} · {t(`map.severity.${problem.severity}`)}</span>
      <h3>{subject(problem, scene)}</h3>
      <p>{text(problem.text)}</p>
      {mended.map((op, n) => <Button key={op} kind={n === 0 ? 'primary' : 'plain'} icon={FIX_ICONS[op] ?? 'edit'} onClick={() => { onFix(op); }}>{t(`map.fix.${op}`)}</Button>)}
      {mended.length < problem.fixes.length && <p className="note">{t('map.fixBelow')}</p>}
    </section>
  );
}
