/** What a ticket's state means to its holder: pure. */
import type { Ticket } from '@/shared/api/types';

export function ticketWords({ state, ahead, called_window }: Pick<Ticket, 'state' | 'ahead' | 'called_window'>): { word: string; values: Record<string, string | number | null> } {
  const say = (key: string, values: Record<string, string | number | null> = {}) => ({ word: `kioskQueue:ticket.${key}`, values });
  switch (state) {
    case 'called':
      return say('called', { window: called_window });
    case 'serving':
      return say('serving', { window: called_window });
    case 'transferred':
      return say('transferred');
    case 'issued':
      return ahead === 0 ? say('next') : say('ahead', { n: ahead });
    case 'done':
    case 'no_show':
    case 'cancelled':
      return say('ended');
  }
}
