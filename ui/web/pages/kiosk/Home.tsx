/** The first screen: where am I, what can I do here. Tiles come from the panels. */
import { collectPanels } from '@/panels/panel';
import { Icon } from '@/shared/components/Icon';
import { useT } from '@/shared/i18n';
import { Both } from './Both';
import { hidden, useKiosk } from './kiosk';
import { Switches } from './parts';

const panels = collectPanels(import.meta.glob('@/panels/*/kiosk.tsx', { eager: true }));
const inSlot = (slot: string) => panels.filter((panel) => panel.slot === slot);

export function Home() {
  const t = useT();
  const { low, move, reader, signed } = useKiosk();
  return (
    <main className="home">
      <div className="home-now">{inSlot('now').map(({ Component, title }) => <Component key={title.en} />)}</div>
      <div className="home-tasks">
        {low && <Switches />}
        <h1><Both word="ask" /></h1>
        <button type="button" className="home-search" onClick={() => { move({ do: 'go', name: 'items' }); }}><Icon name="search" /><span>{t('searchHint')}</span></button>
        <div className="tiles">{inSlot('tile').map(({ Component, title }) => <Component key={title.en} />)}</div>
        <button type="button" className="home-card" onClick={() => { move({ do: 'go', name: signed ? 'mine' : 'signin' }); }}>
          <Icon name={signed ? 'user' : 'card'} /><Both word={signed ? 'home.signed' : reader ? 'home.card' : 'home.code'} values={{ name: signed ? hidden(signed.name) : '' }} /><Icon name="right" />
        </button>
        <p className="quiet home-idle">{t('idle.note')}</p>
      </div>
    </main>
  );
}
