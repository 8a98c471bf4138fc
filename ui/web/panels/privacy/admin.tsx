/** Personal data for those who answer for it: requests with their deadlines, and the inventory of what is kept. */
import type { Panel } from '@/panels/panel';
import { addWords } from '@/shared/i18n';
import { PrivacyInventory } from './adminInventory';
import { PrivacyRequests } from './adminRequests';
import en from './admin.en.json';
import zh from './admin.zh.json';

addWords('privacy', { zh, en });
export const panels: Panel[] = [
  { slot: 'privacy', title: { zh: '个人信息申请', en: 'Privacy requests' }, permission: 'privacy.decide', order: 10, Component: PrivacyRequests },
  { slot: 'inventory', title: { zh: '个人信息清单', en: 'Personal data kept' }, permission: 'privacy.view', order: 11, Component: PrivacyInventory },
];
