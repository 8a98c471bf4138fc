/** A wall of the hall, or with `?window=A07` the screen above a window (`&led=amber`: one colour only). Both are paired browsers. */
import { useEffect, useState } from 'react';
import { collectPanels } from '@/panels/panel';
import { WindowScreen } from '@/panels/queue/wall';
import { api } from '@/shared/api/client';
import type { BuildingInfo } from '@/shared/api/types';
import { Icon } from '@/shared/components/Icon';
import { useLang, useT, useText } from '@/shared/i18n';
import { LiveProvider, useLiveState, useNow } from '@/shared/live/hooks';
import { PairingGate } from '@/shared/pairing/PairingGate';
import './wall.css';

const panels = collectPanels(import.meta.glob('@/panels/*/wall.tsx', { eager: true }));
const asked = new URLSearchParams(location.search);
const own = asked.get('window');
if (asked.get('led') === 'amber') document.documentElement.dataset.led = 'amber'; // a screen that has no other colour

export function Wall() {
  const building = useBuilding();
  if (!building) return null;
  if (own) {
    return (
      <PairingGate role="window" place={own}>
        <LiveProvider view={`window:${own}`} transport="events"><WindowScreen site={building.site} number={own} /></LiveProvider>
      </PairingGate>
    );
  }
  return (
    <PairingGate role="wall">
      <LiveProvider view="hall" transport="events"><HallBoard building={building} /></LiveProvider>
    </PairingGate>
  );
}

function useBuilding(): BuildingInfo | null {
  const [building, setBuilding] = useState<BuildingInfo | null>(null);
  useEffect(() => {
    api.get<BuildingInfo>('/building').then(setBuilding, () => { setTimeout(() => { location.reload(); }, 5_000); });
  }, []);
  return building;
}

function HallBoard({ building }: { building: BuildingInfo }) {
  const t = useT();
  const text = useText();
  return (
    <main className="board">
      <header>
        <Icon name="layers" />
        <h1>{text(building.name)}</h1>
        <Clock timezone={building.timezone} />
      </header>
      {panels.filter((panel) => panel.slot === 'main').map(({ Component, title }) => <Component key={title.en} />)}
      {panels.filter((panel) => panel.slot === 'side').map(({ Component, title }) => <Component key={title.en} />)}
      <footer>
        <Icon name="info" />
        <p>{t('notice')}<small lang="en">{t('noticeOther')}</small></p>
      </footer>
    </main>
  );
}

function Clock({ timezone }: { timezone: string }) {
  const now = useNow(1_000);
  const state = useLiveState();
  const t = useT();
  const locale = useLang() === 'zh' ? 'zh-CN' : 'en-GB';
  const day = new Intl.DateTimeFormat(locale, { timeZone: timezone, month: 'long', day: 'numeric', weekday: 'long' }).format(now);
  const time = new Intl.DateTimeFormat('zh-CN', { timeZone: timezone, hour: '2-digit', minute: '2-digit', hour12: false }).format(now);
  return (
    <p className="clock">
      {state !== 'live' && state !== 'connecting' && <span className="lost">{t('live.offline')}</span>}
      <span>{day}</span>
      <b>{time}</b>
    </p>
  );
}
