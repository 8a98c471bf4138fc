import { useEffect, useRef } from 'react';
import { Icon } from './Icon';

/** A search box. `hotkey` focuses it from anywhere on the page. */
export function SearchField({ value, onChange, label, placeholder, hotkey, onSubmit }: {
  value: string;
  onChange: (text: string) => void;
  label: string;
  placeholder?: string;
  hotkey?: string;
  onSubmit?: (text: string) => void;
}) {
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!hotkey) return;
    const pressed = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest('input, textarea, select');
      if (event.key !== hotkey || typing) return;
      event.preventDefault();
      ref.current?.focus();
    };
    addEventListener('keydown', pressed);
    return () => { removeEventListener('keydown', pressed); };
  }, [hotkey]);
  return (
    <form role="search" className="search-field" onSubmit={(event) => { event.preventDefault(); onSubmit?.(value); }}>
      <Icon name="search" />
      <input
        ref={ref} className="input" type="search" aria-label={label} placeholder={placeholder} value={value} autoComplete="off"
        onChange={(event) => { onChange(event.target.value); }}
      />
      {hotkey && <kbd className="kbd" aria-hidden="true">{hotkey}</kbd>}
    </form>
  );
}
