/** Reads steps aloud, where the phone has a voice for the language. */
import { useSyncExternalStore } from 'react';
import { useLang } from '@/shared/i18n';

const TAGS = { zh: 'zh-CN', en: 'en-GB' } as const;

function subscribe(changed: () => void): () => void {
  if (!('speechSynthesis' in globalThis)) return () => undefined;
  speechSynthesis.addEventListener('voiceschanged', changed);
  return () => { speechSynthesis.removeEventListener('voiceschanged', changed); };
}

/** Null: this phone cannot. */
export function useSpeak(): ((text: string) => void) | null {
  const lang = useLang();
  const can = useSyncExternalStore(subscribe, () => 'speechSynthesis' in globalThis && speechSynthesis.getVoices().some((voice) => voice.lang.startsWith(lang)));
  if (!can) return null;
  return (text) => {
    const said = new SpeechSynthesisUtterance(text);
    said.lang = TAGS[lang];
    speechSynthesis.cancel();
    speechSynthesis.speak(said);
  };
}
