/** Armed commands of one device: what each will do, where, who armed it and for how long; fired or put away here, by anybody who may. */
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { api } from '@/shared/api/client';
import type { Command, KindCommand } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT, useText } from '@/shared/i18n';
import { useCommands, useLiveStore, useNow } from '@/shared/live/hooks';
import { useNames } from './names';
import { useHindrance } from './session';

export function ArmedCommands({ device, commands }: { device: string; commands: readonly KindCommand[] }) {
  const armed = useCommands().filter((command) => command.device === device && command.state === 'armed');
  const store = useLiveStore();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const step = async (command: Command, what: 'fire' | 'disarm') => {
    setBusy(true);
    setError(null);
    try {
      store.noteAnswer(await api.post<Command>(`/commands/${encodeURIComponent(command.id)}/${what}`));
    } catch (reasonWhy) {
      setError(reasonWhy);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {armed.map((command) => (
        <Armed key={command.id} command={command} declared={commands.find((kind) => kind.name === command.name)} busy={busy} onStep={(what) => { void step(command, what); }} />
      ))}
      <ErrorNotice error={error} />
    </>
  );
}

interface ArmedProps { command: Command; declared: KindCommand | undefined; busy: boolean; onStep: (what: 'fire' | 'disarm') => void }

/** It takes the focus, so that what it does is read before the button is reached; Escape puts it away. */
function Armed({ command, declared, busy, onStep }: ArmedProps) {
  const t = useT();
  const text = useText();
  const nameOf = useNames();
  const now = useNow(250);
  const effectId = useId();
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => { card.current?.focus(); }, []);
  const left = Math.max(0, Math.ceil((command.expires_ms - now) / 1_000));
  const missing = useHindrance('device.command', 'command.noRight');
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || missing) return;
    event.stopPropagation();
    onStep('disarm');
  };
  return (
    <div className="armed" role="group" tabIndex={-1} ref={card} aria-labelledby={effectId} onKeyDown={onKeyDown}>
      <p id={effectId} className="armed-effect">{text(command.effect ?? declared?.label)}</p>
      <p className="note">{t('command.armedBy', { who: nameOf(command.armed_by), reason: command.reason })}</p>
      <p role="timer" className="note">{t('command.armed', { n: left })}</p>
      <div className="armed-steps">
        <Button kind="danger-fill" size="large" missing={missing} disabled={busy || left === 0} onClick={() => { onStep('fire'); }}>
          {t('command.step2', { name: text(declared?.label) || command.name })}
        </Button>
        <Button size="large" missing={missing} disabled={busy} onClick={() => { onStep('disarm'); }}>{t('command.disarm')}</Button>
      </div>
    </div>
  );
}
