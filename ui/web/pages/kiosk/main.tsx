import { PairingGate } from '@/shared/pairing/PairingGate';
import { setLang } from '@/shared/i18n';
import { startPage } from '@/shared/page';
import en from './en.json';
import './kiosk.css';
import { KioskPage } from './KioskPage';
import zh from './zh.json';

const asked = new URLSearchParams(location.search);
startPage({ zh, en }, <PairingGate role="kiosk" place={asked.get('place')} reader={asked.get('reader')}><KioskPage /></PairingGate>, 'public');
// A kiosk begins in Chinese, whatever the last visitor or the browser preferred.
if (asked.get('lang') === null) setLang('zh');
