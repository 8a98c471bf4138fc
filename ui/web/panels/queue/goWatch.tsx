/** A call goes before whatever one reads: the page turns to it, once for each call, and is free again after. */
import { useEffect, useRef } from 'react';
import { hashOf, useGo } from '@/pages/go/go';
import { onCall } from './goLogic';
import { ringCall } from './goRing';
import { useTold } from './goTicket';

export function CallWatch() {
  const { view, token } = useGo();
  const { name, key } = view;
  // On the page of another ticket the feed tells that one; its own page shows its call.
  const told = useTold(key === '' || key === token || (name !== 'ticket' && name !== 'rate') ? token : null);
  const heard = useRef('');
  useEffect(() => {
    if (told?.state !== 'called') return;
    const call = `${told.token} ${told.called_window ?? ''} ${String(told.calls)}`;
    if (heard.current === call) return;
    heard.current = call;
    const answer = onCall(name, told.calls);
    if (answer === 'turn') location.hash = hashOf('ticket', told.token);
    if (answer === 'ring') ringCall();
  }, [told, name]);
  return null;
}
