/** Somebody to help: where they stand, the way there, and a number to call. */
import { useState } from 'react';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { HelpButton } from '@/shared/components/HelpButton';
import { Icon } from '@/shared/components/Icon';
import { useT, useText } from '@/shared/i18n';
import { hashOf } from './go';
import { floorOf, useHall } from './goHall';

const HOTLINE = '12345';

export function GoHelp() {
  const [open, setOpen] = useState(false);
  const t = useT();
  const close = () => { setOpen(false); };
  return (
    <>
      <HelpButton onPress={() => { setOpen(true); }} />
      <Dialog open={open} title={t('help')} onClose={close} actions={<Button onClick={close}>{t('close')}</Button>}>
        <p>{t('helpWhere')}</p>
        <Desks onGo={close} />
        <a className="btn" data-size="large" href={`tel:${HOTLINE}`}><Icon name="phone" />{t('helpCall', { number: HOTLINE })}</a>
      </Dialog>
    </>
  );
}

/** The consultation desks of this hall; the first is the one most people want. */
function Desks({ onGo }: { onGo: () => void }) {
  const t = useT();
  const text = useText();
  const { data: hall } = useHall();
  const desks = hall?.pois.filter((poi) => poi.kind === 'consultation') ?? [];
  return (
    <>
      {desks.map((desk, n) => (
        <a key={desk.id} className="btn go-desk" data-kind={n === 0 ? 'primary' : 'plain'} data-size="large" href={hashOf('route', '', { to: desk.id })} onClick={onGo}>
          <Icon name="route" />{t('helpWay', { place: text(desk.name), floor: floorOf(hall, desk.floor)?.number ?? '' })}
        </a>
      ))}
    </>
  );
}
