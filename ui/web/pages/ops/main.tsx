import '@/shared/aria/aria.css';
import '@/shared/console/console.css';
import './ops.css';
import { LiveProvider } from '@/shared/live/hooks';
import { HallDataGate } from '@/shared/console/data';
import { SessionGate } from '@/shared/console/session';
import { toLogin } from '@/shared/api/client';
import { Toasts } from '@/shared/components/Toast';
import { startPage } from '@/shared/page';
import en from './en.json';
import { Ops } from './Ops';
import zh from './zh.json';

startPage(
  { zh, en },
  <SessionGate>
    <LiveProvider view="ops" transport="socket" onRefused={toLogin}>
      <HallDataGate>
        <Ops />
        <Toasts />
      </HallDataGate>
    </LiveProvider>
  </SessionGate>,
);
