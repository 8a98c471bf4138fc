/** The QR code with which a ticket goes on to another phone. */
import { useEffect, useState } from 'react';
import { ticketQr } from '@/shared/api/client';

export function TicketQr({ token, alt, size }: { token: string; alt: string; size?: number }) {
  const [drawn, setDrawn] = useState<{ token: string; source: string } | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    ticketQr(token, stop.signal).then((source) => { setDrawn({ token, source }); }, () => undefined); // the number stands beside it
    return () => { stop.abort(); };
  }, [token]);
  return drawn?.token === token ? <img src={drawn.source} alt={alt} width={size} height={size} /> : null;
}
