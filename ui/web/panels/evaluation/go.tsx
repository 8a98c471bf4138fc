/** The rating on a phone: loaded when a visit is over. */
import { lazy } from 'react';
import type { Panel } from '@/panels/panel';

export const panel: Panel = { slot: 'rate', title: { zh: '评价', en: 'Rating' }, order: 1, Component: lazy(() => import('./goRate')) };
