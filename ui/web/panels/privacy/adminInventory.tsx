import { Fragment } from 'react';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT, useText } from '@/shared/i18n';

type Field = components['schemas']['FieldOut'];
const COLUMNS = ['what', 'module', 'purpose', 'category', 'level', 'kept', 'forgotten'] as const;

/** A long name may go on in the next line, but only between its parts. */
function brokenAtDots(name: string) {
  return name.split('.').map((part, n) => <Fragment key={part}>{n > 0 && <>.<wbr /></>}<span className="nb">{part}</span></Fragment>);
}

export function PrivacyInventory() {
  const t = useT();
  const text = useText();
  const { data, error, again } = useAnswer<Field[]>('/privacy/inventory');
  return (
    <>
      <p className="note">{t('privacy:inventoryLead')}</p>
      <ErrorNotice error={error} onRetry={again} />
      <div className="table-wide" role="region" aria-label={t('privacy:inventory')} tabIndex={0}>
        <table className="table card">
          <thead><tr>{COLUMNS.map((name) => <th key={name} scope="col" className={name === 'forgotten' ? 'figure nb' : 'nb'}>{t(`privacy:${name}`)}</th>)}</tr></thead>
          <tbody>
            {(data ?? []).map((field) => (
              <tr key={field.column}>
                <th scope="row">{text(field.label)}<br /><span className="mono note">{brokenAtDots(field.column)}</span></th>
                <td>{text(field.module_label)}</td>
                <td>{text(field.purpose)}</td>
                <td>{t(`privacy:categories.${field.category}`)}</td>
                <td>{text(field.level_label)}</td>
                <td>{field.since ? t('privacy:days', { n: field.retention_days }) : t('privacy:whileKnown')}{field.consent && <><br /><span className="note">{t('privacy:onConsent')}</span></>}</td>
                <td className="figure" data-some={field.erased > 0 ? '' : undefined}>{field.erased}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
