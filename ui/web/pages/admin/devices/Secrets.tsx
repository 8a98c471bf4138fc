/** Credentials just made: passwords and QR codes, shown this once and never again. */
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { Icon } from '@/shared/components/Icon';
import { toast } from '@/shared/components/Toast';
import { useT } from '@/shared/i18n';
import { csvOf, download } from './csv';

export type Credential = components['schemas']['CredentialOut'];

export function Secrets({ made }: { made: readonly Credential[] }) {
  const t = useT();
  const save = () => {
    const header = ['user', 'password', 'broker', 'kind', 'via', 'line'] as const;
    download('credentials.csv', csvOf([header.map((name) => t(`devices:secret.${name}`)), ...made.map((one) => header.map((name) => one[name]))]));
  };
  return (
    <div className="secrets">
      <p className="notice secrets-once"><Icon name="warning" />{t('devices:secret.once')}</p>
      {made.length > 1 && <p><Button icon="download" onClick={save}>{t('devices:secret.save', { n: made.length })}</Button></p>}
      {made.map((one) => <Secret key={one.user} one={one} open={made.length === 1} />)}
    </div>
  );
}

function Secret({ one, open }: { one: Credential; open: boolean }) {
  const t = useT();
  const copy = () => { void navigator.clipboard.writeText(one.password ?? '').then(() => { toast(t('devices:secret.copied'), 'ok'); }); };
  return (
    <details className="secret" open={open}>
      <summary><b className="mono">{one.user}</b></summary>
      {one.password === null ? <p className="note">{t('devices:secret.behind', { gateway: one.via ?? '' })}</p> : (
        <div className="secret-body">
          <dl className="facts">
            <div><dt>{t('devices:secret.user')}</dt><dd className="mono">{one.user}</dd></div>
            <div><dt>{t('devices:secret.password')}</dt><dd className="mono secret-word">{one.password}</dd></div>
            <div><dt>{t('devices:secret.broker')}</dt><dd className="mono">{one.broker}</dd></div>
            {one.line && <div><dt>{t('devices:secret.line')}</dt><dd className="mono">{one.line}</dd></div>}
          </dl>
          {one.qr && <img src={`data:image/svg+xml;utf8,${encodeURIComponent(one.qr)}`} alt={t('devices:secret.qr', { user: one.user })} width="176" height="176" />}
          <Button icon="copy" onClick={copy}>{t('devices:secret.copy')}</Button>
        </div>
      )}
    </details>
  );
}
