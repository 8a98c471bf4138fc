/** One's own ways of signing in, where one is signed in, and what a page or a kiosk asks of one's phone. */
import { useState } from 'react';
import { ownPage } from '@/shared/api/ownPage';
import type { components } from '@/shared/api/schema';
import { useAnswer } from '@/shared/api/useAnswer';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { getLang, setLang, useLang, useT } from '@/shared/i18n';
import { signOut, useActor } from '@/shared/console/session';
import { Agents } from './Agents';
import { Approve } from './Approve';
import { Factors } from './Factors';
import { KioskCode } from './KioskCode';
import { Outside } from './Outside';
import { Password } from './Password';
import { Sessions } from './Sessions';
import { ShowAgainGate, ShowFactor } from './ShowAgain';

type Found = components['schemas']['FactorsOut'];

export function Me() {
  const t = useT();
  const lang = useLang();
  const actor = useActor();
  const factors = useAnswer<Found>('/factors');
  const [scan, setScan] = useState(() => new URLSearchParams(location.hash.slice(1)).get('qr'));
  const [changed, setChanged] = useState(0); // a changed password has ended other logins
  const half = actor.must_show_factor;
  const leave = () => { location.replace(ownPage(new URLSearchParams(location.search).get('next')) ?? '/me/'); };
  return (
    <ShowAgainGate>
      <main className="me">
        <header>
          <h1>{t('title')}</h1>
          <span className="note">{actor.name}</span>
          <Button kind="quiet" lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => { setLang(getLang() === 'zh' ? 'en' : 'zh'); }}>{t('langOther')}</Button>
          <Button kind="quiet" onClick={() => { void signOut(); }}>{t('signOut')}</Button>
        </header>
        <ErrorNotice error={factors.error} onRetry={factors.again} />
        {half && <p className="notice" role="status">{t(factors.data?.factors.length ? 'half.show' : 'half.add')}</p>}
        {half && factors.data && factors.data.factors.length > 0 && <ShowFactor onDone={leave} />}
        {!half && scan && <Approve scan={scan} onDone={() => { history.replaceState(null, '', '/me/'); setScan(null); }} />}
        {factors.data && !(half && factors.data.factors.length > 0) && <Factors found={factors.data} again={factors.again} first={half} onDone={leave} />}
        {!half && <Password onDone={() => { setChanged(changed + 1); }} />}
        {!half && <Outside />}
        {!half && <Agents />}
        {!half && <KioskCode />}
        {!half && <Sessions key={`${String(factors.data?.factors.length ?? 0)}-${String(changed)}`} />}
      </main>
    </ShowAgainGate>
  );
}
