import { Button } from '@/shared/components/Button';
import { Icon } from '@/shared/components/Icon';
import { signOut, useActor } from '@/shared/console/session';
import { getLang, setLang, useLang, useT } from '@/shared/i18n';

/** Who works here, the other language, the way out. */
export function Person() {
  const t = useT();
  const lang = useLang();
  const actor = useActor();
  return (
    <div className="desk-person">
      <span className="row nb"><Icon name="user" />{actor.name}</span>
      <Button kind="quiet" lang={lang === 'zh' ? 'en' : 'zh-CN'} onClick={() => { setLang(getLang() === 'zh' ? 'en' : 'zh'); }}>{t('langOther')}</Button>
      <Button kind="quiet" onClick={() => { void signOut(); }}>{t('signOut')}</Button>
    </div>
  );
}
