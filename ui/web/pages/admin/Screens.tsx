import { useState } from 'react';
import { api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import { Button } from '@/shared/components/Button';
import { Dialog } from '@/shared/components/Dialog';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useT } from '@/shared/i18n';
import { useHallData } from '@/shared/console/data';
import { useAnswer } from '@/shared/api/useAnswer';

type Pairing = components['schemas']['PairingOut'];
type Code = components['schemas']['PairingCodeOut'];
const ROLES = ['kiosk', 'wall', 'window'] as const;
type Role = (typeof ROLES)[number];
/** Window screens are walls of one window. */
const PAGE: Record<Role, string> = { kiosk: '/kiosk/', wall: '/wall/', window: '/wall/' };

export function Screens() {
  const t = useT();
  const { timezone } = useHallData();
  const { data, error, again } = useAnswer<Pairing[]>('/pairings');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('kiosk');
  const [place, setPlace] = useState('');
  const [reader, setReader] = useState('');
  const [code, setCode] = useState<{ role: Role; made: Code } | null>(null);
  const [leaving, setLeaving] = useState<Pairing | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const time = (iso: string) => new Date(iso).toLocaleString('sv-SE', { timeZone: timezone }).slice(0, 16);
  const make = async () => {
    setProblem(null);
    try {
      const made = await api.post<Code>('/pairings', { name: name.trim(), role, place: place.trim() || null, reader: role === 'kiosk' ? reader.trim() || null : null });
      setCode({ role, made });
      again();
    } catch (reason) {
      setProblem(reason);
    }
  };
  const revoke = async (pairing: Pairing) => {
    setProblem(null);
    try {
      await api.delete(`/pairings/${encodeURIComponent(pairing.id)}`);
      setLeaving(null);
      again();
    } catch (reason) {
      setProblem(reason);
    }
  };
  return (
    <>
      <p className="note">{t('screens.lead')}</p>
      <ErrorNotice error={error} onRetry={again} />
      <form className="admin-tools card" onSubmit={(event) => { event.preventDefault(); if (name.trim()) void make(); }}>
        <label className="field"><span className="label">{t('screens.role')}</span><select className="input" value={role} onChange={(event) => { setRole(event.target.value as Role); }}>{ROLES.map((item) => <option key={item} value={item}>{t(`screens.${item}`)}</option>)}</select></label>
        <label className="field"><span className="label">{t('screens.name')}</span><input className="input" value={name} maxLength={60} onChange={(event) => { setName(event.target.value); }} /></label>
        <label className="field"><span className="label">{t('screens.place')}</span><input className="input" value={place} maxLength={60} placeholder={t('screens.placeHint')} onChange={(event) => { setPlace(event.target.value); }} /></label>
        {role === 'kiosk' && <label className="field"><span className="label">{t('screens.reader')}</span><input className="input" value={reader} maxLength={64} pattern="[A-Za-z0-9._:\-]+" placeholder={t('screens.readerHint')} onChange={(event) => { setReader(event.target.value); }} /></label>}
        <Button type="submit" kind="primary" icon="pair" missing={name.trim() ? undefined : t('screens.missing')}>{t('screens.make')}</Button>
      </form>
      <ErrorNotice error={problem} />
      <table className="table card">
        <thead><tr><th scope="col">{t('screens.name')}</th><th scope="col">{t('screens.role')}</th><th scope="col">{t('screens.place')}</th><th scope="col">{t('screens.state')}</th><td /></tr></thead>
        <tbody>
          {(data ?? []).map((pairing) => (
            <tr key={pairing.id}>
              <th scope="row">{pairing.name}</th>
              <td>{t(`screens.${pairing.role}`)}</td>
              <td>{pairing.place ?? '—'}</td>
              <td>{pairing.claimed ? t('screens.paired', { time: time(pairing.claimed) }) : <span className="note">{t('screens.waiting')}</span>}</td>
              <td><Button kind="quiet" onClick={() => { setLeaving(pairing); }}>{t('screens.revoke')}</Button></td>
            </tr>
          ))}
        </tbody>
      </table>
      <Dialog open={code !== null} title={t('screens.code')} onClose={() => { setCode(null); }} actions={<Button kind="primary" onClick={() => { setCode(null); }}>{t('close')}</Button>}>
        {code && (
          <div className="pair-code">
            <p className="code" aria-live="polite">{code.made.code}</p>
            <img src={`/api/v1/qr.svg?path=${encodeURIComponent(PAGE[code.role])}`} alt={t('screens.qr')} width="180" height="180" />
            <p>{t('screens.codeNote', { time: time(code.made.expires), address: location.origin + PAGE[code.role] })}</p>
          </div>
        )}
      </Dialog>
      <Dialog
        open={leaving !== null} title={t('screens.revoke')} onClose={() => { setLeaving(null); }}
        actions={
          <>
            <Button onClick={() => { setLeaving(null); }}>{t('cancel')}</Button>
            <Button kind="danger-fill" onClick={() => { if (leaving) void revoke(leaving); }}>{t('screens.revoke')}</Button>
          </>
        }
      >
        <p>{t('screens.revokeAsk', { name: leaving?.name ?? '' })}</p>
      </Dialog>
    </>
  );
}
