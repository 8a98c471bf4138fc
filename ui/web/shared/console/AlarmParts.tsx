/** Pieces of alarms that both consoles show: age in words, acknowledging with a note, consequence and response. */
import { useId, useState } from 'react';
import { api } from '@/shared/api/client';
import type { Alarm } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { toast } from '@/shared/components/Toast';
import { useT, useText, type Translate } from '@/shared/i18n';
import { useLiveStore, useNow } from '@/shared/live/hooks';
import { useHallData } from './data';
import { useActor, useHindrance } from './session';

export function isUnacknowledged(alarm: Alarm): boolean {
  return alarm.state === 'active' || alarm.state === 'cleared-unacked';
}

export function durationWords(ms: number, t: Translate): string {
  const steps = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1_000, 's']] as const;
  const [unit, key] = steps.find(([size]) => ms >= size) ?? [1_000, 's'];
  return t(`duration.${key}`, { n: Math.max(0, Math.floor(ms / unit)) });
}

/** For how long it has been so, in the hall's own time. */
export function Since({ ms }: { ms: number }) {
  const t = useT();
  return <span className="nb">{t('alarm.since', { age: durationWords(useNow() - ms, t) })}</span>;
}

/** `UPS-2 · 由电池供电`, and where it stands. */
export function useAlarmWords(): (alarm: Alarm) => { title: string; place: string } {
  const text = useText();
  const { floorById, spaceById } = useHallData();
  return (alarm) => {
    const floor = alarm.floor ? floorById.get(alarm.floor)?.number : undefined;
    const space = alarm.space ? text(spaceById.get(alarm.space)?.name) : '';
    return { title: `${text(alarm.source_name) || alarm.source} ${text(alarm.label)}`, place: [floor, space].filter(Boolean).join(' ') };
  };
}

/** Acknowledge with one's name and, if there is something to say, a note. */
export function Acknowledge({ alarm, size, hotkey }: { alarm: Alarm; size?: 'large'; hotkey?: string }) {
  const t = useT();
  const missing = useHindrance('alarm.acknowledge', 'alarm.noRight');
  const actor = useActor();
  const store = useLiveStore();
  const words = useAlarmWords();
  const noteId = useId();
  const [open, setOpen] = useState(false);
  const [note, setNote] = useState('');
  const [error, setError] = useState<unknown>(null);
  if (!isUnacknowledged(alarm)) return null;
  const send = async () => {
    setError(null);
    try {
      store.noteAlarm(await api.post<Alarm>(`/alarms/${encodeURIComponent(alarm.id)}/acknowledge`, { note: note.trim() }));
      setOpen(false);
      setNote('');
      toast(t('alarm.done', { name: actor.name }), 'ok');
    } catch (reason) {
      setError(reason);
    }
  };
  return (
    <>
      <Button kind="primary" {...(size && { size })} icon="check" missing={missing} aria-keyshortcuts={hotkey} data-hotkey={hotkey} onClick={() => { setOpen(true); }}>
        {t('alarm.ack')}
        {hotkey && <kbd className="kbd" aria-hidden="true">{hotkey}</kbd>}
      </Button>
      <Dialog
        open={open} title={t('alarm.ack')} onClose={() => { setOpen(false); }}
        actions={
          <>
            <Button onClick={() => { setOpen(false); }}>{t('cancel')}</Button>
            <Button kind="primary" onClick={() => { void send(); }}>{t('alarm.ack')} · {actor.name}</Button>
          </>
        }
      >
        <p>{words(alarm).title} · {words(alarm).place}</p>
        <div className="field">
          <label htmlFor={noteId}>{t('alarm.note')}</label>
          <input
            id={noteId} className="input" value={note} maxLength={300} placeholder={t('alarm.noteHint')} autoFocus
            onChange={(event) => { setNote(event.target.value); }}
            onKeyDown={(event) => { if (event.key === 'Enter' && !event.nativeEvent.isComposing) void send(); }}
          />
        </div>
        <ErrorNotice error={error} />
      </Dialog>
    </>
  );
}

/** What happens if nobody acts, and what to do: the steps are the sentences of the response. */
export function ConsequenceAndResponse({ alarm }: { alarm: Alarm }) {
  const t = useT();
  const text = useText();
  const steps = text(alarm.response).split(/[；;]\s*|。\s*(?=\S)/).map((step) => step.trim()).filter(Boolean);
  return (
    <div className="response">
      <p><span className="note">{t('alarm.consequence')}</span> <b>{text(alarm.consequence)}</b></p>
      <h3>{t('alarm.response')}</h3>
      <ol>{steps.map((step) => <li key={step}>{step}</li>)}</ol>
    </div>
  );
}
