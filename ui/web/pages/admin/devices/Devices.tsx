/** The devices section: every device, who waits to be let in, how the connections are, and every counter. */
import './devices.css';
import type { components } from '@/shared/api/schema';
import { TabSet } from '@/shared/aria/TabSet';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useMay } from '@/shared/console/session';
import { addWords, useT } from '@/shared/i18n';
import { CounterTable } from '../CounterTable';
import { type Tab, useDevicesAddress } from './address';
import { Connectors } from './Connectors';
import { DevicesList } from './DevicesList';
import en from './en.json';
import { Lobby, type LobbyInfo } from './Lobby';
import { usePolled } from './usePolled';
import zh from './zh.json';

addWords('devices', { zh, en });

const LOBBY_EVERY_MS = 5_000;
const COUNTERS_EVERY_MS = 5_000;

export function Devices({ theme }: { theme: string }) {
  const t = useT();
  const [address, change] = useDevicesAddress();
  const mayEnrol = useMay('device.enrol');
  const lobby = usePolled<LobbyInfo>(mayEnrol ? '/admission/lobby' : null, LOBBY_EVERY_MS);
  const knocked = lobby.data?.guests.filter((guest) => guest.said !== null && guest.device === null).length ?? 0;
  const waiting = knocked + (lobby.data?.waiting.length ?? 0);
  return (
    <TabSet
      label={t('section.devices')} chosen={address.tab} onChoose={(tab) => { change({ tab: tab as Tab }); }}
      items={[
        { id: 'list', title: t('devices:tab.list'), content: <DevicesList address={address} onChange={change} theme={theme} /> },
        ...(mayEnrol ? [{ id: 'lobby', title: t('devices:tab.lobby'), note: waiting > 0 ? String(waiting) : '', content: <Lobby lobby={lobby} /> }] : []),
        { id: 'connectors', title: t('devices:tab.connectors'), content: <Connectors /> },
        { id: 'counters', title: t('devices:tab.counters'), content: <Counters /> },
      ]}
    />
  );
}

function Counters() {
  const t = useT();
  const { data, error, again } = usePolled<components['schemas']['CountersOut']>('/counters', COUNTERS_EVERY_MS);
  return (
    <div className="tab-body">
      <p className="note">{t('devices:lead')}</p>
      <ErrorNotice error={error} onRetry={again} />
      <div className="counter-groups">{byPart(data?.totals ?? {}).map(([part, values]) => <CounterTable key={part} title={t(`devices:part.${part}`, { defaultValue: part })} values={values} nameOf={(name) => t(`devices:counter.${part}.${name}`, { defaultValue: t(`devices:loss.${name}`, { defaultValue: name }) })} />)}</div>
    </div>
  );
}

/** `recorder.rows`, `recorder.retries` stand together under `recorder`. */
function byPart(totals: Record<string, unknown>): [string, Record<string, unknown>][] {
  const parts = new Map<string, Record<string, unknown>>();
  for (const [name, value] of Object.entries(totals)) {
    const dot = name.indexOf('.');
    const part = dot < 0 ? name : name.slice(0, dot);
    parts.set(part, { ...parts.get(part), [name.slice(dot + 1)]: value });
  }
  return [...parts];
}
