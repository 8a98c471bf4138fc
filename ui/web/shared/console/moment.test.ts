import { describe, expect, it } from 'vitest';
import { fieldOf, momentOf, momentWords } from './moment';

const AT = Date.parse('2026-11-22T02:42:00Z');

describe('moments in the hall\'s time zone', () => {
  it('are written in it', () => {
    expect(momentWords(AT, 'Asia/Shanghai')).toBe('2026-11-22 10:42:00');
    expect(momentWords(Date.parse('2026-11-21T16:00:05Z'), 'Asia/Shanghai')).toBe('2026-11-22 00:00:05');
    expect(momentWords(AT, 'America/New_York')).toBe('2026-11-21 21:42:00');
  });
  it('come back from a field, on both sides of a change of the clocks', () => {
    for (const timezone of ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'UTC']) {
      for (let day = 0; day < 400; day += 7) {
        const ms = AT + day * 86_400_000;
        expect(momentOf(fieldOf(ms, timezone), timezone)).toBe(ms);
      }
    }
  });
  it('are none while a field is not filled', () => {
    expect(momentOf('', 'Asia/Shanghai')).toBeNull();
  });
});
