/** The map: its beginnings, or the draft that the address names. */
import './map.css';
import { useSearchPart } from './useSearchPart';
import { Editor } from './Editor';
import { Start } from './Start';

export function MapSection() {
  const [draft, setDraft] = useSearchPart('draft');
  if (draft === null) return <Start onOpen={setDraft} />;
  return <Editor key={draft} id={draft} onClose={() => { setDraft(null); }} />;
}
