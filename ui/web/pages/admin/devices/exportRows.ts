/** The list as a file: what is shown, in the reader's language, times in the hall's. */
import type { Translate } from '@/shared/i18n';
import type { Command } from '@/shared/api/types';
import { csvOf } from './csv';
import { LOSSES, conventionOf, lossOf, type Row } from './rows';

const COLUMNS = ['key', 'name', 'kind', 'floor', 'room', 'state', 'seen', 'model', 'firmware', 'serial', 'credential', 'via', 'convention', 'address', ...LOSSES, 'command', 'commandEnd'];

interface Words {
  t: Translate;
  stamp: (ms: number, chars?: number) => string;
  commandName: (kind: string, name: string) => string;
  commandWords: (command: Command) => string;
}

export function exportRows(rows: readonly Row[], { t, stamp, commandName, commandWords }: Words): string {
  const time = (ms: number | null | undefined) => (ms ? stamp(ms, 19) : null);
  return csvOf([
    COLUMNS.map((name) => t(LOSSES.some((loss) => loss === name) ? `devices:loss.${name}` : `devices:field.${name}`)),
    ...rows.map(({ device, ...row }) => [
      device.key, row.name, row.kindName, row.floor, row.room, t(`devices:state.${row.state}`), time(device.last_seen_ms), device.model, device.firmware, device.serial,
      time(device.credential_ms), device.via.join(' '), t(`devices:convention.${conventionOf(device)}`), device.addresses.map((one) => one.address).join(' '),
      ...LOSSES.map((name) => lossOf(device, name)),
      device.last_command && commandName(device.kind, device.last_command.name), device.last_command && commandWords(device.last_command),
    ]),
  ]);
}
