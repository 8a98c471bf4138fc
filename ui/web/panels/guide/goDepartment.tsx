/** A department on a phone: its windows now, and what can be done there. */
import { NowLine } from '@/panels/queue/goNow';
import { useQueues } from '@/panels/queue/goQueues';
import { TakeTicket } from '@/panels/queue/goTake';
import { useGo } from '@/pages/go/go';
import { KeptNote, useKept } from '@/pages/go/goKept';
import type { Item } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT, useText } from '@/shared/i18n';
import { ItemList, Windows } from './goParts';

const MOST = 50;

export function DepartmentView() {
  const t = useT();
  const text = useText();
  const { view } = useGo();
  const { queues, error, again, keptMs } = useQueues();
  const { data } = useKept<{ items: Item[] }>('/guide/items', { department: view.key, limit: MOST });
  const queue = queues.find((one) => one.department === view.key);
  if (!queue) return <><ErrorNotice error={error} onRetry={again} />{!error && <p className="note" aria-busy={queues.length === 0}>{t(queues.length === 0 ? 'loading' : 'goGuide:noDepartment')}</p>}</>;
  return (
    <article className="go-detail">
      <header>
        <h2>{text(queue.department_name)}</h2>
        <p className="go-sub">{queue.floors.join(' ')}</p>
      </header>
      <KeptNote ms={keptMs} />
      <section className="card go-block"><NowLine of={queue} /><Windows all={queue.windows} open={queue.open_windows} /></section>
      {data && data.items.length > 0 && <section className="go-section"><h3>{t('goGuide:here')}</h3><ItemList items={data.items} queues={queues} rows /></section>}
      <TakeTicket wish={{ department: queue.department }} serving={queue.open_windows.length > 0} to={`department:${queue.department}`} />
    </article>
  );
}
