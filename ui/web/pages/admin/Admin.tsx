/** The administrator's page: what is lost, who may, which screens, what was done, which building. */
import { useEffect, useState, type ReactNode } from 'react';
import { collectPanels } from '@/panels/panel';
import { useT, useText } from '@/shared/i18n';
import { Header } from '@/shared/console/Header';
import { useActor } from '@/shared/console/session';
import { getTheme } from '@/shared/theme';
import { Audit } from './Audit';
import { Building } from './Building';
import { Devices } from './devices/Devices';
import { MapSection } from './map/MapSection';
import { People } from './People';
import { Roles } from './Roles';
import { Screens } from './Screens';
import { Tokens } from './Tokens';
import { Tree } from './Tree';

const panels = collectPanels(import.meta.glob('../../panels/*/admin.tsx', { eager: true }));

interface Section {
  id: string;
  title: string;
  permission?: string | undefined;
  content: ReactNode;
}

export function Admin() {
  const t = useT();
  const text = useText();
  const { permissions } = useActor();
  const [theme, setTheme] = useState<string>(getTheme());
  const [hash, setHash] = useState(location.hash.slice(1));
  useEffect(() => {
    const changed = () => { setHash(location.hash.slice(1)); };
    addEventListener('hashchange', changed);
    return () => { removeEventListener('hashchange', changed); };
  }, []);
  const all: Section[] = [
    { id: 'map', title: t('section.map'), permission: 'building.manage', content: <MapSection /> },
    { id: 'devices', title: t('section.devices'), permission: 'ops.view', content: <Devices theme={theme} /> },
    { id: 'people', title: t('section.people'), permission: 'accounts.view', content: <People /> },
    { id: 'roles', title: t('section.roles'), permission: 'roles.view', content: <Roles /> },
    { id: 'tree', title: t('section.tree'), permission: 'organisation.view', content: <Tree /> },
    { id: 'screens', title: t('section.screens'), permission: 'pairings.manage', content: <Screens /> },
    { id: 'tokens', title: t('section.tokens'), permission: 'tokens.manage', content: <Tokens /> },
    { id: 'audit', title: t('section.audit'), permission: 'audit.view', content: <Audit /> },
    { id: 'building', title: t('section.building'), permission: 'ops.view', content: <Building /> },
    ...panels.map((panel) => ({ id: panel.slot, title: text(panel.title), permission: panel.permission, content: <panel.Component /> })),
  ];
  const sections = all.filter((section) => !section.permission || permissions.includes(section.permission));
  const shown = sections.find((section) => section.id === hash) ?? sections[0];
  return (
    <div className="console admin">
      <Header page="admin" onTheme={setTheme} />
      <nav className="admin-nav" aria-label={t('title')}>
        {sections.map((section) => <a key={section.id} href={`#${section.id}`} aria-current={section === shown ? 'true' : undefined}>{section.title}</a>)}
      </nav>
      <main>{shown && <><h2>{shown.title}</h2>{shown.content}</>}</main>
    </div>
  );
}
