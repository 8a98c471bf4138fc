/** The guard's page: what first, what do I do, where is it? Dark all day, the room is dim. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Alarm } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { Icon } from '@/shared/components/Icon';
import { StatusMark } from '@/shared/components/StatusMark';
import { useT } from '@/shared/i18n';
import { useAlarms, useNow } from '@/shared/live/hooks';
import { isUnacknowledged, Since, useAlarmWords } from '@/shared/console/AlarmParts';
import { useNames } from '@/shared/console/names';
import { Header } from '@/shared/console/Header';
import { inOrder, isOpen } from '@/shared/console/states';
import { AlarmDetail } from './AlarmDetail';
import { History } from './History';
import { allowSound, chime } from './sound';

const TEN_MIN_MS = 600_000;
/** ISA-18.2: more than ten in ten minutes is a flood. */
const FLOOD = 10;

export function AlertConsole() {
  const t = useT();
  const alarms = useAlarms();
  const now = useNow(5_000);
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [sound, setSound] = useState(false);
  const open = useMemo(() => inOrder(alarms.filter(isOpen)), [alarms]);
  const chosen = open.find((alarm) => alarm.id === chosenId) ?? alarms.find((alarm) => alarm.id === chosenId) ?? open[0] ?? null;
  const recent = alarms.filter((alarm) => now - alarm.raised_ms < TEN_MIN_MS).length;

  const heard = useRef<Set<string> | null>(null);
  useEffect(() => {
    const unheard = open.filter((alarm) => isUnacknowledged(alarm) && heard.current !== null && !heard.current.has(alarm.id));
    heard.current = new Set([...(heard.current ?? []), ...open.map((alarm) => alarm.id)]);
    if (sound && unheard.length > 0) chime(unheard.some((alarm) => alarm.priority === 1) ? 2 : 1);
  }, [open, sound]);

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof HTMLElement && event.target.closest('input, textarea, select, dialog, canvas'))) return;
      const at = open.findIndex((alarm) => alarm.id === chosen?.id);
      if (event.key.toLowerCase() === 'a') document.querySelector<HTMLButtonElement>('[data-hotkey="A"]')?.click();
      else if (event.key === 'j') setChosenId(open[Math.min(open.length - 1, at + 1)]?.id ?? null);
      else if (event.key === 'k') setChosenId(open[Math.max(0, at - 1)]?.id ?? null);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => { removeEventListener('keydown', pressed); };
  }, [open, chosen]);

  return (
    <div className="console alert">
      <Header page="alert" title={t('title')}>
        <p className="alert-rate nb"><span className="note">{t('last10')}</span> <b>{t('items', { n: recent })}</b></p>
        <Button
          icon={sound ? 'bell' : 'bell_off'} aria-pressed={sound}
          onClick={() => {
            if (!sound) allowSound();
            setSound(!sound);
          }}
        >
          {t(sound ? 'soundOn' : 'soundOff')}
        </Button>
      </Header>
      <nav className="alarm-list" aria-label={t('title')}>
        <header><h2>{open.length > 0 ? t('waiting', { n: open.length }) : t('none')}</h2><span className="note">{t('sort')}</span></header>
        {recent > FLOOD && <p className="flood"><Icon name="info" />{t('flood', { n: recent })}</p>}
        {open.length === 0 && <p className="panel-pad note">{t('noneNote')}</p>}
        <ul>
          {open.map((alarm) => <AlarmRow key={alarm.id} alarm={alarm} chosen={alarm.id === chosen?.id} onChoose={() => { setChosenId(alarm.id); }} />)}
        </ul>
        <p className="safety note"><Icon name="info" />{t('safety')}</p>
      </nav>
      <main aria-label={t('title')}>
        {chosen ? <AlarmDetail key={chosen.id} alarm={chosen} /> : <p className="empty note">{open.length > 0 ? t('choose') : t('noneNote')}</p>}
      </main>
      <History chosen={chosen?.id ?? null} onChoose={setChosenId} />
    </div>
  );
}

function AlarmRow({ alarm, chosen, onChoose }: { alarm: Alarm; chosen: boolean; onChoose: () => void }) {
  const t = useT();
  const words = useAlarmWords();
  const nameOf = useNames();
  const { title, place } = words(alarm);
  const state = alarm.state === 'cleared-unacked' ? t('alarm.cleared') : isUnacknowledged(alarm) ? t('alarm.unacked') : t('alarm.acked', { who: nameOf(alarm.acked_by) });
  return (
    <li>
      <button type="button" className="alarm-item" data-priority={alarm.priority} data-unacked={isUnacknowledged(alarm) ? '' : undefined} aria-current={chosen ? 'true' : undefined} onClick={onChoose}>
        <StatusMark state={alarm.priority} size={26} />
        <span>
          <b>{title}</b>
          <span className="alarm-item-state">{t(`priority.${String(alarm.priority)}`)} · {state}{alarm.life_safety ? ` · ${t('alarm.lifeSafety')}` : ''}</span>
          <span className="note">{place} · <Since ms={alarm.raised_ms} /></span>
        </span>
      </button>
    </li>
  );
}
