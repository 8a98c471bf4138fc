/** Signing in at the kiosk, for whoever wants to: an ID card on the reader, or a code of one's phone. Or not at all. */
import { useRef, useState, type FormEvent } from 'react';
import { api } from '@/shared/api/client';
import type { Session } from '@/shared/api/types';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { Both } from './Both';
import { CardPanel, useCardReader } from './CardReader';
import { Keyboard } from './Keyboard';
import { useKiosk } from './kiosk';
import { BigButton, Frame } from './parts';

const CODE_LENGTH = 8;

export function SignIn() {
  const t = useT();
  const { low, move, reader, setSigned } = useKiosk();
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const field = useRef<HTMLInputElement>(null);
  const enter = ({ actor }: Session) => {
    if (!actor) return;
    setSigned(actor);
    move({ do: 'restart', name: 'mine' });
  };
  const reading = useCardReader(reader, enter);
  const type = (text: string) => { setCode(text.toUpperCase().replace(/[^A-Z0-9]/g, '').slice(0, CODE_LENGTH)); };
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (busy || code.length < CODE_LENGTH) return;
    setBusy(true);
    setError(null);
    api.post<Session>('/session/kiosk', { code }).then(enter, (reason: unknown) => {
      setError(reason);
      setCode('');
      setBusy(false);
      field.current?.focus();
    });
  };
  return (
    <Frame
      word="signin.title" hint={t('signin.lead')}
      info={<>{reader && <CardPanel reading={reading} />}<ErrorNotice error={error} /></>}
      actions={<>
        {reader && reading.state === 'gone' && <BigButton icon="refresh" word="signin.cardAgain" onClick={reading.again} />}
        <BigButton kind="primary" icon="right" word="signin.without" onClick={() => { move({ do: 'home' }); }} />
      </>}
    >
      <form className="signin-code" onSubmit={send}>
        <h2><Both word={reader ? 'signin.code' : 'signin.codeOnly'} /></h2>
        <p className="quiet">{t('signin.codeHow')}</p>
        <div className="signin-field">
          <input
            ref={field} className="input mono" inputMode="none" autoComplete="off" autoCapitalize="characters" spellCheck={false} aria-label={t('signin.codeLabel')} placeholder={low ? t('signin.codeLabel') : undefined} value={code}
            onChange={(event) => { type(event.target.value); }}
          />
          <button type="submit" className="big" data-kind="primary" disabled={busy || code.length < CODE_LENGTH}><Both word={busy ? 'signin.busy' : 'signin.go'} /></button>
        </div>
        <Keyboard value={code} onChange={type} most={CODE_LENGTH} />
      </form>
    </Frame>
  );
}
