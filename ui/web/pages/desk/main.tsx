import { SessionGate } from '@/shared/console/session';
import { Toasts } from '@/shared/components/Toast';
import { startPage } from '@/shared/page';
import { DeskPage } from './DeskPage';
import './desk.css';
import en from './en.json';
import zh from './zh.json';

startPage(
  { zh, en },
  <SessionGate>
    <DeskPage />
    <Toasts />
  </SessionGate>,
);
