/** Low ratings whose visitors want to be called back: only of those who agreed, and still do. */
import type { Panel } from '@/panels/panel';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { Reveal } from '@/shared/console/Reveal';
import { addWords, useT, useText } from '@/shared/i18n';
import en from './admin.en.json';
import zh from './admin.zh.json';

addWords('followUp', { zh, en });
type FollowUp = components['schemas']['FollowUpOut'];
type Form = components['schemas']['FormOut'];
const COLUMNS = ['day', 'level', 'about', 'window', 'phone'] as const;

function FollowUps() {
  const t = useT();
  const text = useText();
  const { data, error, again } = useAnswer<FollowUp[]>('/evaluations/followups');
  const { data: form } = useAnswer<Form>('/evaluations/form');
  const levelOf = (one: FollowUp) => form?.levels.find(({ level }) => level === one.level);
  const about = (one: FollowUp) => one.tags.map((id) => text(levelOf(one)?.tags.find((tag) => tag.id === id)?.label) || id).join(t('followUp:comma'));
  return (
    <>
      <p className="note">{t('followUp:lead')}</p>
      <ErrorNotice error={error} onRetry={again} />
      {data?.length === 0 && <p className="note" role="status">{t('followUp:none')}</p>}
      {data && data.length > 0 && (
        <table className="table card">
          <thead><tr>{COLUMNS.map((name) => <th key={name} scope="col">{t(`followUp:${name}`)}</th>)}</tr></thead>
          <tbody>
            {data.map((one) => (
              <tr key={one.rating}>
                <th scope="row" className="nb">{one.day}</th>
                <td>{text(levelOf(one)?.label)}</td>
                <td>{about(one) || '—'}</td>
                <td>{one.window ?? '—'}</td>
                <td><Reveal subject={one.subject} field={one.field} what={t('followUp:phone')} masked={one.phone} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

export const panels: Panel[] = [
  { slot: 'followups', title: { zh: '差评回访', en: 'Calls about ratings' }, permission: 'evaluation.view', order: 12, Component: FollowUps },
];
