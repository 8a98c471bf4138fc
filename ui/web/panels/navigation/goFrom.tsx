/** From where to where: nobody knows where a phone is, so one says it, or scans the code on the wall. */
import { useState } from 'react';
import { hashOf, OUTSIDE, phone, replaceHash } from '@/pages/go/go';
import type { PlaceHit } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { Icon } from '@/shared/components/Icon';
import { useT } from '@/shared/i18n';
import { PlaceSearch } from './goPlaces';

export function FromTo({ from, fromName, to, toName }: { from: string; fromName: string; to: string; toName: string }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const close = () => { setOpen(false); };
  return (
    <section className="go-fromto" aria-label={t('goWay:fromTo')}>
      <button type="button" className="card" onClick={() => { setOpen(true); }}>
        <i className="go-dot" aria-hidden="true" /><span><span className="note">{t('goWay:iAm')}</span><b>{from === OUTSIDE ? t('goWay:entrance') : fromName}</b></span><Icon name="down" />
      </button>
      <a className="card" href={hashOf('route')}>
        <Icon name="pin" /><span><span className="note">{t('goWay:to')}</span><b>{toName}</b></span><Icon name="down" />
      </a>
      <Dialog open={open} title={t('goWay:whereAmI')} onClose={close} actions={<Button onClick={close}>{t('close')}</Button>}>
        <PlaceSearch label={t('goWay:near')} placeholder={t('goWay:nearHint')} hrefOf={(place) => from === place.id ? location.hash : hereHash(place.id, to)} onPick={close} />
        <Button size="large" icon="door" onClick={() => { phone.keepPlace(OUTSIDE); replaceHash(hereHash(OUTSIDE, to)); close(); }}>{t('goWay:atEntrance')}</Button>
        <p className="note"><Icon name="qr" size={18} /> {t('goWay:scan')}</p>
      </Dialog>
    </section>
  );
}

const hereHash = (from: PlaceHit['id'], to: string): string => hashOf('route', '', { to, from });
