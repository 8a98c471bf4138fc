import { useEffect, useRef, useState } from 'react';
import { ComboBox, Input, ListBox, ListBoxItem, Popover, type Key } from 'react-aria-components';
import { Icon } from '@/shared/components/Icon';
import type { IconName } from '@/shared/components/icons';
import { useT } from '@/shared/i18n';

export interface Found {
  id: string;
  title: string;
  note?: string;
  icon?: IconName;
}

/** Finds a thing as one types: `find` is asked after a short rest, newest question wins. */
export function FindBox({ label, placeholder, find, onChoose, hotkey, value }: {
  label: string;
  placeholder?: string;
  find: (text: string, signal: AbortSignal) => Promise<Found[]>;
  onChoose: (found: Found) => void;
  hotkey?: string;
  /** What stands in the box from outside, e.g. the place chosen before. */
  value?: string;
}) {
  const [text, setText] = useState(value ?? '');
  const [given, setGiven] = useState(value);
  const [items, setItems] = useState<Found[]>([]);
  const [searching, setSearching] = useState(false);
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const [chosenText, setChosenText] = useState<string | null>(value ?? null);
  const asking = text.trim() !== '' && text !== chosenText;
  if (given !== value) {
    setGiven(value);
    setText(value ?? '');
    setChosenText(value ?? null);
  }

  useEffect(() => {
    const asked = text.trim();
    const stop = new AbortController();
    const timer = setTimeout(() => {
      if (!asked || text === chosenText) {
        setItems([]);
        return;
      }
      setSearching(true);
      find(asked, stop.signal)
        .then(setItems, () => { if (!stop.signal.aborted) setItems([]); })
        .finally(() => { if (!stop.signal.aborted) setSearching(false); });
    }, 120);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, chosenText, find]);

  useEffect(() => {
    if (!hotkey) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== hotkey || (event.target instanceof HTMLElement && event.target.closest('input, textarea, select'))) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', pressed);
    return () => { removeEventListener('keydown', pressed); };
  }, [hotkey]);

  const choose = (key: Key | null) => {
    const found = items.find((item) => item.id === key);
    if (!found) return;
    setChosenText(found.title);
    setText(found.title);
    setItems([]);
    onChoose(found);
  };

  return (
    <ComboBox
      className="find-box" aria-label={label} items={items} inputValue={text} onInputChange={setText} selectedKey={null} onSelectionChange={choose}
      allowsCustomValue allowsEmptyCollection={asking} menuTrigger="input" defaultFilter={() => true}
    >
      <div className="search-field">
        <Icon name="search" />
        <Input ref={input} className="input" placeholder={placeholder ?? ''} />
        {hotkey && !text && <kbd className="kbd" aria-hidden="true">{hotkey}</kbd>}
      </div>
      <Popover className="find-popover">
        <ListBox className="find-list" renderEmptyState={() => <p className="note find-none">{t(searching ? 'loading' : 'noResult')}</p>}>
          {(item: Found) => (
            <ListBoxItem id={item.id} textValue={item.title} className="find-item">
              <Icon name={item.icon ?? 'pin'} />
              <span className="find-title">{item.title}</span>
              {item.note && <span className="note">{item.note}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
