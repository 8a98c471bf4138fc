/** What somebody who signed in at the kiosk sees: what is kept of them, masked, and for whom they may act. */
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT, useText } from '@/shared/i18n';
import { Both } from './Both';
import { hidden, useKiosk } from './kiosk';
import { BigButton, Frame, Scroller } from './parts';

type Held = components['schemas']['MineOut'];
type Person = components['schemas']['PersonOut'];

export function Mine() {
  const t = useT();
  const text = useText();
  const { move, signed } = useKiosk();
  const { data, error, again } = useAnswer<Held>('/privacy/mine');
  const { data: enterprises } = useAnswer<Person[]>('/accounts/me/enterprises');
  return (
    <Frame
      word="mine.title" values={{ name: hidden(signed?.name ?? '') }} hint={t('mine.lead')} back={false}
      actions={<BigButton icon="home" word="mine.start" onClick={() => { move({ do: 'home' }); }} />}
    >
      <Scroller label={t('mine.held')}>
        <ErrorNotice error={error} onRetry={again} />
        <h2><Both word="mine.held" /></h2>
        {data?.held.length === 0 && <p>{t('mine.nothing')}</p>}
        <dl className="mine-list">
          {data?.held.map((one, n) => <div key={`${one.column}/${String(n)}`}><dt>{text(one.label)}</dt><dd className="mono">{one.value ?? t('mine.gone')}</dd></div>)}
        </dl>
        {enterprises && enterprises.length > 0 && (
          <>
            <h2><Both word="mine.enterprises" /></h2>
            <ul className="mine-list">{enterprises.map((one) => <li key={one.id}>{one.name ?? one.user}</li>)}</ul>
          </>
        )}
        <p className="quiet">{t('mine.phone')}</p>
      </Scroller>
    </Frame>
  );
}
