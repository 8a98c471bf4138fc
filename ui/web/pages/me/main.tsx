import './me.css';
import { Toasts } from '@/shared/components/Toast';
import { SessionGate } from '@/shared/console/session';
import { startPage } from '@/shared/page';
import en from './en.json';
import { Me } from './Me';
import zh from './zh.json';

startPage({ zh, en }, <SessionGate half><Me /><Toasts /></SessionGate>, 'public');
