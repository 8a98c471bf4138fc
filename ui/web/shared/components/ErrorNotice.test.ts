import { describe, expect, it } from 'vitest';
import { ApiError } from '@/shared/api/client';
import type { Translate } from '@/shared/i18n';
import { errorText } from './ErrorNotice';

const t: Translate = (key) => key;
const away = { zh: '现在不能登录。已经登录的页面照常可用。', en: 'Nobody can log in now. Pages that are logged in go on.' };

describe('what a page says went wrong', () => {
  it("is the problem's own text in the reader's language", () => {
    const error = new ApiError({ status: 503, title: 'accounts.nobody_logs_in', detail: away.zh, text: away });
    expect(errorText(error, t, 'zh')).toBe(away.zh);
    expect(errorText(error, t, 'en')).toBe(away.en);
  });

  it('is its status where it says nothing', () => {
    expect(errorText(new ApiError({ status: 502, title: '' }), t, 'en')).toBe('error.unknown');
  });
});
