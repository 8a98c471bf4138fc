/** One's own password, changed whenever one likes. */
import { toast } from '@/shared/components/Toast';
import { useT } from '@/shared/i18n';
import { PasswordForm } from '@/shared/signin/PasswordForm';

export function Password({ onDone }: { onDone: () => void }) {
  const t = useT();
  return (
    <section className="card" aria-labelledby="change-password">
      <h2 id="change-password">{t('ownPassword.title')}</h2>
      <p className="note">{t('ownPassword.lead')}</p>
      <PasswordForm old="" save={t('ownPassword.change')} onDone={() => { toast(t('ownPassword.done'), 'ok'); onDone(); }} />
    </section>
  );
}
