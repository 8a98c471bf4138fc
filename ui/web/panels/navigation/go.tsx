/** The way on a phone: loaded when it is asked for, so that the first screen is there at once. */
import { lazy } from 'react';
import type { Panel } from '@/panels/panel';

export const panel: Panel = { slot: 'route', title: { zh: '找路', en: 'The way' }, order: 1, Component: lazy(() => import('./goRoute')) };
