import '@/shared/aria/aria.css';
import '@/shared/console/console.css';
import './admin.css';
import { toLogin } from '@/shared/api/client';
import { Toasts } from '@/shared/components/Toast';
import { HallDataGate } from '@/shared/console/data';
import { SessionGate, useMay } from '@/shared/console/session';
import { LiveProvider } from '@/shared/live/hooks';
import { startPage } from '@/shared/page';
import { Admin } from './Admin';
import en from './en.json';
import zh from './zh.json';

/** Administrators of people, rights and records do not watch the hall: they see of it what everybody may. */
function Office() {
  const watches = useMay('ops.view');
  return (
    <LiveProvider view={watches ? 'ops' : 'hall'} transport="socket" hz={1} onRefused={toLogin}>
      <HallDataGate>
        <Admin />
        <Toasts />
      </HallDataGate>
    </LiveProvider>
  );
}

startPage({ zh, en }, <SessionGate><Office /></SessionGate>);
