/** One's own data on the phone: a line on the first page, and the page behind it, loaded when it is asked for. */
import { lazy } from 'react';
import { hashOf } from '@/pages/go/go';
import type { Panel } from '@/panels/panel';
import { Icon } from '@/shared/components/Icon';
import { addWords, useT } from '@/shared/i18n';

addWords('mineLink', { zh: { open: '我的信息、同意和登录' }, en: { open: 'My data, consents and sign-ins' } });

function Link() {
  const t = useT();
  return <a className="btn go-wide" data-kind="quiet" href={hashOf('mine')}><Icon name="people" />{t('mineLink:open')}</a>;
}

const title = { zh: '我的信息', en: 'My data' };
export const panels: Panel[] = [
  { slot: 'home', title, order: 200, Component: Link },
  { slot: 'mine', title, Component: lazy(() => import('./goMine')) },
];
