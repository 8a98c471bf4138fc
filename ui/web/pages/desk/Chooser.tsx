/** All windows and what they are doing; a number typed and Enter is enough. */
import { useEffect, useRef, useState } from 'react';
import { api } from '@/shared/api/client';
import type { DeskWindow } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { SearchField } from '@/shared/components/SearchField';
import { StatusMark } from '@/shared/components/StatusMark';
import { useActor } from '@/shared/console/session';
import { useT, useText } from '@/shared/i18n';
import { findWindows } from './findWindows';
import { Person } from './Person';

const AGAIN_MS = 5_000;

export function Chooser({ names, onChoose }: { names: Readonly<Record<string, string>>; onChoose: (number: string) => void }) {
  const t = useT();
  const [windows, setWindows] = useState<readonly DeskWindow[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [word, setWord] = useState('');
  useEffect(() => {
    const read = () => {
      api.get<DeskWindow[]>('/queue/windows').then(
        (told) => {
          setWindows(told);
          setError(null);
        },
        (reason: unknown) => { setError(reason); },
      );
    };
    read();
    const timer = setInterval(read, AGAIN_MS);
    return () => { clearInterval(timer); };
  }, []);
  // The first thing done here is to type a number.
  const page = useRef<HTMLElement>(null);
  useEffect(() => { page.current?.querySelector('input')?.focus(); }, []);
  const found = findWindows(windows ?? [], word);
  const floors = [...new Set(found.map((window) => window.floor))];
  return (
    <main className="desk-choose" ref={page}>
      <header>
        <div><h1>{t('choose.title')}</h1><p>{t('choose.how')}</p></div>
        <Person />
      </header>
      <SearchField
        value={word} onChange={setWord} label={t('choose.find')} placeholder={t('choose.find')} hotkey="/"
        onSubmit={() => { if (found[0] && word.trim()) onChoose(found[0].number); }}
      />
      <ErrorNotice error={error} />
      {windows && found.length === 0 && <p>{t('choose.none')}</p>}
      {floors.map((floor) => (
        <section key={floor} aria-label={floor}>
          <h2>{floor}</h2>
          <ul>
            {found.filter((window) => window.floor === floor).map((window) => (
              <li key={window.number}><Choice window={window} names={names} onChoose={onChoose} /></li>
            ))}
          </ul>
        </section>
      ))}
    </main>
  );
}

function Choice({ window, names, onChoose }: { window: DeskWindow; names: Readonly<Record<string, string>>; onChoose: (number: string) => void }) {
  const t = useT();
  const text = useText();
  const actor = useActor();
  const mine = window.staffed_by === actor.id;
  const who = mine ? t('choose.mine') : window.staffed_by === null ? '' : (names[window.staffed_by] ?? '');
  return (
    <button type="button" className="desk-choice" data-state={window.state} data-mine={mine ? '' : undefined} onClick={() => { onChoose(window.number); }}>
      <b>{window.number}</b>
      <span>{text(window.department_name)}</span>
      <small>
        {t(`state.${window.state}`)}{who && ` · ${who}`}
        {!window.online && <span className="desk-choice-off"><StatusMark state="offline" size={16} /> {t('state.offline')}</span>}
      </small>
    </button>
  );
}
