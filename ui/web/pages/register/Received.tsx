/** What happens next with what was sent, and how one learns of it. */
import type { components } from '@/shared/api/schema';
import { useT } from '@/shared/i18n';

export function Received({ policy }: { policy: components['schemas']['PolicyIn']['policy'] }) {
  const t = useT();
  return (
    <section className="card" aria-labelledby="received">
      <h2 id="received" tabIndex={-1} ref={focusOnce}>{t('received.title')}</h2>
      <ol className="steps">
        <li>{t(policy === 'window' ? 'received.window' : 'received.review')}</li>
        <li>{t('received.learn')}</li>
        <li>{t('received.late')}</li>
        <li>{t('received.after')}</li>
      </ol>
      <p><a className="btn" data-kind="primary" data-size="large" href="/login/?next=%2Fme%2F">{t('received.try')}</a></p>
      <p className="note">{t('received.meanwhile')} <a href="/go/">{t('go')}</a></p>
    </section>
  );
}

/** The form is gone: reading goes on here. */
function focusOnce(heading: HTMLHeadingElement | null): void {
  heading?.focus();
}
