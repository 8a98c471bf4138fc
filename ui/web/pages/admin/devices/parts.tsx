/** Small pieces that the devices page shows in several places. */
import type { Command, DeviceInfo } from '@/shared/api/types';
import { Freshness } from '@/shared/components/Freshness';
import { StatusMark } from '@/shared/components/StatusMark';
import { shownState } from '@/shared/console/Commands';
import { useHallData } from '@/shared/console/data';
import { useT } from '@/shared/i18n';
import { useEntity } from '@/shared/live/hooks';
import type { Connection } from './address';
import { LOSSES, conventionOf, heardOf, lossOf } from './rows';

/** Shape and word; being well has the quietest one. */
export function ConnectionMark({ state }: { state: Connection }) {
  const t = useT();
  return (
    <span className="row nb connection" data-state={state}>
      {state === 'online' ? <i className="connection-dot" aria-hidden="true" /> : <StatusMark state={state} size={18} />}
      {t(`devices:state.${state}`)}
    </span>
  );
}

/** How long ago it was last heard, ticking. */
export function LastWord({ device, lead = '' }: { device: DeviceInfo; lead?: string }) {
  const t = useT();
  const { kinds } = useHallData();
  const heardMs = heardOf(device, useEntity(device.id), kinds.get(device.kind));
  return heardMs === null ? <span className="note">{t('devices:neverHeard')}</span> : <span className="note">{lead} <Freshness tsMs={heardMs} /></span>;
}

export function useStamp(): (ms: number, chars?: number) => string {
  const { timezone } = useHallData();
  return (ms, chars = 16) => new Date(ms).toLocaleString('sv-SE', { timeZone: timezone }).slice(0, chars);
}

/** `已完成`, or why it was not. */
export function useCommandWords(): (command: Command) => string {
  const t = useT();
  return (command) => t(`command.state.${shownState(command)}`);
}

export function useAdmissionWords(): { credential: (device: DeviceInfo) => string; path: (device: DeviceInfo) => string } {
  const t = useT();
  const stamp = useStamp();
  return {
    credential: (device) => device.credential_ms !== null ? t('devices:since', { date: stamp(device.credential_ms, 10) }) : device.via.length > 0 ? t('devices:byGateway') : t('devices:noCredential'),
    path: (device) => [device.via.length > 0 ? t('devices:viaOf', { gateway: device.via.join(' ') }) : '', t(`devices:convention.${conventionOf(device)}`, { defaultValue: conventionOf(device) })].filter(Boolean).join(' · '),
  };
}

export function useLossWords(): (device: DeviceInfo) => string {
  const t = useT();
  return (device) => LOSSES.filter((name) => lossOf(device, name) > 0).map((name) => `${t(`devices:loss.${name}`)} ${String(lossOf(device, name))}`).join(' · ');
}
