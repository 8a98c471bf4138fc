/** Grants and addresses of one device: listed, given and taken back. */
import { useState, type FormEvent } from 'react';
import { api } from '@/shared/api/client';
import type { DeviceInfo } from '@/shared/api/types';
import { Button } from '@/shared/components/Button';
import { ErrorNotice } from '@/shared/components/ErrorNotice';
import { useMay } from '@/shared/console/session';
import { useT } from '@/shared/i18n';
import { deviceLink } from './address';

const CONVENTIONS = ['onvif', 'sparkplug'] as const;

export function SpeaksFor({ device, onChanged, onOpen }: { device: DeviceInfo; onChanged: () => void; onOpen: (key: string) => void }) {
  const t = useT();
  const may = useMay('device.enrol');
  const [error, setError] = useState<unknown>(null);
  const [granted, setGranted] = useState('');
  const [convention, setConvention] = useState<string>(CONVENTIONS[0]);
  const [address, setAddress] = useState('');
  const run = async (what: Promise<unknown>, done: () => void = () => undefined) => {
    setError(null);
    try {
      await what;
      done();
      onChanged();
    } catch (reason) {
      setError(reason);
    }
  };
  const part = encodeURIComponent;
  const giveUp = (gateway: string, behind: string) => run(api.delete(`/admission/grants/${part(gateway)}/${part(behind)}`));
  const grant = (event: FormEvent) => {
    event.preventDefault();
    if (granted.trim()) void run(api.post('/admission/grants', { gateway: device.key, devices: granted.trim().split(/[\s,，、]+/) }), () => { setGranted(''); });
  };
  const bind = (event: FormEvent) => {
    event.preventDefault();
    if (address.trim()) void run(api.post('/admission/bindings', { device: device.key, convention, address: address.trim() }), () => { setAddress(''); });
  };
  return (
    <>
      <section className="panel-pad">
        <h4>{t('devices:spokenFor')}</h4>
        {device.via.length === 0 ? <p className="note">{t('devices:onlyItself')}</p> : <ul className="rows">{device.via.map((gateway) => <Line key={gateway} word={gateway} onOpen={onOpen} onDrop={may ? () => { void giveUp(gateway, device.key); } : undefined} />)}</ul>}
      </section>
      <section className="panel-pad">
        <h4>{t('devices:speaksFor')}</h4>
        {device.speaks_for.length === 0 && <p className="note">{t('devices:onlyItself')}</p>}
        <ul className="rows">{device.speaks_for.map((other) => <Line key={other} word={other} onOpen={onOpen} onDrop={may ? () => { void giveUp(device.key, other); } : undefined} />)}</ul>
        {may && <form className="inline-form" onSubmit={grant}><input className="input" aria-label={t('devices:grantKeys')} placeholder={t('devices:grantKeys')} value={granted} maxLength={500} onChange={(event) => { setGranted(event.target.value); }} /><Button type="submit" missing={device.enrolled ? undefined : t('devices:noCredential')}>{t('devices:grant')}</Button></form>}
      </section>
      <section className="panel-pad">
        <h4>{t('devices:field.address')}</h4>
        {device.addresses.length === 0 && <p className="note">{t('devices:nativeOnly')}</p>}
        <ul className="rows">{device.addresses.map((one) => <Line key={one.convention} word={`${t(`devices:convention.${one.convention}`)} ${one.address}`} onDrop={may ? () => { void run(api.delete(`/admission/bindings/${part(device.key)}/${part(one.convention)}`)); } : undefined} />)}</ul>
        {may && (
          <form className="inline-form" onSubmit={bind}>
            <select className="input" aria-label={t('devices:field.convention')} value={convention} onChange={(event) => { setConvention(event.target.value); }}>{CONVENTIONS.map((name) => <option key={name} value={name}>{t(`devices:convention.${name}`)}</option>)}</select>
            <input className="input" aria-label={t('devices:field.address')} placeholder={t(`devices:addressHint.${convention}`)} value={address} maxLength={200} onChange={(event) => { setAddress(event.target.value); }} />
            <Button type="submit">{t('devices:bind')}</Button>
          </form>
        )}
      </section>
      <ErrorNotice error={error} />
    </>
  );
}

function Line({ word, onOpen, onDrop }: { word: string; onOpen?: (key: string) => void; onDrop?: (() => void) | undefined }) {
  const t = useT();
  return (
    <li className="drop-line">
      {onOpen ? <a className="mono" href={deviceLink(word)} onClick={(event) => { event.preventDefault(); onOpen(word); }}>{word}</a> : <span className="mono">{word}</span>}
      {onDrop && <Button kind="quiet" icon="trash" aria-label={t('devices:takeBack', { what: word })} title={t('devices:takeBack', { what: word })} onClick={onDrop} />}
    </li>
  );
}
