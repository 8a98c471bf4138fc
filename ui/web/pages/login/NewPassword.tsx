import { useT } from '@/shared/i18n';
import { PasswordForm } from '@/shared/signin/PasswordForm';

/** Whoever came in with a password that somebody else made chooses their own before anything else. */
export function NewPassword({ old, onDone }: { old: string; onDone: () => void }) {
  const t = useT();
  return (
    <main className="login">
      <div className="card login-card">
        <h1>{t('newPassword.title')}</h1>
        <p className="note">{t('newPassword.lead')}</p>
        <PasswordForm old={old} save={t('newPassword.save')} onDone={onDone} />
      </div>
    </main>
  );
}
