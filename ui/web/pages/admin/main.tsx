import '@/shared/aria/aria.css';
import '@/shared/console/console.css';
import './admin.css';
import { toLogin } from '@/shared/api/client';
import { Toasts } from '@/shared/components/Toast';
import { HallDataGate } from '@/shared/console/data';
import { SessionGate } from '@/shared/console/session';
import { LiveProvider } from '@/shared/live/hooks';
import { startPage } from '@/shared/page';
import { Admin } from './Admin';
import en from './en.json';
import zh from './zh.json';

startPage(
  { zh, en },
  <SessionGate>
    <LiveProvider view="ops" transport="socket" hz={1} onRefused={toLogin}>
      <HallDataGate>
        <Admin />
        <Toasts />
      </HallDataGate>
    </LiveProvider>
  </SessionGate>,
);
