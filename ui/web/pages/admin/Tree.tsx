/** The organisation: a tree opened branch by branch, moved in by keyboard or by dragging, and what stands in one unit. */
import { useCallback, useEffect, useRef, useState, type DragEvent, type KeyboardEvent } from 'react';
import { api } from '@/shared/api/client';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useMay } from '@/shared/console/session';
import { useT, useText } from '@/shared/i18n';
import { useTry } from './PeopleTry';
import { TreeAdd, TreeUnit } from './TreeUnit';
import type { Unit } from './TreeUnitPicker';

/** What a drag carries: the id of a unit. */
const DRAGGED = 'text/x-unit';

export function Tree() {
  const t = useT();
  const text = useText();
  const manage = useMay('organisation.manage');
  const [round, setRound] = useState(0);
  const { data: tops, error, again } = useAnswer<Unit[]>('/accounts/units');
  const [chosen, setChosen] = useState<Unit | null>(null);
  const [adding, setAdding] = useState(false);
  const { problem, attempt } = useTry();
  const tree = useRef<HTMLUListElement>(null);
  const renew = useCallback(() => { setRound((n) => n + 1); again(); }, [again]);
  const move = (id: string, parent: Unit | null) => {
    void attempt(() => api.post(`/accounts/units/${id}/move`, { parent: parent?.id ?? null }), () => { toast(t('tree.moved', { name: parent ? text(parent.name) : t('tree.top') }), 'ok'); renew(); });
  };
  const first = tops?.[0]?.id;
  return (
    <>
      <p className="note">{t('tree.lead')}</p>
      <ErrorNotice error={error ?? problem} onRetry={again} />
      <div className="org">
        <section className="card panel-pad">
          {manage && <div className="admin-tools"><Button icon="plus" onClick={() => { setAdding(true); }}>{t('tree.addTop')}</Button></div>}
          <ul role="tree" aria-label={t('section.tree')} ref={tree} onKeyDown={(event) => { walk(event, tree.current); }}>
            {(tops ?? []).map((unit) => <Branch key={unit.id} unit={unit} level={1} round={round} chosen={chosen?.id ?? first} onChoose={setChosen} onDropped={manage ? move : undefined} />)}
          </ul>
          {tops?.length === 0 && <p className="note">{t('tree.none')}</p>}
        </section>
        {chosen && <TreeUnit key={`${chosen.id}-${String(round)}`} id={chosen.id} onDone={renew} onGone={() => { setChosen(null); renew(); }} onMove={(parent) => { move(chosen.id, parent); }} />}
      </div>
      {adding && <TreeAdd parent={null} onClose={() => { setAdding(false); }} onDone={() => { setAdding(false); renew(); }} />}
    </>
  );
}

interface BranchProps {
  unit: Unit;
  level: number;
  /** Counts what was changed: an open branch asks again. */
  round: number;
  /** The one that Tab leads to. */
  chosen: string | undefined;
  onChoose: (unit: Unit) => void;
  onDropped: ((id: string, parent: Unit) => void) | undefined;
}

function Branch(props: BranchProps) {
  const { unit, level, round, chosen, onChoose, onDropped } = props;
  const text = useText();
  const t = useT();
  const [open, setOpen] = useState(level === 1);
  const [over, setOver] = useState(false);
  const opens = unit.children > 0;
  const { data, again } = useAnswer<Unit[]>(open && opens ? '/accounts/units' : null, { below: unit.id });
  useEffect(() => { if (round > 0) again(); }, [round, again]);
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    const id = event.dataTransfer.getData(DRAGGED);
    if (id && id !== unit.id) onDropped?.(id, unit);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    if (event.key === 'Enter' || event.key === ' ') onChoose(unit);
    else if (event.key === 'ArrowRight' && opens && !open) setOpen(true);
    else if (event.key === 'ArrowLeft' && open && opens) setOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <li role="none">
      <div
        role="treeitem" aria-level={level} aria-expanded={opens ? open : undefined} aria-selected={unit.id === chosen} tabIndex={unit.id === chosen ? 0 : -1} onKeyDown={pressed}
        className="org-row" data-over={over || undefined} draggable={onDropped !== undefined}
        onDragStart={(event) => { event.stopPropagation(); event.dataTransfer.setData(DRAGGED, unit.id); }}
        onDragOver={(event) => { if (onDropped && event.dataTransfer.types.includes(DRAGGED)) { event.preventDefault(); setOver(true); } }}
        onDragLeave={() => { setOver(false); }} onDrop={dropped}
        onClick={() => { onChoose(unit); }}
      >
        <span className="org-fold" aria-hidden="true" onClick={(event) => { if (opens) { event.stopPropagation(); setOpen(!open); } }}>{opens ? (open ? '▾' : '▸') : '·'}</span>
        <span className="org-name">{text(unit.name)}</span>
        <span className="note nb">{t('tree.people', { n: unit.people })}</span>
      </div>
      {open && opens && (
        <ul role="group">
          {(data ?? []).map((below) => <Branch key={below.id} {...props} unit={below} level={level + 1} />)}
        </ul>
      )}
    </li>
  );
}

/** Up, down, to the first and the last of what is in sight; left from a closed branch leads to the one above. */
function walk(event: KeyboardEvent, tree: HTMLElement | null) {
  const items = [...(tree?.querySelectorAll<HTMLElement>('[role="treeitem"]') ?? [])];
  const at = items.indexOf(event.target as HTMLElement);
  if (at < 0) return;
  const above = items[at]?.closest('[role="group"]')?.parentElement?.querySelector<HTMLElement>('[role="treeitem"]');
  const to = { ArrowDown: items[at + 1], ArrowUp: items[at - 1], Home: items[0], End: items.at(-1), ArrowLeft: above, ArrowRight: items[at + 1] }[event.key];
  if (!to) return;
  event.preventDefault();
  to.focus();
}
