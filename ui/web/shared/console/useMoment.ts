import { useNow } from '@/shared/live/hooks';
import { useHallData } from './data';
import { momentWords } from './moment';

const DAY_CHARS = 10;
const LOOK_EVERY_MS = 60_000;

/** The time of day, with the day where that is not today; in the hall's own zone. */
export function useMoment(): (ms: number) => string {
  const { timezone } = useHallData();
  const today = momentWords(useNow(LOOK_EVERY_MS), timezone).slice(0, DAY_CHARS);
  return (ms) => {
    const words = momentWords(ms, timezone);
    return words.startsWith(today) ? words.slice(DAY_CHARS + 1) : words;
  };
}
