import { ApiError, NetworkError } from '@/shared/api/client';
import { useLang, useT, textIn, type Lang, type Translate } from '@/shared/i18n';
import { Button } from './Button';
import { Icon } from './Icon';

/** What went wrong, in the reader's words: the problem's own text, else its detail. */
export function errorText(error: unknown, t: Translate, lang: Lang): string {
  if (error instanceof ApiError) {
    const { text, detail, title, status } = error.problem;
    return textIn(text, lang) || detail || title || t('error.unknown', { status });
  }
  if (error instanceof NetworkError) return t('error.network');
  return error instanceof Error ? error.message : String(error);
}

export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useT();
  const lang = useLang();
  if (!error) return null;
  return (
    <div className="notice" role="alert">
      <Icon name="warning" />
      <div style={{ flex: 1 }}>
        <strong>{t('error.title')}</strong>
        <p>{errorText(error, t, lang)}</p>
      </div>
      {onRetry && <Button onClick={onRetry}>{t('retry')}</Button>}
    </div>
  );
}
