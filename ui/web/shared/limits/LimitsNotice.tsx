/** One line above every page while the hall runs on a broker that promises less; staff can open what is not promised. */
import { useEffect } from 'react';
import type { BuildingInfo, Text } from '@/shared/api/types';
import { useAnswer } from '@/shared/api/useAnswer';
import { useT, useText } from '@/shared/i18n';
import './limits.css';

const AGAIN_MS = 10_000;

export function LimitsNotice({ audience }: { audience: Audience }) {
  const t = useT();
  const text = useText();
  const { data, error, again } = useAnswer<BuildingInfo>('/building');
  useEffect(() => {
    if (!error) return;
    const later = setTimeout(again, AGAIN_MS);
    return () => { clearTimeout(later); };
  }, [error, again]);
  const limits: readonly Text[] = data?.limits ?? [];
  const shown = limits.length > 0;
  useEffect(() => {
    document.documentElement.toggleAttribute('data-limits', shown);
  }, [shown]);
  if (!shown) return null;
  return (
    <aside className="limits" aria-label={t('limits.short')} data-audience={audience}>
      <span>{t('limits.short')}</span>
      {audience === 'staff' && (
        <details>
          <summary>{t('limits.more')}</summary>
          <ul>{limits.map((limit) => <li key={limit.en}>{text(limit)}</li>)}</ul>
        </details>
      )}
    </aside>
  );
}

export type Audience = 'staff' | 'public';
