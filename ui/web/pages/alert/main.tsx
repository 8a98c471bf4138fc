import '@/shared/aria/aria.css';
import '@/shared/console/console.css';
import './alert.css';
import { toLogin } from '@/shared/api/client';
import { Toasts } from '@/shared/components/Toast';
import { HallDataGate } from '@/shared/console/data';
import { SessionGate } from '@/shared/console/session';
import { LiveProvider } from '@/shared/live/hooks';
import { startPage } from '@/shared/page';
import { AlertConsole } from './AlertConsole';
import en from './en.json';
import zh from './zh.json';

startPage(
  { zh, en },
  <SessionGate>
    <LiveProvider view="alert" transport="socket" hz={10} onRefused={toLogin}>
      <HallDataGate>
        <AlertConsole />
        <Toasts />
      </HallDataGate>
    </LiveProvider>
  </SessionGate>,
);
