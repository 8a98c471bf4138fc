/** Nobody here for a minute: the kiosk forgets whoever was. It says so 15 s before. */
import { useEffect, useRef, useState } from 'react';
import { Dialog } from '@/shared/components/Dialog';
import { useT } from '@/shared/i18n';
import { Both } from './Both';
import { BigButton } from './parts';
import { secondsLeft } from './views';

const SIGNS = ['pointerdown', 'keydown', 'wheel', 'touchmove'] as const;

export function Idle({ quietly, came, onEnd }: {
  quietly: boolean;
  /** Who has just signed in: laying down a card touches no screen, and is a sign of somebody. */
  came: string | undefined;
  onEnd: () => void;
}) {
  const t = useT();
  const [left, setLeft] = useState<number | null>(null);
  const last = useRef(0);
  const ended = useRef(false);
  useEffect(() => {
    last.current = Date.now();
    const seen = () => { last.current = Date.now(); };
    for (const sign of SIGNS) addEventListener(sign, seen, { passive: true, capture: true });
    const timer = setInterval(() => { setLeft(secondsLeft(Date.now() - last.current)); }, 500);
    return () => {
      clearInterval(timer);
      for (const sign of SIGNS) removeEventListener(sign, seen, { capture: true });
    };
  }, []);
  useEffect(() => { last.current = Date.now(); }, [came]);
  useEffect(() => {
    if (left !== 0 || ended.current) return;
    ended.current = true;
    onEnd();
  }, [left, onEnd]);
  const stay = () => {
    last.current = Date.now();
    setLeft(null);
  };
  const warn = left !== null && left > 0 && !quietly;
  return (
    <Dialog open={warn} title={t('idle.title')} onClose={stay}>
      <p className="idle-count" role="timer"><Both word="idle.left" values={{ n: left ?? 0 }} /></p>
      <div className="idle-actions">
        <BigButton kind="primary" word="idle.stay" autoFocus onClick={stay} />
        <BigButton word="idle.end" onClick={onEnd} />
      </div>
    </Dialog>
  );
}
