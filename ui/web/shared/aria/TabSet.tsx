import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import type { ReactNode } from 'react';

export interface TabItem {
  id: string;
  title: string;
  note?: string;
  content: ReactNode;
}

export function TabSet({ items, label, chosen, onChoose }: { items: TabItem[]; label: string; chosen: string; onChoose: (id: string) => void }) {
  return (
    <Tabs className="tabs" selectedKey={chosen} onSelectionChange={(key) => { onChoose(String(key)); }}>
      <TabList className="tab-list" aria-label={label}>
        {items.map((item) => (
          <Tab key={item.id} id={item.id} className="tab">
            {item.title}
            {item.note && <span className="note"> {item.note}</span>}
          </Tab>
        ))}
      </TabList>
      {items.map((item) => (
        <TabPanel key={item.id} id={item.id} className="tab-panel">{item.content}</TabPanel>
      ))}
    </Tabs>
  );
}
