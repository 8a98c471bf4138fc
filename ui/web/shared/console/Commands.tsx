/** Commands of one device: choose, give what is needed and a reason; dangerous ones are armed first and then fired. */
import { useId, useState } from 'react';
import { api } from '@/shared/api/client';
import type { Command, KindArgument, KindCommand, SceneDevice, Value } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Icon } from '@/shared/components/Icon';
import { StatusMark } from '@/shared/components/StatusMark';
import { textIn, useLang, useT, useText } from '@/shared/i18n';
import { useCommands, useLiveStore, useNow } from '@/shared/live/hooks';
import { keyOf, useHallData } from './data';
import { useMay } from './session';

type Arguments = Record<string, Value>;
const ENDED = new Set<Command['state']>(['done', 'failed', 'refused', 'expired', 'disarmed']);
const SHOWN_COMMANDS = 6;

export function Commands({ device }: { device: SceneDevice }) {
  const { kinds } = useHallData();
  const t = useT();
  const text = useText();
  const may = useMay('device.command');
  const [chosen, setChosen] = useState<string | null>(null);
  const commands = kinds.get(device.kind)?.commands ?? [];
  const command = commands.find((candidate) => candidate.name === chosen);
  if (commands.length === 0) return <p className="panel-pad note">{t('command.none')}</p>;
  return (
    <>
      <section className="panel-pad">
        <h3>{t('command.choose')}</h3>
        <div className="command-choices">
          {commands.map((candidate) => (
            <Button
              key={candidate.name} aria-pressed={candidate.name === chosen} icon={candidate.danger === 'arm' ? 'warning' : 'power'}
              missing={may ? undefined : t('command.noRight')} onClick={() => { setChosen(candidate.name === chosen ? null : candidate.name); }}
            >
              {text(candidate.label)}
            </Button>
          ))}
        </div>
        {!may && <p className="note">{t('command.noRight')}</p>}
        {command && <Order key={command.name} device={device} command={command} />}
      </section>
      <Recent device={device} commands={commands} />
    </>
  );
}

/** From choice to result. For `arm`, the second step exists only while the first is alive. */
function Order({ device, command }: { device: SceneDevice; command: KindCommand }) {
  const t = useT();
  const text = useText();
  const lang = useLang();
  const store = useLiveStore();
  const reasonId = useId();
  const [values, setValues] = useState<Arguments>(() => firstValues(command.arguments));
  const [reason, setReason] = useState('');
  const [sentId, setSentId] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const sent = useCommands().find((candidate) => candidate.id === sentId) ?? null;

  const lacking = command.arguments.find((argument) => argument.required && (values[argument.name] === '' || values[argument.name] === null));
  const missing = lacking ? t('command.missingArg', { name: textIn(lacking.label, lang) }) : command.danger !== 'none' && !reason.trim() ? t('command.missingReason') : undefined;

  const run = async (what: Promise<Command>) => {
    setBusy(true);
    setError(null);
    try {
      const answer = await what;
      // The feed may have told more of it already: an older answer must not undo that.
      if (!store.commands().some((known) => known.id === answer.id && known.state !== 'armed')) store.noteCommand(answer);
      setSentId(answer.id);
    } catch (reasonWhy) {
      setError(reasonWhy);
    } finally {
      setBusy(false);
    }
  };
  const send = () => run(api.post<Command>(`/devices/${encodeURIComponent(keyOf(device.id))}/commands`, { name: command.name, args: filled(values), reason: reason.trim() }));

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
      {sent?.state === 'armed' ? (
        <Armed command={sent} name={text(command.label)} busy={busy} onFire={() => { void run(api.post<Command>(`/commands/${encodeURIComponent(sent.id)}/fire`)); }} />
      ) : (
        <Button kind="primary" size="large" missing={missing} disabled={busy} onClick={() => { void send(); }}>
          {command.danger === 'arm' ? t('command.step1') : `${t('command.send')} · ${text(command.label)}`}
        </Button>
      )}
      <ErrorNotice error={error} />
      {sent && sent.state !== 'armed' && <ResultLine command={sent} name={text(command.label)} />}
    </div>
  );
}

function Armed({ command, name, busy, onFire }: { command: Command; name: string; busy: boolean; onFire: () => void }) {
  const t = useT();
  const now = useNow(250);
  const left = Math.max(0, Math.ceil((command.expires_ms - now) / 1_000));
  return (
    <div className="armed">
      <p role="timer" className="note">{t('command.armed', { n: left })}</p>
      <Button kind="danger-fill" size="large" disabled={busy || left === 0} onClick={onFire}>{t('command.step2', { name })}</Button>
    </div>
  );
}

export function ResultLine({ command, name }: { command: Command; name: string }) {
  const t = useT();
  const { timezone } = useHallData();
  const words = command.state === 'done' && command.confirmed ? t('command.state.doneConfirmed') : t(`command.state.${command.state}`);
  const at = new Date(command.ended_ms ?? command.created_ms).toLocaleTimeString('en-GB', { timeZone: timezone });
  return (
    <p className="result-line" role="status" data-state={command.state}>
      {command.state === 'done' ? <StatusMark state="ok" /> : <Icon name={ENDED.has(command.state) ? 'warning' : 'clock'} />}
      <span><b>{name}</b> {words}{command.detail ? ` · ${command.detail}` : ''}</span>
      <span className="note nb">{at}</span>
    </p>
  );
}

function Recent({ device, commands }: { device: SceneDevice; commands: readonly KindCommand[] }) {
  const t = useT();
  const text = useText();
  const recent = useCommands().filter((command) => command.device === device.id).slice(0, SHOWN_COMMANDS);
  return (
    <section className="panel-pad">
      <h3>{t('command.recent')}</h3>
      {recent.length === 0 && <p className="note">{t('command.noRecent')}</p>}
      {recent.map((command) => <ResultLine key={command.id} command={command} name={text(commands.find((kind) => kind.name === command.name)?.label) || command.name} />)}
    </section>
  );
}

function ArgumentField({ argument, value, onChange }: { argument: KindArgument; value: Value; onChange: (value: Value) => void }) {
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

function firstValues(list: readonly KindArgument[]): Arguments {
  return Object.fromEntries(list.map((argument) => {
    const options = Object.keys(argument.values);
    if (argument.type === 'bool') return [argument.name, false];
    return [argument.name, options[0] ?? (argument.type === 'str' ? '' : (argument.range?.[0] ?? ''))];
  }));
}
/** Optional arguments that were left empty are not sent. */
function filled(values: Arguments): Arguments {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== '' && value !== null));
}
