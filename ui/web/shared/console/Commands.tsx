/** Commands of one device: choose, give what is needed and a reason; dangerous ones are armed first and then fired. */
import { useId, useRef, useState } from 'react';
import { api, newKey } from '@/shared/api/client';
import { useAnswer } from '@/shared/api/useAnswer';
import type { Command, KindArgument, KindCommand, SceneDevice, Value } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { StatusMark } from '@/shared/components/StatusMark';
import { textIn, useLang, useT, useText } from '@/shared/i18n';
import { useCommands, useLiveStore, useReplay } from '@/shared/live/hooks';
import { ArmedCommands } from './Armed';
import { keyOf, useHallData } from './data';
import { useNames } from './names';
import { useHindrance } from './session';

export type Arguments = Record<string, Value>;
const ENDED = new Set<Command['state']>(['done', 'failed', 'refused', 'expired', 'disarmed']);
const SHOWN_COMMANDS = 6;
export const REBIRTH = 'rebirth';

type Thing = Pick<SceneDevice, 'id' | 'kind'>;

export function Commands({ device }: { device: Thing }) {
  const { kinds } = useHallData();
  const t = useT();
  const text = useText();
  const hindrance = useHindrance('device.command', 'command.noRight');
  const [chosen, setChosen] = useState<string | null>(null);
  const commands = kinds.get(device.kind)?.commands ?? [];
  const command = commands.find((candidate) => candidate.name === chosen);
  return (
    <>
      {commands.length === 0 && <p className="panel-pad note">{t('command.none')}</p>}
      {commands.length > 0 && (
        <section className="panel-pad">
          <h3>{t('command.choose')}</h3>
          <div className="command-choices">
            {commands.map((candidate) => (
              <Button
                key={candidate.name} aria-pressed={candidate.name === chosen} icon={candidate.danger === 'arm' ? 'warning' : 'power'}
                missing={hindrance} onClick={() => { setChosen(candidate.name === chosen ? null : candidate.name); }}
              >
                {text(candidate.label)}
              </Button>
            ))}
          </div>
          {hindrance && <p className="note">{hindrance}</p>}
          {command && <Order key={command.name} device={device} command={command} />}
          <ArmedCommands device={device.id} commands={commands} />
        </section>
      )}
      <Recent device={device} />
    </>
  );
}

/** From choice to result. For `arm`, the second step exists only while the first is alive. */
function Order({ device, command }: { device: Thing; command: KindCommand }) {
  const t = useT();
  const text = useText();
  const lang = useLang();
  const store = useLiveStore();
  const hindrance = useHindrance('device.command', 'command.noRight');
  const reasonId = useId();
  const [values, setValues] = useState<Arguments>(() => firstValues(command.arguments));
  const [reason, setReason] = useState('');
  const [sentId, setSentId] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  /** Pressed again because no answer came, the same wish keeps its key: it is carried out once. */
  const asked = useRef<{ wish: string; key: string } | null>(null);
  const keyFor = (wish: unknown) => {
    const words = JSON.stringify(wish);
    if (asked.current?.wish !== words) asked.current = { wish: words, key: newKey() };
    return asked.current.key;
  };
  const sent = useCommands().find((candidate) => candidate.id === sentId) ?? null;

  const lacking = command.arguments.find((argument) => argument.required && (values[argument.name] === '' || values[argument.name] === null));
  const missing = hindrance ?? (lacking ? t('command.missingArg', { name: textIn(lacking.label, lang) }) : command.danger !== 'none' && !reason.trim() ? t('command.missingReason') : undefined);

  const wish = { name: command.name, args: filled(values), reason: reason.trim() };
  const send = async () => {
    setBusy(true);
    setError(null);
    try {
      const answer = await api.post<Command>(`/devices/${encodeURIComponent(keyOf(device.id))}/commands`, wish, { 'Idempotency-Key': keyFor(wish) });
      asked.current = null;
      store.noteAnswer(answer);
      setSentId(answer.id);
    } catch (reasonWhy) {
      setError(reasonWhy);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="order" data-danger={command.danger}>
      {command.arguments.map((argument) => (
        <ArgumentField key={argument.name} argument={argument} value={values[argument.name] ?? ''} onChange={(value) => { setValues({ ...values, [argument.name]: value }); }} />
      ))}
      {command.danger !== 'none' && (
        <div className="field">
          <label htmlFor={reasonId}>{t('command.reason')}</label>
          <input id={reasonId} className="input" value={reason} maxLength={200} placeholder={t('command.reasonHint')} onChange={(event) => { setReason(event.target.value); }} />
        </div>
      )}
      {command.danger === 'arm' && <p className="note">{t('command.armNote')}</p>}
      {sent?.state !== 'armed' && (
        <Button kind="primary" size="large" missing={missing} disabled={busy} onClick={() => { void send(); }}>
          {command.danger === 'arm' ? t('command.step1') : `${t('command.send')} · ${text(command.label)}`}
        </Button>
      )}
      <ErrorNotice error={error} />
      {sent && sent.state !== 'armed' && <ResultLine command={sent} name={text(command.label)} />}
    </div>
  );
}

export function ResultLine({ command, name }: { command: Command; name: string }) {
  const t = useT();
  const nameOf = useNames();
  const { timezone } = useHallData();
  const at = new Date(command.ended_ms ?? command.created_ms).toLocaleTimeString('en-GB', { timeZone: timezone });
  const why = command.why ? t(`command.why.${command.why}`) : command.detail;
  const who = command.fired_by && command.fired_by !== command.armed_by
    ? t('command.armedAndFired', { armed: nameOf(command.armed_by), fired: nameOf(command.fired_by) })
    : '';
  return (
    <p className="result-line" role="status" data-state={command.state}>
      {command.state === 'done' ? <StatusMark state="ok" /> : <Icon name={ENDED.has(command.state) ? 'warning' : 'clock'} />}
      <span><b>{name}</b> {[t(`command.state.${shownState(command)}`), why, who].filter(Boolean).join(' · ')}</span>
      <span className="note nb">{at}</span>
    </p>
  );
}

/** What nothing has confirmed is not shown like what a sensor saw. */
export function shownState(command: Command): string {
  if (command.state === 'done') return command.confirmed ? 'doneConfirmed' : 'doneUnconfirmed';
  return command.state === 'accepted' && command.answered_ms !== null ? 'reported' : command.state;
}

/** What a command is called: `rebirth` is declared by no kind. */
export function useCommandName(): (kind: string, name: string) => string {
  const t = useT();
  const text = useText();
  const { kinds } = useHallData();
  return (kind, name) => text(kinds.get(kind)?.commands.find((command) => command.name === name)?.label) || (name === REBIRTH ? t('command.rebirth') : name);
}

/** The newest, also of before this page was opened; in a replay only what it tells, since it tells all there were. */
function Recent({ device }: { device: Thing }) {
  const t = useT();
  const nameOf = useCommandName();
  const past = useReplay() !== null;
  const before = useAnswer<Command[]>(past ? null : '/commands', { device: keyOf(device.id), limit: SHOWN_COMMANDS }).data ?? [];
  const now = useCommands().filter((command) => command.device === device.id);
  const heard = new Set(now.map((command) => command.id));
  const recent = [...now, ...before.filter((command) => !heard.has(command.id))].sort((a, b) => b.created_ms - a.created_ms).slice(0, SHOWN_COMMANDS);
  return (
    <section className="panel-pad">
      <h3>{t('command.recent')}</h3>
      {recent.length === 0 && <p className="note">{t('command.noRecent')}</p>}
      {recent.map((command) => <ResultLine key={command.id} command={command} name={nameOf(device.kind, command.name)} />)}
    </section>
  );
}

export function ArgumentField({ argument, value, onChange }: { argument: KindArgument; value: Value; onChange: (value: Value) => void }) {
  const id = useId();
  const text = useText();
  const options = Object.entries(argument.values);
  if (argument.type === 'bool') {
    return (
      <label className="row" htmlFor={id}>
        <input id={id} type="checkbox" checked={value === true} onChange={(event) => { onChange(event.target.checked); }} />
        {text(argument.label)}
      </label>
    );
  }
  return (
    <div className="field">
      <label htmlFor={id}>
        {text(argument.label)}
        {argument.range && <span className="note nb"> {argument.range[0]}–{argument.range[1]}</span>}
      </label>
      {options.length > 0 ? (
        <select id={id} className="input" value={String(value)} onChange={(event) => { onChange(event.target.value); }}>
          {options.map(([key, label]) => <option key={key} value={key}>{text(label)}</option>)}
        </select>
      ) : argument.type === 'str' ? (
        <input id={id} className="input" value={String(value)} maxLength={argument.max_length} onChange={(event) => { onChange(event.target.value); }} />
      ) : (
        <input
          id={id} className="input" type="number" value={String(value)} min={argument.range?.[0]} max={argument.range?.[1]} step={argument.type === 'int' ? 1 : 'any'}
          onChange={(event) => { onChange(event.target.value === '' ? '' : Number(event.target.value)); }}
        />
      )}
    </div>
  );
}

export function firstValues(list: readonly KindArgument[]): Arguments {
  return Object.fromEntries(list.map((argument) => {
    const options = Object.keys(argument.values);
    if (argument.type === 'bool') return [argument.name, false];
    return [argument.name, options[0] ?? (argument.type === 'str' ? '' : (argument.range?.[0] ?? ''))];
  }));
}
/** Optional arguments that were left empty are not sent. */
export function filled(values: Arguments): Arguments {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== null));
}
